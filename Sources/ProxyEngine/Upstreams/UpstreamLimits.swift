package import HTTPWire
package import NIOCore

/// What one upstream is given, in connections and in time, and what it is forgiven.
package struct UpstreamLimits: Hashable, Sendable {
    /// Connections per loop at most; more exchanges wait for one.
    package var connections: Int
    /// Of those, how many may serve one client at once.
    package var connectionsPerClient: Int
    /// From the name to the end of the handshake.
    package var connectTimeout: TimeAmount
    /// A connection that serves nobody.
    package var idleTimeout: TimeAmount
    /// How long an exchange waits for a connection where all are in use.
    package var queueTimeout: TimeAmount
    /// Where there are several addresses.
    package var addresses: AddressTerms
    /// A connection that has served a client serves no other.
    package var isolates: Bool
    /// Beyond what is taken from every upstream.
    package var tolerance: ResponseTolerance

    package init(
        connections: Int, connectionsPerClient: Int, connectTimeout: TimeAmount, idleTimeout: TimeAmount, queueTimeout: TimeAmount,
        addresses: AddressTerms = AddressTerms(), isolates: Bool = false, tolerance: ResponseTolerance = []
    ) {
        self.connections = connections
        self.connectionsPerClient = connectionsPerClient
        self.connectTimeout = connectTimeout
        self.idleTimeout = idleTimeout
        self.queueTimeout = queueTimeout
        self.isolates = isolates
        self.tolerance = tolerance
        self.addresses = addresses
    }
}

package import HTTPWire
package import NIOCore

/// What one upstream is given, in connections and in time, and what it is forgiven.
package struct UpstreamLimits: Hashable, Sendable {
    /// What is spoken with it.
    package var `protocol`: UpstreamProtocol
    /// Connections per loop at most; more exchanges wait for one.
    package var connections: Int
    /// Of those, how many may serve one client at once; over HTTP/2 as many of its exchanges.
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
        addresses: AddressTerms = AddressTerms(), isolates: Bool = false, tolerance: ResponseTolerance = [], protocol: UpstreamProtocol = .http1
    ) {
        self.protocol = `protocol`
        self.connections = connections
        self.connectionsPerClient = connectionsPerClient
        self.connectTimeout = connectTimeout
        self.idleTimeout = idleTimeout
        self.queueTimeout = queueTimeout
        self.isolates = isolates
        self.tolerance = tolerance
        self.addresses = addresses
    }

    /// Exchanges that one connection may serve at once.
    var exchangesPerConnection: Int { `protocol`.isHTTP2 && !isolates ? EngineSettings.upstreamStreams : 1 }
}

extension EngineSettings {
    /// Streams of one connection to an upstream.
    static let upstreamStreams = 100
}

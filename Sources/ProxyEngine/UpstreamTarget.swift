package import NIOSSL

/// Where requests go: one legacy API.
package struct UpstreamTarget: Sendable {
    package enum Address: Sendable, Equatable {
        case host(String, port: Int)
        case unixSocket(String)
    }

    package let address: Address
    /// Makes the handler that verifies the upstream; nil for cleartext.
    package let makeTLSHandler: (@Sendable () throws -> NIOSSLClientHandler)?

    package init(address: Address, makeTLSHandler: (@Sendable () throws -> NIOSSLClientHandler)?) {
        self.address = address
        self.makeTLSHandler = makeTLSHandler
    }
}

/// What an upstream did wrong. The raw value is the reason code in the log, the metric and the answer.
package enum UpstreamFault: String, Error, Sendable, CaseIterable {
    case unreachable = "upstream_unreachable"
    case untrusted = "upstream_untrusted"
    case connectTimeout = "upstream_connect_timeout"
    case timeout = "upstream_timeout"
    case nonsense = "upstream_nonsense"
    case closed = "upstream_closed"
    case saturated = "upstream_saturated"

    /// The status the client sees (decision table C, DT-11).
    package var status: Int {
        switch self {
        case .unreachable, .untrusted, .nonsense, .closed: 502
        case .connectTimeout, .timeout: 504
        case .saturated: 503
        }
    }
}

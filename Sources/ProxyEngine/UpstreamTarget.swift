package import NIOSSL

/// Where requests go: one legacy API.
package struct UpstreamTarget: Sendable {
    package enum Address: Sendable, Equatable {
        case host(String, port: Int)
        case unixSocket(String)
    }

    /// How a connection is encrypted and the other end verified.
    package struct TLS: Sendable {
        package let makeHandler: @Sendable () throws -> NIOSSLClientHandler
        /// Asked when the handshake is complete, before anything is sent.
        package let accepts: @Sendable (NIOSSLCertificate?) -> Bool

        package init(
            makeHandler: @escaping @Sendable () throws -> NIOSSLClientHandler,
            accepts: @escaping @Sendable (NIOSSLCertificate?) -> Bool
        ) {
            self.makeHandler = makeHandler
            self.accepts = accepts
        }
    }

    package let address: Address
    /// Nil for cleartext.
    package let tls: TLS?

    package init(address: Address, tls: TLS?) {
        self.address = address
        self.tls = tls
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

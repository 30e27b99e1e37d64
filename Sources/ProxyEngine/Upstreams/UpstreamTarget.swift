package import NIOSSL

/// Where requests go: one legacy API.
package struct UpstreamTarget: Sendable {
    package enum Address: Sendable, Equatable {
        case host(String, port: Int)
        case unixSocket(String)

        /// As the configuration writes it: `10.0.0.1:8080`, or the path of a socket.
        package var text: String {
            switch self {
            case .host(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
            case .unixSocket(let path): path
            }
        }
    }

    /// How a connection is encrypted and the other end verified.
    package struct TLS: Sendable {
        /// A handler for one connection, which writes down why it did not accept a certificate.
        package let makeHandler: @Sendable (TLSVerdict) throws -> NIOSSLClientHandler
        /// Asked when the handshake is complete, before anything is sent: what is wrong with the certificate, nil where it is the one meant.
        package let fault: @Sendable (NIOSSLCertificate?) -> String?
        /// What ALPN must have agreed on; nil where it is not asked.
        package let applicationProtocol: String?

        package init(
            makeHandler: @escaping @Sendable (TLSVerdict) throws -> NIOSSLClientHandler,
            fault: @escaping @Sendable (NIOSSLCertificate?) -> String?, applicationProtocol: String? = nil
        ) {
            self.applicationProtocol = applicationProtocol
            self.makeHandler = makeHandler
            self.fault = fault
        }
    }

    package let address: Address
    /// Nil for cleartext.
    package let tls: TLS?
    /// For connections, attempts at them included; nil for as many as there may be.
    package let sockets: SocketRoom?

    package init(address: Address, tls: TLS?, sockets: SocketRoom? = nil) {
        self.address = address
        self.tls = tls
        self.sockets = sockets
    }

    /// The same upstream at another address.
    package func at(_ address: Address) -> UpstreamTarget { UpstreamTarget(address: address, tls: tls, sockets: sockets) }
}

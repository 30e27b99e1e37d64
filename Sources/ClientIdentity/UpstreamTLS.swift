import COpenSSL
import NIOCore
package import NIOSSL

/// The proxy as a TLS client of its upstream: the server's certificate and name are always verified.
package struct UpstreamTLS: Sendable {
    private let context: NIOSSLContext
    private let serverName: String?

    /// - Parameters:
    ///   - host: of the upstream's URL; an IP address is held against the certificate's addresses instead of its names.
    ///   - authoritiesFile: the only authorities trusted; nil: the system's.
    ///   - credentials: what to show where the upstream asks for a client certificate.
    package init(host: String, authoritiesFile: String?, credentials: ServerCredentials?) throws(CredentialFault) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        TLSPolicy.apply(to: &configuration)
        configuration.certificateVerification = .fullVerification
        configuration.applicationProtocols = ["http/1.1"]
        if let authoritiesFile {
            let anchors = try TrustAnchors(file: authoritiesFile)
            configuration.trustRoots = .certificates(anchors.certificates.compactMap { try? NIOSSLCertificate(bytes: $0, format: .der) })
        }
        if let credentials {
            configuration.certificateChain = credentials.chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(credentials.key)
        }
        guard let context = try? NIOSSLContext(configuration: configuration) else {
            throw CredentialFault(authoritiesFile ?? "the system's authorities", "cannot be used to verify the upstream")
        }
        self.context = context
        serverName = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
        guard (try? NIOSSLClientHandler(context: context, serverHostname: serverName)) != nil else {
            throw CredentialFault("upstream", "\(host) cannot be a server name in TLS")
        }
    }

    package func makeHandler() throws -> NIOSSLClientHandler { try NIOSSLClientHandler(context: context, serverHostname: serverName) }

    /// Whether a certificate that NIOSSL has verified is for the name that was asked for. To be asked after each handshake:
    /// NIOSSL also takes a certificate for the address it happens to be connected to, which is not the name's.
    package func isNamed(_ certificate: NIOSSLCertificate?) -> Bool {
        guard let der = try? certificate?.toDERBytes(), let leaf = OpenSSLCertificate(der: der) else { return false }
        guard let serverName else { return true }
        return X509_check_host(leaf.pointer, serverName, serverName.utf8.count, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS), nil) == 1
    }
}

import COpenSSL
package import Credentials
import NIOCore
package import NIOSSL

/// The proxy as a TLS client of its upstream: the server's certificate and name are always verified, by the same library and the same
/// rules as those of clients, so that a refusal has a precise reason.
package struct UpstreamTLS: Sendable {
    private let context: NIOSSLContext
    private let validator: CertificatePathValidator
    private let host: String
    private let serverName: String?
    private let clock: @Sendable () -> Double
    /// Nil for the system's.
    package let anchors: TrustAnchors?

    /// The code where a certificate is good and not this upstream's.
    private static let wrongName = "cert_wrong_name"

    /// What is spoken, where that is not what everybody should.
    package struct Terms: Sendable {
        package var minimumVersion = TLSVersion.tlsv12
        /// RSA key exchange, CBC and SHA-1.
        package var allowsLegacySuites = false
        package var renegotiation = NIORenegotiationSupport.none
        /// What ALPN offers.
        package var applicationProtocol = "http/1.1"

        package init() {}
    }

    /// - Parameters:
    ///   - host: of the upstream's URL; an IP address is held against the certificate's addresses instead of its names.
    ///   - authoritiesFile: the only authorities trusted; nil: the system's.
    ///   - credentials: what to show where the upstream asks for a client certificate.
    ///   - clock: seconds since 1970.
    package init(
        host: String, authoritiesFile: String?, credentials: ServerCredentials?, terms: Terms = Terms(), clock: @escaping @Sendable () -> Double
    ) throws(CredentialFault) {
        var configuration = TLSConfiguration.makeClientConfiguration()
        TLSPolicy.apply(to: &configuration)
        if terms.allowsLegacySuites { TLSPolicy.allowLegacySuites(&configuration) }
        configuration.minimumTLSVersion = terms.minimumVersion
        configuration.renegotiationSupport = terms.renegotiation
        configuration.certificateVerification = .fullVerification
        configuration.applicationProtocols = [terms.applicationProtocol]
        if let authoritiesFile {
            let anchors = try TrustAnchors(file: authoritiesFile)
            validator = try CertificatePathValidator(anchors, of: .servers)
            self.anchors = anchors
        } else {
            validator = try CertificatePathValidator(ofSystemFor: .servers)
            anchors = nil
        }
        if let credentials {
            configuration.certificateChain = credentials.chain.map { .certificate($0) }
            configuration.privateKey = .privateKey(credentials.key)
        }
        // Our verification takes the place of BoringSSL's, which therefore needs no authorities.
        configuration.trustRoots = .certificates([])
        guard let context = try? NIOSSLContext(configuration: configuration) else {
            throw CredentialFault(authoritiesFile ?? "the system's authorities", "cannot be used to verify the upstream")
        }
        self.context = context
        self.host = host
        self.clock = clock
        serverName = (try? SocketAddress(ipAddress: host, port: 0)) == nil ? host : nil
        guard (try? NIOSSLClientHandler(context: context, serverHostname: serverName)) != nil else {
            throw CredentialFault("upstream", "\(host) cannot be a server name in TLS")
        }
    }

    /// - Parameter onRefusal: told the code of what is wrong with the server's certificate, before the handshake ends for it.
    package func makeHandler(onRefusal: @escaping @Sendable (String) -> Void) throws -> NIOSSLClientHandler {
        try NIOSSLClientHandler(context: context, serverHostname: serverName) { [self] chain, promise in
            guard let fault = fault(of: chain) else { return promise.succeed(.certificateVerified) }
            onRefusal(fault)
            promise.succeed(.failed)
        }
    }

    private func fault(of chain: [NIOSSLCertificate]) -> String? {
        guard let leaf = chain.first else { return PathFault.malformed.code }
        let presented: PresentedChain
        do throws(PathFault) { presented = try PresentedChain(leaf: leaf, others: chain.dropFirst()) } catch { return error.code }
        let now = clock()
        switch validator.validate(leaf: presented.leaf, intermediates: presented.others, now: now) {
        case .failure(let fault): return fault.code
        case .success(let path): return path.fault(at: now)?.code ?? self.fault(of: leaf)
        }
    }

    /// Whether a certificate is for the host that was asked for: the code of what is wrong, nil where it is. To be asked after each
    /// handshake, whatever the verification said during it.
    ///
    /// One without a DNS name of its own counts by its common name: legacy servers have such, and whoever issued it is configured. What we show
    /// to clients is held to more (``CertificateReview``): they look there no longer (RFC 9525).
    package func fault(of certificate: NIOSSLCertificate?) -> String? {
        guard let der = try? certificate?.toDERBytes(), let leaf = OpenSSLCertificate(der: der) else { return PathFault.malformed.code }
        let matches =
            if let serverName {
                X509_check_host(leaf.pointer, serverName, serverName.utf8.count, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS), nil)
            } else {
                X509_check_ip_asc(leaf.pointer, host, 0)
            }
        return matches == 1 ? nil : Self.wrongName
    }
}

import NIOSSL

/// The lab's server certificate as TLS contexts.
struct ServerTLS: Sendable {
    let certificate: String
    let privateKey: String

    init(certificate: String, privateKey: String) {
        self.certificate = certificate
        self.privateKey = privateKey
    }

    init(_ directory: LabDirectory) {
        self.init(certificate: directory.path("server.pem"), privateKey: directory.path("server.key"))
    }

    /// - Parameter asksClients: also request a client certificate, whose checking is left to the caller.
    func context(asksClients: Bool = false) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
        let key = NIOSSLPrivateKeySource.privateKey(try NIOSSLPrivateKey(file: privateKey, format: .pem))
        var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
        configuration.minimumTLSVersion = .tlsv12
        configuration.certificateVerification = asksClients ? .optionalVerification : .none
        return try NIOSSLContext(configuration: configuration)
    }
}

import NIOSSL

/// A certificate chain and its private key, read from two files and known to belong together.
package struct ServerCredentials: Sendable {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    /// Of the leaf: what is shown at start and by `check`.
    package let summary: CertificateSummary
    /// Whether the suites named ECDHE_RSA can be spoken with it.
    let hasRSAKey: Bool

    package init(certificateFile: String, keyFile: String) throws(CredentialFault) {
        let certificates = try CertificateFile.read(certificateFile)
        chain = try Self.chain(certificates, of: certificateFile)
        guard let leaf = certificates.first, let summary = CertificateSummary(der: leaf) else {
            throw CredentialFault(certificateFile, "holds no certificate")
        }
        self.summary = summary
        hasRSAKey = OpenSSLCertificate(der: leaf)?.hasRSAKey ?? false
        key = try Self.key(in: FileContents.read(keyFile), of: keyFile)
        // BoringSSL compares the two public keys when both are given to a context, and looks at the usages of an ECDSA key.
        let trial = TLSConfiguration.makeServerConfiguration(certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        guard (try? NIOSSLContext(configuration: trial)) != nil else {
            guard OpenSSLCertificate(der: leaf)?.maySign != false else {
                throw CredentialFault(
                    certificateFile, "begins with a certificate whose usages do not allow signatures; the server's own comes first")
            }
            throw CredentialFault(keyFile, "is not the key of the first certificate in \(certificateFile)")
        }
    }

    private static func chain(_ certificates: [[UInt8]], of path: String) throws(CredentialFault) -> [NIOSSLCertificate] {
        var chain = [NIOSSLCertificate]()
        for (index, der) in certificates.enumerated() {
            guard let certificate = try? NIOSSLCertificate(bytes: der, format: .der) else {
                throw CredentialFault(path, "certificate \(index + 1) in it cannot be used for TLS")
            }
            chain.append(certificate)
        }
        return chain
    }

    private static func key(in contents: [UInt8], of path: String) throws(CredentialFault) -> NIOSSLPrivateKey {
        let text = String(decoding: contents, as: UTF8.self)
        if text.contains("ENCRYPTED") { throw CredentialFault(path, "is encrypted; Holdfast takes only keys without a passphrase") }
        let format: NIOSSLSerializationFormats = contents.first == 0x30 ? .der : .pem
        guard let key = try? NIOSSLPrivateKey(bytes: contents, format: format) else {
            throw CredentialFault(path, "holds no private key in PEM or DER")
        }
        return key
    }
}

package import NIOSSL

/// A certificate chain and its private key, read from two files (which may be one) and known to belong together.
package struct TLSIdentity: Sendable {
    /// The leaf first.
    package let certificates: [Certificate]
    package let key: NIOSSLPrivateKey
    package let keyKind: KeyKind

    package var chain: [NIOSSLCertificate] { certificates.map(\.forTLS) }

    package init(certificateFile: String, keyFile: String) throws(CredentialFault) {
        certificates = try CertificateFile.read(certificateFile)
        let keys = try PrivateKeyFile.read(keyFile)
        guard let leaf = certificates.first, let parsed = leaf.parsed else { throw CredentialFault(certificateFile, "holds no certificate") }
        guard let kind = parsed.keyKind, kind.isTaken else {
            let kind = parsed.keyKind.map { ", \($0)" } ?? ""
            throw CredentialFault(
                certificateFile, "begins with a certificate whose key is of a kind that is not taken\(kind): \(KeyKind.taken) are")
        }
        guard let own = keys.first(where: { $0.belongs(to: leaf) }) else {
            throw CredentialFault(keyFile, Self.mismatch(keys, certificates, certificateFile))
        }
        guard parsed.maySign else {
            throw CredentialFault(
                certificateFile, "begins with a certificate whose usages do not allow signatures; the one that is shown comes first")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: own.pkcs8, format: .der) else {
            throw CredentialFault(keyFile, "holds a key (\(own.kind)) that cannot be used for TLS")
        }
        let trial = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificates.map { .certificate($0.forTLS) }, privateKey: .privateKey(key))
        guard (try? NIOSSLContext(configuration: trial)) != nil else {
            throw CredentialFault(certificateFile, "and its key (\(own.kind)) cannot be used for TLS")
        }
        self.key = key
        keyKind = own.kind
    }

    private static func mismatch(_ keys: [PrivateKey], _ certificates: [Certificate], _ certificateFile: String) -> String {
        for (index, certificate) in certificates.enumerated().dropFirst() where keys.contains(where: { $0.belongs(to: certificate) }) {
            return "is the key of certificate \(index + 1) in \(certificateFile), which must stand first there"
        }
        return keys.count == 1
            ? "is not the key of the first certificate in \(certificateFile)"
            : "holds \(keys.count) private keys, and none is that of the first certificate in \(certificateFile)"
    }
}

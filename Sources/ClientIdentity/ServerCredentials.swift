package import Credentials
import NIOSSL

/// The certificate chain that is shown and its private key, known to belong together.
package struct ServerCredentials: Sendable {
    package let identity: TLSIdentity
    /// Of the leaf: what is shown at start and by `check`.
    package let summary: CertificateSummary

    var chain: [NIOSSLCertificate] { identity.chain }
    var key: NIOSSLPrivateKey { identity.key }
    /// Whether the suites named ECDHE_RSA can be spoken with it.
    var hasRSAKey: Bool { if case .rsa = identity.keyKind { true } else { false } }

    package init(certificateFile: String, keyFile: String) throws(CredentialFault) {
        identity = try TLSIdentity(certificateFile: certificateFile, keyFile: keyFile)
        guard let leaf = identity.certificates.first, let summary = CertificateSummary(der: leaf.der) else {
            throw CredentialFault(certificateFile, "holds no certificate")
        }
        self.summary = summary
    }
}

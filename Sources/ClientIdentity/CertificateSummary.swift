package import BindingPolicy
package import Credentials

/// What a person wants to know of a certificate: `holdfast thumbprint`, `explain` and the start-up log show it.
package struct CertificateSummary: Equatable, Sendable {
    /// `base64url` is the value for `cnf.x5t#S256`; `hex` is the form that is pasted by mistake.
    package let thumbprint: Thumbprint
    /// RFC 2253 text, non-ASCII and control characters escaped; empty where the certificate names no subject.
    package let subject: String
    /// Likewise.
    package let issuer: String
    /// Nil where a date in the certificate cannot be read.
    package let window: ValidityWindow?

    /// Nil where `der` is not exactly one certificate.
    package init?(der: [UInt8]) {
        guard let certificate = OpenSSLCertificate(der: der) else { return nil }
        thumbprint = Thumbprint(ofCertificate: der)
        subject = certificate.subject
        issuer = certificate.issuer
        window = certificate.window
    }

    /// The first certificate of a file, PEM or DER: the leaf, where the file holds a chain.
    package static func first(in path: String) throws(CredentialFault) -> CertificateSummary {
        guard let first = try CertificateFile.read(path).first, let summary = CertificateSummary(der: first.der) else {
            throw CredentialFault(path, "holds no certificate")
        }
        return summary
    }
}

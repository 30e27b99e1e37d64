import COpenSSL
package import Credentials
package import NIOSSL

/// The authorities whose clients are let in: exactly the certificates of one file, never the system's.
package struct TrustAnchors: Sendable {
    /// In the file's order; at least one.
    package let authorities: [Certificate]
    /// Lent to clients that do not send them; trust in none of them comes of that.
    package private(set) var intermediates: [Certificate] = []

    /// DER.
    package var certificates: [[UInt8]] { authorities.map(\.der) }
    package var forTLS: [NIOSSLCertificate] { authorities.map(\.forTLS) }

    /// Refuses a file that is missing, empty, damaged or without a certificate, and one that holds a certificate which
    /// could never be the end of a path: not an authority, or with a key that is not taken.
    package init(file path: String) throws(CredentialFault) {
        authorities = try AuthorityFile.read(path) { X509_check_ca($0.pointer) != 0 }
    }

    /// Those that stand in a file of another form.
    ///
    /// - Parameter certificates: DER, at least one.
    package init(_ certificates: [[UInt8]], of path: String) throws(CredentialFault) {
        var read: [Certificate] = []
        for (index, der) in certificates.enumerated() { read.append(try Certificate(der: der, position: index + 1, of: path)) }
        try AuthorityFile.judge(read, of: path) { X509_check_ca($0.pointer) != 0 }
        authorities = read
    }

    /// Those of several files together; nil for no file.
    package init?(_ parts: [TrustAnchors]) {
        guard !parts.isEmpty else { return nil }
        authorities = parts.flatMap(\.authorities)
    }

    package func lending(_ parts: [Intermediates]) -> TrustAnchors {
        var lending = self
        lending.intermediates = parts.flatMap(\.certificates)
        return lending
    }

    package var summaries: [CertificateSummary] { certificates.compactMap(CertificateSummary.init(der:)) }
}

/// A file of certificates that others were issued by.
enum AuthorityFile {
    /// - Parameter mayIssue: whether a certificate is an authority's.
    static func read(_ path: String, where mayIssue: (OpenSSLCertificate) -> Bool) throws(CredentialFault) -> [Certificate] {
        let certificates = try CertificateFile.read(path)
        try judge(certificates, of: path, where: mayIssue)
        return certificates
    }

    static func judge(
        _ certificates: [Certificate], of path: String, where mayIssue: (OpenSSLCertificate) -> Bool
    ) throws(CredentialFault) {
        for (index, one) in certificates.enumerated() {
            guard let certificate = one.parsed else { throw CredentialFault(path, "certificate \(index + 1) in it cannot be read") }
            let name = "certificate \(index + 1) in it (\(certificate.subject))"
            guard mayIssue(certificate) else { throw CredentialFault(path, "\(name) is not an authority's") }
            guard KeyStrength.fault(of: certificate) == nil, certificate.keyKind != .explicitCurve else {
                let kind = certificate.keyKind.map { " (\($0))" } ?? ""
                throw CredentialFault(path, "\(name) has a key that is too small, too large or of a kind not taken\(kind)")
            }
        }
    }
}

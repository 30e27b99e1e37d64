import COpenSSL
import Credentials

/// What a certificate may ask of whoever looks at it, before any signature on it is checked.
package enum CertificateLimits {
    /// Each is held against each name constraint above it, and told to the API in some dialects. Certificates of services that stand
    /// for many have a few hundred.
    static let names = 1024

    /// CAs between a certificate and its authority, where nobody says another number: with both a path has at most six certificates.
    package static let depth = 4

    static func fault(of certificate: OpenSSLCertificate) -> PathFault? { KeyStrength.fault(of: certificate) ?? fault(ofNames: certificate) }

    /// Of the certificate whose key the client has to prove.
    static func fault(ofLeaf certificate: OpenSSLCertificate) -> PathFault? {
        KeyStrength.fault(ofLeaf: certificate) ?? fault(ofNames: certificate)
    }

    /// For a leaf that is only the container of a key (RFC 8705 section 6.2): it can be read and its key is taken.
    static func fault(ofLeaf der: [UInt8]) -> PathFault? { OpenSSLCertificate(der: der).map { fault(ofLeaf: $0) } ?? .malformed }

    /// One whose names cannot be read is for OpenSSL to refuse.
    private static func fault(ofNames certificate: OpenSSLCertificate) -> PathFault? {
        defer { ERR_clear_error() }
        var found: Int32 = 0
        guard let alternatives = holdfast_alternative_names(certificate.pointer, &found) else { return nil }
        defer { GENERAL_NAMES_free(alternatives) }
        return holdfast_general_names_count(alternatives) > names ? .tooManyNames : nil
    }
}

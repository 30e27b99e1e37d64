import BindingPolicy
import COpenSSL
import Credentials

/// A client's certificate as the dialects need it: read once for all of them.
struct ForwardedCertificate {
    let thumbprint: Thumbprint
    let details: CertificateDetails
    let verification: Verification
    /// Base64 of the certificate, and of those that lead from it towards its root.
    let leaf: [UInt8]
    let issuers: [[UInt8]]

    /// All of them, the certificate first.
    var chain: [[UInt8]] { [leaf] + issuers }

    /// Nil where OpenSSL cannot read the certificate.
    init?(_ certificate: any ProvenCertificate, _ verification: Verification) {
        guard let first = certificate.chain.first, let parsed = OpenSSLCertificate(der: first) else { return nil }
        thumbprint = certificate.thumbprint
        details = CertificateDetails(parsed)
        self.verification = verification
        leaf = CertificateText.base64(first)
        issuers = Self.issuers(of: parsed, among: certificate.chain.dropFirst()).map(CertificateText.base64)
    }

    /// In TLS order, without a root: of what a client sent only what signed the one before, since anybody may put others' certificates
    /// beside his own.
    private static func issuers(of leaf: OpenSSLCertificate, among others: ArraySlice<[UInt8]>) -> [[UInt8]] {
        defer { ERR_clear_error() }
        var rest = others.compactMap { der in OpenSSLCertificate(der: der).map { (der, $0) } }
        var found: [[UInt8]] = []
        var last = leaf
        while let index = rest.firstIndex(where: { issued($0.1, last) }) {
            let (der, issuer) = rest.remove(at: index)
            if X509_check_issued(issuer.pointer, issuer.pointer) == X509_V_OK { break }
            found.append(der)
            last = issuer
        }
        return found
    }

    private static func issued(_ issuer: OpenSSLCertificate, _ certificate: OpenSSLCertificate) -> Bool {
        guard X509_check_issued(issuer.pointer, certificate.pointer) == X509_V_OK, let key = X509_get0_pubkey(issuer.pointer) else { return false }
        return X509_verify(certificate.pointer, key) == 1
    }
}

/// What is known of the path behind a certificate, in OpenSSL's numbers and words: nginx and HAProxy tell those.
struct Verification: Equatable {
    /// X509_V_OK or another X509_V_ERR.
    let code: Int32

    /// - Parameters:
    ///   - fault: why the certificate is accepted no more, where a request is forwarded all the same (`report_only`).
    ///   - isValidated: whether a path to an authority was asked for at all.
    init(_ fault: DenialReason?, isValidated: Bool) {
        code =
            switch fault {
            case .certificateExpired: X509_V_ERR_CERT_HAS_EXPIRED
            case .certificateNotYetValid: X509_V_ERR_CERT_NOT_YET_VALID
            case .certificateRevoked: X509_V_ERR_CERT_REVOKED
            case .revocationListMissing: X509_V_ERR_UNABLE_TO_GET_CRL
            case .revocationListStale: X509_V_ERR_CRL_HAS_EXPIRED
            case nil: isValidated ? X509_V_OK : X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY
            default: X509_V_ERR_CERT_UNTRUSTED
            }
    }

    var isGood: Bool { code == X509_V_OK }
    var words: String { String(cString: X509_verify_cert_error_string(Int(code))) }
}

import BindingPolicy
import COpenSSL
import Credentials

/// What a certificate has to be to stand for a workload, beside its path to an authority of the trust domain (X509-SVID section 5.2).
package enum SVIDFault: Equatable, Sendable, CaseIterable {
    /// None, or several: then it cannot be said who it is.
    case notOneURI
    case notAnID
    case otherTrustDomain
    /// The id of the trust domain itself, which is none of a workload.
    case noPath
    case isAuthority
    /// keyCertSign or cRLSign.
    case mayIssue

    var meaning: String {
        switch self {
        case .notOneURI: "an X.509-SVID has exactly one URI in its subjectAltName, and this certificate has none or several"
        case .notAnID: "the URI in the certificate is not a SPIFFE id, such as spiffe://example.org/billing"
        case .otherTrustDomain: "the certificate's SPIFFE id is of another trust domain than `client_certificates.trust_domain`"
        case .noPath: "the certificate's SPIFFE id has no path: it names the trust domain, and no workload in it"
        case .isAuthority: "the certificate is an authority's, which stands for no workload"
        case .mayIssue: "the certificate's key usage has keyCertSign or cRLSign, which no workload's has"
        }
    }
}

enum SVIDRules {
    static func fault(of leaf: OpenSSLCertificate, in trustDomain: String) -> SVIDFault? {
        defer { ERR_clear_error() }
        let names = AlternativeNames.read(CertificateExtension(AlternativeNames.extensionType, of: leaf))
        guard names.uris.count == 1, let uri = names.uris.first else { return .notOneURI }
        guard let id = SPIFFEID(uri) else { return .notAnID }
        guard id.trustDomain == trustDomain else { return .otherTrustDomain }
        guard !id.path.isEmpty else { return .noPath }
        guard X509_get_extension_flags(leaf.pointer) & UInt32(EXFLAG_CA) == 0 else { return .isAuthority }
        let usage = X509_get_key_usage(leaf.pointer)
        guard usage == UInt32.max || usage & UInt32(X509v3_KU_KEY_CERT_SIGN | X509v3_KU_CRL_SIGN) == 0 else { return .mayIssue }
        return nil
    }
}

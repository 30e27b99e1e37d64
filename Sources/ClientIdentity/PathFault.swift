import COpenSSL
package import Credentials

/// Why a certificate, of a client or of the upstream, was not accepted. `code` is for logs and metrics, and stable.
package enum PathFault: Error, Equatable, Sendable {
    case expired
    case notYetValid
    /// No path to a configured authority, or a signature on it that does not verify.
    case untrusted
    /// On the operator's list of those that are let in no more.
    case denied
    /// Of none of the clients that the configuration names.
    case unregistered
    /// Of more than one of them.
    case ambiguousClient
    /// No certificate of a workload, though it has a path.
    case notSVID(SVIDFault)
    /// It, or a certificate between it and the authority, is on a revocation list.
    case revoked
    /// Its responder does not know it (RFC 6960).
    case statusUnknown
    /// Its responder gave no answer that could be used.
    case statusUnavailable
    /// No list tells whether it is revoked, or none that could be used: an `X509_V_ERR_` number.
    case listMissing(Int32)
    /// The list that tells is past its next update, or not valid yet.
    case listStale
    /// Key usage or extended key usage does not allow client authentication.
    case wrongUsage
    /// Extended key usage allows serverAuth and not clientAuth.
    case forServersOnly
    /// The leaf's key is of a kind that no handshake proves here.
    case keyUnsupported(KeyKind)
    /// A key too small, too large or of a kind not taken, or a signature by SHA-1 or MD5.
    case weak
    /// It cannot be read.
    case malformed
    /// More certificates were sent than a path can need, or larger ones.
    case tooLarge
    /// More authorities stand between it and a configured one than are followed.
    case tooDeep
    /// It has more subject alternative names than are looked at.
    case tooManyNames
    /// Refused by OpenSSL for another reason: an `X509_V_ERR_` number, with its meaning from `meaning`.
    case other(Int32)

    package var code: String {
        switch self {
        case .expired: "cert_expired"
        case .notYetValid: "cert_not_yet_valid"
        case .untrusted: "cert_untrusted"
        case .denied: "cert_denied"
        case .notSVID: "svid_invalid"
        case .unregistered: "client_unknown"
        case .ambiguousClient: "client_ambiguous"
        case .revoked: "cert_revoked"
        case .listMissing: "crl_missing"
        case .listStale: "crl_stale"
        case .statusUnknown: "ocsp_unknown"
        case .statusUnavailable: "ocsp_unavailable"
        case .wrongUsage, .forServersOnly: "cert_wrong_usage"
        case .keyUnsupported: "cert_key_unsupported"
        case .weak: "cert_weak"
        case .malformed: "cert_malformed"
        case .tooLarge: "cert_chain_too_large"
        case .tooDeep: "cert_chain_too_deep"
        case .tooManyNames: "cert_too_many_names"
        case .other: "cert_path_invalid"
        }
    }
}

extension PathFault {
    /// A few words for a log or an explanation.
    package var meaning: String {
        switch self {
        case .expired: "the certificate, or one of its authorities, has expired"
        case .notYetValid: "the certificate, or one of its authorities, is not valid yet"
        case .untrusted: "no path leads from the certificate to a configured authority"
        case .notSVID(let fault): fault.meaning
        case .unregistered: "the certificate is of none of the clients in `client_certificates.clients`"
        case .ambiguousClient: "the certificate could be of more than one of the clients in `client_certificates.clients`"
        case .denied: "the certificate, or one between it and the authority, is on the deny list"
        case .revoked: "the certificate, or one between it and the authority, has been revoked"
        case .listMissing(let error):
            "no usable revocation list tells of the certificate, or of one between it and the authority: \(Self.text(of: error))"
        case .listStale: "the revocation list that tells of the certificate is past its next update"
        case .statusUnknown: "the authority's responder does not know the certificate, or one between it and the authority"
        case .statusUnavailable: "the authority's responder gave no usable answer about the certificate, or about one between it and the authority"
        case .wrongUsage: "the certificate's usages do not allow what it is used for"
        case .forServersOnly:
            "the certificate was issued for servers only (its extended key usage has serverAuth and not clientAuth); since 2026 public authorities issue no others: take one from a CA of your own, or write `client_certificates.usage: any`"
        case .keyUnsupported(let kind): "the key of the certificate is \(kind), and a handshake takes \(KeyKind.taken)"
        case .weak: "a key or signature on the path is too weak, or a key too large: RSA has 2048 to 8192 bits, and an exponent of at most 33"
        case .tooDeep:
            "more certificates stand between the certificate and its authority than may (`client_certificates.max_intermediates`; \(CertificateLimits.depth) where nothing else is said)"
        case .tooManyNames: "a certificate has more than \(CertificateLimits.names) subject alternative names"
        case .malformed: "the certificate, or another that was sent with it, cannot be read"
        case .tooLarge:
            "more was sent than a path can need: at most \(PresentedChain.othersLimit) certificates beside its own, and \(PresentedChain.octetLimit >> 10) KiB in all"
        case .other(let error): Self.text(of: error)
        }
    }

    private static func text(of error: Int32) -> String { X509_verify_cert_error_string(Int(error)).map { String(cString: $0) } ?? "error \(error)" }
}

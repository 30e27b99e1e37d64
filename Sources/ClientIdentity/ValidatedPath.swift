import BindingPolicy
package import Credentials

/// A path from a leaf to a configured authority whose signatures, names, usages and constraints hold.
///
/// Time is not part of that verdict, so it may be remembered: `window` is held against the clock whenever the path is used.
package struct ValidatedPath: Equatable, Sendable {
    /// When every certificate of the path, the authority's own included, is valid.
    package let window: ValidityWindow
    /// From when on the verdict has to be made anew: seconds since 1970.
    package let reviewTime: Double

    /// DER of the certificates between the leaf and the authority: of what was sent, those that the path needs.
    let intermediates: [[UInt8]]
    /// What has to be asked before it is decided.
    var inquiries: [StatusInquiry] = []

    /// Of the authority that it ends at (`Thumbprint(ofAuthority:)`); nil where no path was asked for.
    let anchor: Thumbprint?

    init(window: ValidityWindow, reviewTime: Double = .infinity, intermediates: [[UInt8]] = [], anchor: Thumbprint? = nil) {
        self.anchor = anchor
        self.window = window
        self.reviewTime = reviewTime
        self.intermediates = intermediates
    }

    /// Whether it has been revoked is not known yet: to be asked again before anything rests on it, with time to find out.
    var isUndecided: Bool { reviewTime == -.infinity }

    static func undecided(
        window: ValidityWindow, intermediates: [[UInt8]], anchor: Thumbprint?, _ inquiries: [StatusInquiry]
    ) -> ValidatedPath {
        var path = ValidatedPath(window: window, reviewTime: -.infinity, intermediates: intermediates, anchor: anchor)
        path.inquiries = inquiries
        return path
    }

    package func fault(at now: Double) -> PathFault? {
        switch window.position(of: now) {
        case .before: .notYetValid
        case .within: nil
        case .after: .expired
        }
    }
}

/// Why a client certificate was not accepted. `code` is for logs and metrics, and stable.
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

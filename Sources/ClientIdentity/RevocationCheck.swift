import COpenSSL
import Credentials

/// Whether the certificates of a path that is good otherwise have been revoked: OpenSSL's check (RFC 5280 section 6.3), with its extended
/// support for lists of several issuing points and for deltas.
///
/// Whatever cannot be told counts as revoked (fail closed), under a reason of its own. A critical extension of a list that OpenSSL does not
/// know makes the list none.
enum RevocationCheck {
    /// Whether the check of a path takes longer than an event loop may be held up: a large list of one of its issuers has not been verified
    /// with that one's key yet.
    static func needsTime(for path: [OpaquePointer], by policy: RevocationPolicy) -> Bool {
        let lists = policy.lists
        return path.dropFirst().contains { issuer in lists.contains { $0.needsTime(for: issuer) } }
    }

    /// - Parameters:
    ///   - path: as found, the client's certificate first and the configured authority's last.
    ///   - now: seconds since 1970.
    static func fault(of path: [OpaquePointer], by policy: RevocationPolicy, now: Int) -> PathFault? {
        guard var first = path.first, let anchor = path.last else { return .malformed }
        var others = path.dropFirst()
        // Nobody publishes anything about it (RFC 9608 section 4), but about its issuer somebody may.
        if holdfast_has_no_revocation(first) == 1 {
            guard policy.scope == .chain, let next = others.popFirst() else { return nil }
            first = next
        }
        // Trusted by being configured.
        guard !others.isEmpty else { return nil }
        defer { ERR_clear_error() }
        guard let context = X509_STORE_CTX_new() else { return .malformed }
        defer { X509_STORE_CTX_free(context) }
        // Lists whose owner goes cannot be looked into.
        let owners = policy.lists
        defer { withExtendedLifetime(owners) {} }
        guard let trusted = CertificateStack([anchor]), let intermediates = CertificateStack(others.dropLast()), let lists = stack(owners)
        else { return .malformed }
        defer { holdfast_crl_stack_free(lists) }
        guard X509_STORE_CTX_init(context, nil, first, intermediates.pointer) == 1, let parameters = X509_STORE_CTX_get0_param(context) else {
            return .malformed
        }
        X509_STORE_CTX_set0_trusted_stack(context, trusted.pointer)
        X509_STORE_CTX_set0_crls(context, lists)
        var flags = X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_CRL_CHECK | X509_V_FLAG_EXTENDED_CRL_SUPPORT | X509_V_FLAG_USE_DELTAS
        if policy.scope == .chain { flags |= X509_V_FLAG_CRL_CHECK_ALL }
        X509_VERIFY_PARAM_set_flags(parameters, UInt(flags))
        X509_VERIFY_PARAM_set_time(parameters, now)
        X509_STORE_CTX_set_verify_cb(context, policy.whenStale == .accept ? acceptingStale : refusingStale)
        // The context refers to the stacks and does not own them.
        guard withExtendedLifetime((trusted, intermediates), { X509_verify_cert(context) }) == 1 else {
            return fault(of: X509_STORE_CTX_get_error(context))
        }
        return nil
    }

    private static func fault(of error: Int32) -> PathFault {
        switch error {
        case X509_V_ERR_CERT_REVOKED: .revoked
        case X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID: .listStale
        default: .listMissing(error)
        }
    }

    private static func stack(_ lists: [RevocationList]) -> OpaquePointer? {
        guard let stack = holdfast_crl_stack() else { return nil }
        for list in lists {
            X509_CRL_up_ref(list.pointer)
            guard holdfast_crl_stack_push(stack, list.pointer) == 1 else {
                X509_CRL_free(list.pointer)
                holdfast_crl_stack_free(stack)
                return nil
            }
        }
        return stack
    }
}

private typealias Verdict = @convention(c) (Int32, OpaquePointer?) -> Int32

private let refusingStale: Verdict = { valid, context in isPassed(context) ? 1 : valid }

private let acceptingStale: Verdict = { valid, context in
    isPassed(context) || X509_STORE_CTX_get_error(context) == X509_V_ERR_CRL_HAS_EXPIRED ? 1 : valid
}

/// What this check is not about: the dates of the certificates, which are held against the clock at each use, and lists about the configured
/// authority itself.
private func isPassed(_ context: OpaquePointer?) -> Bool {
    switch X509_STORE_CTX_get_error(context) {
    case X509_V_ERR_CERT_HAS_EXPIRED, X509_V_ERR_CERT_NOT_YET_VALID: true
    case X509_V_ERR_CERT_REVOKED: false
    case let error where isAboutLists(error):
        X509_STORE_CTX_get_error_depth(context) == holdfast_x509_stack_count(X509_STORE_CTX_get0_chain(context)) - 1
    default: false
    }
}

private func isAboutLists(_ error: Int32) -> Bool {
    switch error {
    case X509_V_ERR_UNABLE_TO_GET_CRL, X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, X509_V_ERR_CRL_HAS_EXPIRED, X509_V_ERR_CRL_NOT_YET_VALID,
        X509_V_ERR_DIFFERENT_CRL_SCOPE, X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, X509_V_ERR_CRL_SIGNATURE_FAILURE,
        X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, X509_V_ERR_CRL_PATH_VALIDATION_ERROR:
        true
    default: false
    }
}

import BindingPolicy
import COpenSSL
package import Credentials

/// Validates certificate paths of clients and of upstreams (RFC 5280 section 6.1) with OpenSSL (RFC 8705 section 7.5: an established validator).
///
/// - Every certificate of the authorities file is an anchor, self-signed or not (`X509_V_FLAG_PARTIAL_CHAIN`): an operator
///   who lists only an issuing CA trusts that one and not its siblings.
/// - `X509_V_FLAG_X509_STRICT` is left off: it refuses what private CAs made with `openssl x509` lack (key identifiers, a
///   critical basicConstraints in the root). What of it matters is checked here: an intermediate that came from the client
///   must say CA:TRUE, and a leaf with key usage must have digitalSignature.
/// - Security level 2 (112 bits): no SHA-1 or MD5 signature except the anchor's own, no RSA below 2048 bits.
/// - anyExtendedKeyUsage does not stand for clientAuth or serverAuth.
/// - No certificate's AIA or CRL distribution point is ever fetched.
///
/// May be used by several threads at once: the store is complete after `init`, and OpenSSL locks what it looks up in it.
package final class CertificatePathValidator: @unchecked Sendable {
    private static let securityLevel: Int32 = 2

    /// Whose certificates are validated: what their usages must allow.
    package enum Holders: Sendable {
        case clients, servers
        /// Clients whose certificates were issued for whatever use.
        case anybody

        fileprivate var purpose: Int32 {
            switch self {
            case .clients: X509_PURPOSE_SSL_CLIENT
            case .servers: X509_PURPOSE_SSL_SERVER
            case .anybody: X509_PURPOSE_ANY
            }
        }
    }

    /// How long a verdict may take.
    package enum Patience: Sendable {
        /// On an event loop: what takes longer is left undecided.
        case loop
        case whatever
    }

    private let store: OpaquePointer
    private let anchors: AnchorIndex
    private let lent: IntermediateIndex
    /// CAs between leaf and anchor.
    private let depth: Int
    /// By name and key of the authority whose clients they are about, so that no cross-certificate leads around them.
    private let revocation: [AuthorityKey: [RevocationPolicy]]

    /// - Parameters:
    ///   - depth: CAs that may stand between leaf and anchor.
    ///   - revocation: of each authority that has lists, by its DER. They count for every path that leads through it, whichever
    ///   authority it ends at. Clients of the others are not held against any.
    package init(
        _ anchors: TrustAnchors, of holders: Holders = .clients, depth: Int = CertificateLimits.depth, revocation: [[UInt8]: RevocationPolicy] = [:]
    ) throws(CredentialFault) {
        guard let store = X509_STORE_new() else { throw CredentialFault("OpenSSL", "out of memory") }
        self.store = store
        self.depth = depth
        self.revocation = Dictionary(
            revocation.compactMap { der, policy in
                OpenSSLCertificate(der: der).flatMap { AuthorityKey($0.pointer) }.map { ($0, [policy]) }
            }, uniquingKeysWith: +)
        let parsed = anchors.certificates.compactMap(OpenSSLCertificate.init(der:))
        self.anchors = AnchorIndex(parsed)
        lent = IntermediateIndex(anchors.intermediates)
        guard parsed.count == anchors.certificates.count, parsed.allSatisfy({ X509_STORE_add_cert(store, $0.pointer) == 1 }) else {
            throw CredentialFault("OpenSSL", "an authority's certificate was not taken")
        }
        for issuer in parsed + anchors.intermediates.compactMap(\.parsed) { for policy in revocation.values { policy.prepare(for: issuer) } }
        try configure(for: holders)
    }

    /// Paths to the authorities that this system trusts.
    init(ofSystemFor holders: Holders) throws(CredentialFault) {
        guard let store = X509_STORE_new() else { throw CredentialFault("OpenSSL", "out of memory") }
        self.store = store
        depth = CertificateLimits.depth
        revocation = [:]
        anchors = AnchorIndex([])
        lent = IntermediateIndex([])
        guard X509_STORE_set_default_paths(store) == 1 else { throw CredentialFault("the system's authorities", "cannot be read") }
        ERR_clear_error()
        try configure(for: holders)
    }

    private func configure(for holders: Holders) throws(CredentialFault) {
        guard let parameters = X509_STORE_get0_param(store),
            X509_VERIFY_PARAM_set_purpose(parameters, holders.purpose) == 1,
            X509_VERIFY_PARAM_set_flags(parameters, UInt(X509_V_FLAG_PARTIAL_CHAIN)) == 1
        else { throw CredentialFault("OpenSSL", "the path validation parameters were not taken") }
        X509_VERIFY_PARAM_set_depth(parameters, Int32(clamping: depth))
        X509_VERIFY_PARAM_set_auth_level(parameters, Self.securityLevel)
        // A verdict is remembered and time is not part of it, so a date alone does not end the validation: the window of
        // the path found is judged by the caller. `now` still decides between two certificates of one CA.
        X509_STORE_set_verify_cb(store) { valid, context in
            let error = X509_STORE_CTX_get_error(context)
            return error == X509_V_ERR_CERT_HAS_EXPIRED || error == X509_V_ERR_CERT_NOT_YET_VALID ? 1 : valid
        }
    }

    deinit { X509_STORE_free(store) }

    /// - Parameters:
    ///   - leaf: DER of the certificate whose key the client proves.
    ///   - intermediates: DER of whatever else it sent, in any order.
    ///   - now: seconds since 1970; of several paths one that is good then is found.
    /// - Returns: the path, which may be outside its window: ask `ValidatedPath.fault(at:)`.
    package func validate(
        leaf: [UInt8], intermediates: [[UInt8]], now: Double, patience: Patience = .whatever
    ) -> Result<ValidatedPath, PathFault> {
        defer { ERR_clear_error() }
        guard PresentedChain.isBounded(leaf: leaf, others: intermediates) else { return .failure(.tooLarge) }
        guard let seconds = Int(exactly: now.rounded(.down)), let leaf = OpenSSLCertificate(der: leaf) else { return .failure(.malformed) }
        if let fault = CertificateLimits.fault(ofLeaf: leaf) { return .failure(fault) }
        // What cannot be part of a good path is left out rather than refused: clients send odd extras (PKI-07).
        let sent = intermediates.compactMap(OpenSSLCertificate.init(der:)).filter { CertificateLimits.fault(of: $0) == nil }
        let others = sent + lent.above([leaf] + sent)
        var verdict = verify(leaf, others, now: seconds, patience)
        if verdict.isGood(at: now) { return verdict }
        for path in PathSearch.paths(from: leaf, others, to: anchors, depth: depth) {
            let another = verify(leaf, path.intermediates, to: path.anchor, now: seconds, patience)
            if another.isGood(at: now) { return another }
            // Of those that are not, one that is there tells more.
            if case .failure(.untrusted) = verdict { verdict = another }
        }
        return verdict
    }

    /// - Parameter anchor: the only one that counts; nil for all that are configured.
    private func verify(
        _ leaf: OpenSSLCertificate, _ others: [OpenSSLCertificate], to anchor: OpenSSLCertificate? = nil, now: Int, _ patience: Patience
    ) -> Result<ValidatedPath, PathFault> {
        guard let context = X509_STORE_CTX_new() else { return .failure(.malformed) }
        defer { X509_STORE_CTX_free(context) }
        guard let untrusted = CertificateStack(others), let trusted = CertificateStack(anchor.map { [$0] } ?? []) else { return .failure(.malformed) }
        guard X509_STORE_CTX_init(context, store, leaf.pointer, untrusted.pointer) == 1, let parameters = X509_STORE_CTX_get0_param(context)
        else { return .failure(.malformed) }
        if anchor != nil { X509_STORE_CTX_set0_trusted_stack(context, trusted.pointer) }
        X509_VERIFY_PARAM_set_time(parameters, now)
        // The context refers to the stacks and does not own them.
        guard withExtendedLifetime((untrusted, trusted), { X509_verify_cert(context) }) == 1 else {
            let fault = Self.fault(of: X509_STORE_CTX_get_error(context))
            return .failure(fault == .wrongUsage && leaf.isForServersOnly ? .forServersOnly : fault)
        }
        return path(found: X509_STORE_CTX_get0_chain(context), now: now, patience)
    }

    /// What OpenSSL does not ask of a path in its default mode, and the time in which all of it is valid.
    private func path(found chain: OpaquePointer?, now: Int, _ patience: Patience) -> Result<ValidatedPath, PathFault> {
        let count = holdfast_x509_stack_count(chain)
        var window: ValidityWindow?
        for index in 0..<count {
            guard let certificate = holdfast_x509_stack_at(chain, index), let own = OpenSSLCertificate.window(of: certificate) else {
                return .failure(.malformed)
            }
            window = window?.intersection(own) ?? own
            if index == 0 {
                // keyAgreement alone would satisfy OpenSSL, but a TLS client signs (RFC 8446 section 4.4.2.4). Absent, all
                // bits are set.
                guard X509_get_key_usage(certificate) & UInt32(X509v3_KU_DIGITAL_SIGNATURE) != 0 else { return .failure(.wrongUsage) }
            } else if index < count - 1 {
                guard X509_check_ca(certificate) == 1 else { return .failure(.other(X509_V_ERR_INVALID_CA)) }
            }
        }
        guard let window else { return .failure(.untrusted) }
        let path = (0..<count).compactMap { holdfast_x509_stack_at(chain, $0) }
        let intermediates = path.dropFirst().dropLast().compactMap(OpenSSLCertificate.der(of:))
        let anchor = path.last.flatMap(Thumbprint.init(ofAuthority:))
        var reviewTime = Double.infinity
        var open: [StatusInquiry]?
        for part in parts(of: path) {
            switch verdict(on: part.path, by: part.policy, patience, now: now) {
            case .good(let until): reviewTime = min(reviewTime, until)
            case .fault(let fault): return .failure(fault)
            case .undecided(let inquiries): open = (open ?? []) + inquiries
            }
        }
        if let open { return .success(.undecided(window: window, intermediates: intermediates, anchor: anchor, open)) }
        return .success(ValidatedPath(window: window, reviewTime: reviewTime, intermediates: intermediates, anchor: anchor))
    }

    /// Whether anything on a path has been revoked, as its authority says it.
    private func verdict(on path: [OpaquePointer], by policy: RevocationPolicy, _ patience: Patience, now: Int) -> RevocationVerdict {
        if let desk = policy.desk { return StatusCheck.verdict(on: path, by: desk, policy, mayAsk: patience == .loop, now: Double(now)) }
        if patience == .loop, RevocationCheck.needsTime(for: path, by: policy) { return .undecided([]) }
        if let fault = RevocationCheck.fault(of: path, by: policy, now: now) { return .fault(fault) }
        return .good(until: policy.reviewTime(after: Double(now)))
    }

    /// What of a path is below each authority on it that has lists. Where one lies below another, a client that is revoked could else choose
    /// which of them it is held against, by what it sends along.
    private func parts(of path: [OpaquePointer]) -> [(path: [OpaquePointer], policy: RevocationPolicy)] {
        guard !revocation.isEmpty else { return [] }
        return path.indices.dropFirst().flatMap { index in
            (AuthorityKey(path[index]).flatMap { revocation[$0] } ?? []).map { (Array(path[...index]), $0) }
        }
    }

    private static func fault(of error: Int32) -> PathFault {
        switch error {
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_SIGNATURE_FAILURE, X509_V_ERR_CERT_UNTRUSTED,
            X509_V_ERR_CERT_REJECTED:
            .untrusted
        case X509_V_ERR_INVALID_PURPOSE: .wrongUsage
        case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL, X509_V_ERR_CA_MD_TOO_WEAK: .weak
        case X509_V_ERR_CERT_CHAIN_TOO_LONG: .tooDeep
        case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY, X509_V_ERR_ERROR_IN_CERT_NOT_BEFORE_FIELD,
            X509_V_ERR_ERROR_IN_CERT_NOT_AFTER_FIELD:
            .malformed
        default: .other(error)
        }
    }
}

/// An authority whatever its certificate: by its name and its key.
private struct AuthorityKey: Hashable {
    private let subject: String
    private let publicKey: [UInt8]

    /// Nil where its key cannot be read.
    init?(_ certificate: OpaquePointer) {
        guard let der = OpenSSLCertificate.der(of: certificate), let parsed = OpenSSLCertificate(der: der), let key = parsed.publicKeyDER else {
            return nil
        }
        (subject, publicKey) = (parsed.subject, key)
    }
}

extension Result where Success == ValidatedPath, Failure == PathFault {
    fileprivate func isGood(at now: Double) -> Bool { if case .success(let path) = self { path.fault(at: now) == nil } else { false } }
}

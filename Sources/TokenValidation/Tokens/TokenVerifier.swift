package import BindingPolicy

/// One configured issuer with the keys it has at the moment.
///
/// Its identity is the validity of what a cache remembers: a changed policy or key set is another object.
package final class TrustedIssuer: Sendable {
    /// Stands for it in what is remembered, which then keeps no keys.
    final class Seal: Sendable {}

    package let policy: IssuerPolicy
    package let keys: KeySet?
    let seal = Seal()

    init(policy: IssuerPolicy, keys: KeySet?) {
        self.policy = policy
        self.keys = keys
    }
}

/// Turns untrusted octets into a `VerifiedToken` or a reason: signature, structure and origin (RFC 7515 section 5.2, RFC 9068
/// section 4). Times, audience, binding and scope are BindingPolicy's to compare, on every request.
///
/// Each event loop has its own. Synchronous; takes no lock of ours (BoringSSL takes a reader lock in each RSA key) and touches
/// nothing outside itself.
package struct TokenVerifier {
    enum Examination {
        case verified(VerifiedToken)
        /// The issuer must be asked, also about a JWT that was verified.
        case introspect(issuer: Int, verified: VerifiedToken?)
    }

    /// In the order of the configuration.
    package private(set) var issuers: [TrustedIssuer]
    private let names: IssuerNames
    private let opaque: OpaqueTokens
    private let verifiesAllJWTs: Bool

    /// - Parameter policies: no two with the same issuer; no keys are there yet.
    package init(_ policies: [IssuerPolicy]) {
        issuers = policies.map { TrustedIssuer(policy: $0, keys: nil) }
        names = IssuerNames(policies.map(\.issuer))
        opaque = OpaqueTokens(policies)
        verifiesAllJWTs = policies.allSatisfy(\.verifiesJWTs)
    }

    /// Takes over what a ``KeySetKeeper`` published.
    package mutating func replaceKeys(_ keys: KeySet?, ofIssuerAt index: Int) {
        guard issuers.indices.contains(index), issuers[index].keys !== keys else { return }
        issuers[index] = TrustedIssuer(policy: issuers[index].policy, keys: keys)
    }

    /// Of the issuers whose JWTs are verified.
    package var hasAllKeys: Bool { issuers.allSatisfy { $0.keys != nil || !$0.policy.verifiesJWTs } }

    /// What can be said without asking anybody: `.introspectionUnavailable` of a token that its issuer must be asked about.
    package func verify(_ token: UnsafeRawBufferPointer) -> Result<VerifiedToken, TokenRefusal> {
        verify(token, tries: KeySet.maximumKeys)
    }

    /// - Parameter tries: keys that a signature is held against at most.
    package func verify(_ token: UnsafeRawBufferPointer, tries: Int) -> Result<VerifiedToken, TokenRefusal> {
        switch examine(token, tries: tries) {
        case .success(.verified(let token)): .success(token)
        case .success(.introspect): .failure(TokenRefusal(.introspectionUnavailable))
        case .failure(let refusal): .failure(refusal)
        }
    }

    func examine(_ token: UnsafeRawBufferPointer, tries: Int) -> Result<Examination, TokenRefusal> {
        do throws(TokenRefusal) { return .success(try judge(token, tries)) } catch { return .failure(error) }
    }

    private func judge(_ token: UnsafeRawBufferPointer, _ tries: Int) throws(TokenRefusal) -> Examination {
        if let issuer = opaque.issuer(of: token) { return .introspect(issuer: issuer, verified: nil) }
        let jws = try CompactJWS(token)
        guard let headerText = Base64URL.decode(jws.header), let payload = Base64URL.decode(jws.payload) else {
            throw TokenRefusal(.tokenMalformed)
        }
        if !verifiesAllJWTs, let issuer = unverifiedIssuer(payload) { return .introspect(issuer: issuer, verified: nil) }
        let header = try headerText.withUnsafeBufferPointer { (octets) throws(TokenRefusal) in
            try JOSEHeader(UnsafeRawBufferPointer(octets))
        }
        return try payload.withUnsafeBufferPointer { (octets) throws(TokenRefusal) in
            let octets = UnsafeRawBufferPointer(octets)
            let claims = try TokenClaims(octets)
            let index = try issuerIndex(claims)
            let issuer = issuers[index]
            try check(header, claims, octets, against: issuer)
            try checkSignature(of: jws, header, claims, issuerIndex: index, tries)
            let verified = try Self.verified(claims, octets, issuerIndex: index, issuer.policy)
            return issuer.policy.introspection?.asksAboutJWTs ?? false ? .introspect(issuer: index, verified: verified) : .verified(verified)
        }
    }

    /// The unverified `iss` only chooses whose policy and keys apply (RFC 8725 section 3.8).
    private func issuerIndex(_ claims: TokenClaims) throws(TokenRefusal) -> Int {
        if case .unfit(let kind) = claims.issuer { throw TokenRefusal(.claimsMalformed, .unfit("iss", kind)) }
        guard let issuer = claims.issuer.value else { throw TokenRefusal(.claimMissing, .missing("iss")) }
        guard let index = index(of: issuer) else { throw TokenRefusal(.issuerUnknown) }
        return index
    }

    private func index(of issuer: JSONText) -> Int? { issuer.withOctets(names.position) }

    /// The issuer that a JWT names, where it is one whose JWTs are not verified here: what else is in it is for that issuer to judge.
    private func unverifiedIssuer(_ payload: [UInt8]) -> Int? {
        payload.withUnsafeBytes { octets in
            guard let named = try? TokenClaims.issuer(of: octets), let index = index(of: named) else { return nil }
            return issuers[index].policy.verifiesJWTs || issuers[index].policy.introspection == nil ? nil : index
        }
    }

    private static func verified(
        _ claims: TokenClaims, _ payload: UnsafeRawBufferPointer, issuerIndex: Int, _ policy: IssuerPolicy
    ) throws(TokenRefusal) -> VerifiedToken {
        do throws(JSONFault) {
            return claims.verified(
                issuerIndex: issuerIndex, policy: policy, claims: try NamedClaims.read(payload, policy.claimNames),
                scopes: try claims.scopes(in: payload, under: policy))
        } catch {
            throw TokenRefusal(.claimsMalformed)
        }
    }

    /// What needs no key, and so comes before the signature's cost.
    private func check(
        _ header: JOSEHeader, _ claims: TokenClaims, _ payload: UnsafeRawBufferPointer, against issuer: TrustedIssuer
    ) throws(TokenRefusal) {
        if let refusal = claims.fault { throw refusal }
        switch (issuer.policy.type, header.type) {
        case (_, .accessToken), (.any, .jwt), (.any, .absent): break
        default: throw TokenRefusal(.typeNotAccepted)
        }
        if let refusal = claims.faultOfKind(isTyped: header.type == .accessToken) { throw refusal }
        guard issuer.policy.algorithms.contains(header.algorithm) else { throw TokenRefusal(.algorithmNotAllowed) }
        if let refusal = try claims.faultOfRequired(issuer.policy.requiredClaims, payload) { throw refusal }
    }

    private func checkSignature(
        of jws: CompactJWS, _ header: JOSEHeader, _ claims: TokenClaims, issuerIndex: Int, _ tries: Int
    ) throws(TokenRefusal) {
        guard let keys = issuers[issuerIndex].keys else {
            throw TokenRefusal(.keysUnavailable, doubt: KeyDoubt(issuer: issuerIndex, isWorthWaiting: false, expiresAt: .infinity, tried: 0))
        }
        guard let signature = Base64URL.decode(jws.signature) else { throw TokenRefusal(.tokenMalformed) }
        guard let fault = keys.fault(in: signature, of: jws, header, tries: tries) else { return }
        let expiresAt = claims.expiresAt.value.map { $0 + issuers[issuerIndex].policy.expiryLeeway } ?? .infinity
        throw TokenRefusal(fault, ofIssuerAt: issuerIndex, expiresAt: expiresAt)
    }
}

extension TokenRefusal {
    fileprivate init(_ fault: KeySet.SignatureFault, ofIssuerAt index: Int, expiresAt: Double) {
        func doubt(_ isWorthWaiting: Bool, tried: Int = 0) -> KeyDoubt {
            KeyDoubt(issuer: index, isWorthWaiting: isWorthWaiting, expiresAt: expiresAt, tried: tried)
        }
        switch fault {
        case .unknown: self.init(.keyUnknown, doubt: doubt(true))
        case .withdrawn: self.init(.keyUnknown, .withdrawnKey, doubt: doubt(false))
        case .unusable(let cause): self.init(.keyUnusable, .key(cause), doubt: doubt(false))
        case .unsuitable: self.init(.keyUnsuitable, doubt: doubt(true))
        case .invalid(let tried): self.init(.signatureInvalid, doubt: doubt(true, tried: tried))
        }
    }
}

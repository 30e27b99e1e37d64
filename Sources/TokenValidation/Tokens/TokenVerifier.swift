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
    private var trusted: [ObjectIdentifier: TrustedIssuer]
    /// In the order of the configuration. They keep the identities of `trusted` alive.
    package let issuers: [Issuer]
    private let names: IssuerNames
    private let opaque: OpaqueTokens
    private let verifiesAllJWTs: Bool

    /// - Parameter policies: no two with the same issuer; no keys are there yet.
    package init(_ policies: [IssuerPolicy]) {
        issuers = policies.map(\.issuer)
        trusted = Dictionary(uniqueKeysWithValues: policies.map { (ObjectIdentifier($0.issuer), TrustedIssuer(policy: $0, keys: nil)) })
        names = IssuerNames(issuers)
        opaque = OpaqueTokens(policies)
        verifiesAllJWTs = policies.allSatisfy(\.verifiesJWTs)
    }

    /// Takes over what a ``KeySetKeeper`` published.
    package mutating func replaceKeys(_ keys: KeySet?, of issuer: Issuer) {
        guard let known = self[issuer], known.keys !== keys else { return }
        trusted[ObjectIdentifier(issuer)] = TrustedIssuer(policy: known.policy, keys: keys)
    }

    /// Those of issuers that both have.
    mutating func takeKeys(of other: TokenVerifier) {
        for issuer in issuers {
            if let known = other[issuer] { trusted[ObjectIdentifier(issuer)] = known }
        }
    }

    /// Nil for an issuer of another configuration, of whatever name.
    package subscript(issuer: Issuer) -> TrustedIssuer? { trusted[ObjectIdentifier(issuer)] }

    /// Of the issuers whose JWTs are verified.
    package var hasAllKeys: Bool { trusted.values.allSatisfy { $0.keys != nil || !$0.policy.verifiesJWTs } }

    /// What can be said without asking anybody: `.introspectionUnavailable` of a token that its issuer must be asked about.
    package func verify(_ token: UnsafeRawBufferPointer) -> Result<VerifiedToken, TokenRefusal> {
        verify(token, tries: KeySet.maximumKeys)
    }

    /// - Parameter tries: keys that a signature is held against at most.
    package func verify(_ token: UnsafeRawBufferPointer, tries: Int) -> Result<VerifiedToken, TokenRefusal> {
        switch examine(token, nil, tries: tries) {
        case .verified(let token): .success(token)
        case .unknown: .failure(TokenRefusal(.introspectionUnavailable))
        case .refused(let refusal): .failure(refusal)
        }
    }

    /// - Parameter digest: the token's, where it is known already.
    func examine(_ token: UnsafeRawBufferPointer, _ digest: VerdictCache.Digest?, tries: Int) -> TokenFinding {
        do throws(TokenRefusal) { return try judge(token, digest, tries) } catch { return .refused(error) }
    }

    private func judge(_ token: UnsafeRawBufferPointer, _ digest: VerdictCache.Digest?, _ tries: Int) throws(TokenRefusal) -> TokenFinding {
        func unknown(_ issuer: TrustedIssuer, _ verified: VerifiedToken?) -> TokenFinding {
            .unknown(Inquiry(issuer, digest: digest ?? VerdictCache.Digest(token), verified: verified))
        }
        if let issuer = opaque.issuer(of: token).flatMap({ self[$0] }) { return unknown(issuer, nil) }
        let jws = try CompactJWS(token)
        guard let headerText = Base64URL.decode(jws.header), let payload = Base64URL.decode(jws.payload) else {
            throw TokenRefusal(.tokenMalformed)
        }
        if !verifiesAllJWTs, let issuer = unverifiedIssuer(payload) { return unknown(issuer, nil) }
        let header = try headerText.withUnsafeBufferPointer { (octets) throws(TokenRefusal) in
            try JOSEHeader(UnsafeRawBufferPointer(octets))
        }
        return try payload.withUnsafeBufferPointer { (octets) throws(TokenRefusal) in
            let octets = UnsafeRawBufferPointer(octets)
            let claims = try TokenClaims(octets)
            let issuer = try issuer(claims)
            try check(header, claims, octets, against: issuer)
            try checkSignature(of: jws, header, claims, against: issuer, tries)
            let verified = try Self.verified(claims, octets, issuer.policy)
            return issuer.policy.introspection?.asksAboutJWTs ?? false ? unknown(issuer, verified) : .verified(verified)
        }
    }

    /// The unverified `iss` only chooses whose policy and keys apply (RFC 8725 section 3.8).
    private func issuer(_ claims: TokenClaims) throws(TokenRefusal) -> TrustedIssuer {
        if case .unfit(let kind) = claims.issuer { throw TokenRefusal(.claimsMalformed, .unfit("iss", kind)) }
        guard let name = claims.issuer.value else { throw TokenRefusal(.claimMissing, .missing("iss")) }
        guard let issuer = issuer(named: name) else { throw TokenRefusal(.issuerUnknown) }
        return issuer
    }

    private func issuer(named name: JSONText) -> TrustedIssuer? { name.withOctets { names[$0] }.flatMap { self[$0] } }

    /// The issuer that a JWT names, where it is one whose JWTs are not verified here: what else is in it is for that issuer to judge.
    private func unverifiedIssuer(_ payload: [UInt8]) -> TrustedIssuer? {
        payload.withUnsafeBytes { octets in
            guard let name = try? TokenClaims.issuer(of: octets), let issuer = issuer(named: name) else { return nil }
            return issuer.policy.verifiesJWTs || issuer.policy.introspection == nil ? nil : issuer
        }
    }

    private static func verified(
        _ claims: TokenClaims, _ payload: UnsafeRawBufferPointer, _ policy: IssuerPolicy
    ) throws(TokenRefusal) -> VerifiedToken {
        do throws(JSONFault) {
            return claims.verified(
                under: policy, claims: try NamedClaims.read(payload, policy.claimNames), scopes: try claims.scopes(in: payload, under: policy))
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
        of jws: CompactJWS, _ header: JOSEHeader, _ claims: TokenClaims, against issuer: TrustedIssuer, _ tries: Int
    ) throws(TokenRefusal) {
        guard let keys = issuer.keys else {
            throw TokenRefusal(.keysUnavailable, doubt: KeyDoubt(issuer: issuer.policy.issuer, isWorthWaiting: false, expiresAt: .infinity, tried: 0))
        }
        guard let signature = Base64URL.decode(jws.signature) else { throw TokenRefusal(.tokenMalformed) }
        guard let fault = keys.fault(in: signature, of: jws, header, tries: tries) else { return }
        let expiresAt = claims.expiresAt.value.map { $0 + issuer.policy.issuer.terms.leeway } ?? .infinity
        throw TokenRefusal(fault, of: issuer.policy.issuer, expiresAt: expiresAt)
    }
}

extension TokenRefusal {
    fileprivate init(_ fault: KeySet.SignatureFault, of issuer: Issuer, expiresAt: Double) {
        func doubt(_ isWorthWaiting: Bool, tried: Int = 0) -> KeyDoubt {
            KeyDoubt(issuer: issuer, isWorthWaiting: isWorthWaiting, expiresAt: expiresAt, tried: tried)
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

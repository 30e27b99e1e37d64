package import BindingPolicy

/// One configured issuer with the keys it has at the moment.
///
/// Its identity is the validity of what a cache remembers: a changed policy or key set is another object.
package final class TrustedIssuer: Sendable {
    package let policy: IssuerPolicy
    package let keys: KeySet?

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
    /// In the order of the configuration.
    package private(set) var issuers: [TrustedIssuer]

    /// - Parameter policies: no two with the same issuer; no keys are there yet.
    package init(_ policies: [IssuerPolicy]) {
        issuers = policies.map { TrustedIssuer(policy: $0, keys: nil) }
    }

    /// Takes over what a ``KeySetKeeper`` published.
    package mutating func replaceKeys(_ keys: KeySet?, ofIssuerAt index: Int) {
        guard issuers.indices.contains(index), issuers[index].keys !== keys else { return }
        issuers[index] = TrustedIssuer(policy: issuers[index].policy, keys: keys)
    }

    package var hasAllKeys: Bool { issuers.allSatisfy { $0.keys != nil } }

    package func verify(_ token: UnsafeRawBufferPointer) -> Result<VerifiedToken, TokenRefusal> {
        do throws(TokenRefusal) { return .success(try judge(token)) } catch { return .failure(error) }
    }

    private func judge(_ token: UnsafeRawBufferPointer) throws(TokenRefusal) -> VerifiedToken {
        let jws = try CompactJWS(token)
        guard let headerText = Base64URL.decode(jws.header), let payload = Base64URL.decode(jws.payload) else {
            throw TokenRefusal(.tokenMalformed)
        }
        let header = try headerText.withUnsafeBufferPointer { (octets) throws(TokenRefusal) in
            try JOSEHeader(UnsafeRawBufferPointer(octets))
        }
        return try payload.withUnsafeBufferPointer { (octets) throws(TokenRefusal) in
            let claims = try TokenClaims(UnsafeRawBufferPointer(octets))
            let index = try issuerIndex(claims)
            let policy = issuers[index].policy
            try check(header, claims, against: policy)
            try checkSignature(of: jws, header, issuerIndex: index)
            guard let verified = claims.verified(issuerIndex: index, policy: policy) else { throw TokenRefusal(.claimMissing) }
            return verified
        }
    }

    /// The unverified `iss` only chooses whose policy and keys apply (RFC 8725 section 3.8).
    private func issuerIndex(_ claims: TokenClaims) throws(TokenRefusal) -> Int {
        guard let issuer = claims.issuer else { throw TokenRefusal(.claimMissing) }
        guard let index = issuers.firstIndex(where: { issuer.equals($0.policy.issuer.utf8) }) else { throw TokenRefusal(.issuerUnknown) }
        return index
    }

    /// What needs no key, and so comes before the signature's cost.
    private func check(_ header: JOSEHeader, _ claims: TokenClaims, against policy: IssuerPolicy) throws(TokenRefusal) {
        switch (policy.type, header.type) {
        case (_, .accessToken): break
        case (.any, .jwt), (.any, .absent): guard !claims.isOfAnotherKind else { throw TokenRefusal(.typeNotAccepted) }
        default: throw TokenRefusal(.typeNotAccepted)
        }
        guard policy.algorithms.contains(header.algorithm) else { throw TokenRefusal(.algorithmNotAllowed) }
        guard claims.isComplete(as: policy.type) else { throw TokenRefusal(.claimMissing) }
    }

    private func checkSignature(of jws: CompactJWS, _ header: JOSEHeader, issuerIndex: Int) throws(TokenRefusal) {
        guard let keys = issuers[issuerIndex].keys else { throw TokenRefusal(.keysUnavailable) }
        guard let signature = Base64URL.decode(jws.signature) else { throw TokenRefusal(.tokenMalformed) }
        switch keys.select(keyID: header.keyID, algorithm: header.algorithm) {
        case .unknown: throw TokenRefusal(.keyUnknown, staleIssuer: issuerIndex)
        case .unsuitable: throw TokenRefusal(.keyUnsuitable, staleIssuer: issuerIndex)
        case .candidates(let keys):
            guard keys.contains(where: { $0.verifies(signature, of: jws.signingInput, by: header.algorithm) }) else {
                throw TokenRefusal(.signatureInvalid, staleIssuer: issuerIndex)
            }
        }
    }
}

package import BindingPolicy

/// A verifier with the memory of its verdicts: what an event loop asks about each bearer token.
package struct TokenAuthenticator {
    package enum Finding: Sendable {
        case verified(VerifiedToken)
        case refused(TokenRefusal)
        /// The issuer must be asked; its ``Introspector`` answers.
        case unknown(Inquiry)
    }

    /// What an issuer is to be asked. A class, so that a finding is small: there is one on every request.
    package final class Inquiry: Sendable {
        package let issuerIndex: Int
        package let digest: VerdictCache.Digest
        /// A JWT that was verified and must be asked about all the same.
        package let verified: VerifiedToken?
        /// Under whose keys it was verified: what they vouched for is not remembered under others.
        fileprivate let seal: TrustedIssuer.Seal

        fileprivate init(issuerIndex: Int, digest: VerdictCache.Digest, verified: VerifiedToken?, seal: TrustedIssuer.Seal) {
            self.issuerIndex = issuerIndex
            self.digest = digest
            self.verified = verified
            self.seal = seal
        }
    }

    package private(set) var verifier: TokenVerifier
    private var cache: VerdictCache
    /// Tokens whose verdict was remembered, and those that had to be judged.
    package private(set) var hits = 0
    package private(set) var misses = 0

    /// - Parameter cacheCapacity: verified tokens remembered; 0 verifies each time.
    package init(_ policies: [IssuerPolicy], cacheCapacity: Int) {
        verifier = TokenVerifier(policies)
        cache = VerdictCache(capacity: cacheCapacity)
    }

    package mutating func replaceKeys(_ keys: KeySet?, ofIssuerAt index: Int) {
        verifier.replaceKeys(keys, ofIssuerAt: index)
    }

    /// Those that tokens are judged by now.
    package func keys(ofIssuerAt index: Int) -> KeySet? { verifier.issuers.indices.contains(index) ? verifier.issuers[index].keys : nil }

    /// - Parameters:
    ///   - now: seconds since 1970; decides what is still remembered, not whether the token has expired.
    ///   - tries: keys that a signature is held against at most.
    package mutating func authenticate(_ token: UnsafeRawBufferPointer, now: Double, tries: Int = KeySet.maximumKeys) -> Finding {
        // Not hashed before the bound is known.
        guard token.count <= CompactJWS.maximumLength else {
            misses &+= 1
            return .refused(TokenRefusal(.tokenTooLarge))
        }
        guard !cache.isOff else { return examine(token, nil, now: now, tries) }
        let digest = VerdictCache.Digest(token)
        if let known = cache.token(for: digest, under: verifier, now: now) {
            hits &+= 1
            return .verified(known)
        }
        return examine(token, digest, now: now, tries)
    }

    /// - Parameter digest: the token's, where it was needed already.
    private mutating func examine(_ token: UnsafeRawBufferPointer, _ digest: VerdictCache.Digest?, now: Double, _ tries: Int) -> Finding {
        misses &+= 1
        switch verifier.examine(token, tries: tries) {
        case .failure(let refusal): return .refused(refusal)
        case .success(.verified(let verified)):
            if let digest { cache.insert(verified, for: digest, under: verifier, now: now) }
            return .verified(verified)
        case .success(.introspect(let index, let verified)):
            return .unknown(
                Inquiry(
                    issuerIndex: index, digest: digest ?? VerdictCache.Digest(token), verified: verified, seal: verifier.issuers[index].seal))
        }
    }

    /// Takes what the issuer said: both that and what was verified must hold. Remembers it for as long as it says.
    ///
    /// - Parameter now: seconds since 1970.
    package mutating func settle(_ answer: IntrospectionAnswer, for inquiry: Inquiry, now: Double) -> Result<VerifiedToken, TokenRefusal> {
        guard case .success(let introspected) = answer.outcome else { return answer.outcome }
        guard introspected.issuerIndex == inquiry.issuerIndex, verifier.issuers.indices.contains(inquiry.issuerIndex) else {
            return .failure(TokenRefusal(.introspectionUnavailable))
        }
        let token = inquiry.verified.map { introspected.agreed(with: $0, saysScopes: answer.saysScopes) } ?? introspected
        if verifier.issuers[inquiry.issuerIndex].seal === inquiry.seal {
            cache.insert(token, for: inquiry.digest, under: verifier, now: now, validUntil: answer.validUntil)
        }
        return .success(token)
    }
}

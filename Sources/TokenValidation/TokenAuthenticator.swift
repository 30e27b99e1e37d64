package import BindingPolicy

/// A verifier with the memory of its verdicts: what an event loop asks about each bearer token.
package struct TokenAuthenticator {
    package private(set) var verifier: TokenVerifier
    private var cache: VerdictCache
    /// Tokens whose signature was remembered, and those that had to be verified.
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

    /// - Parameter now: seconds since 1970; decides what is still remembered, not whether the token has expired.
    package mutating func authenticate(_ token: UnsafeRawBufferPointer, now: Double) -> Result<VerifiedToken, TokenRefusal> {
        // Not hashed before the bound is known.
        guard !cache.isOff, token.count <= CompactJWS.maximumLength else {
            misses &+= 1
            return verifier.verify(token)
        }
        let digest = VerdictCache.Digest(token)
        if let known = cache.token(for: digest, under: verifier, now: now) {
            hits &+= 1
            return .success(known)
        }
        misses &+= 1
        let verdict = verifier.verify(token)
        if case .success(let verified) = verdict { cache.insert(verified, for: digest, under: verifier, now: now) }
        return verdict
    }
}

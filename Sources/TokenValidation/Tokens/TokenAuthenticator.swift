package import BindingPolicy

/// A verifier with the memory of its verdicts: what an event loop asks about each bearer token.
package struct TokenAuthenticator {
    package private(set) var verifier: TokenVerifier
    private var cache: VerdictCache
    private let cacheCapacity: Int
    /// Tokens whose verdict was remembered, and those that had to be judged.
    package private(set) var hits = 0
    package private(set) var misses = 0

    /// - Parameter cacheCapacity: verified tokens remembered; 0 verifies each time.
    package init(_ policies: [IssuerPolicy], cacheCapacity: Int) {
        verifier = TokenVerifier(policies)
        cache = VerdictCache(capacity: cacheCapacity)
        self.cacheCapacity = cacheCapacity
    }

    /// Goes on with what `earlier` remembers, which begins anew: the verdicts about tokens of issuers that both have stay true.
    package mutating func takeMemory(of earlier: inout TokenAuthenticator) {
        verifier.takeKeys(of: earlier.verifier)
        if cacheCapacity == earlier.cacheCapacity { swap(&cache, &earlier.cache) }
    }

    package mutating func replaceKeys(_ keys: KeySet?, of issuer: Issuer) {
        verifier.replaceKeys(keys, of: issuer)
    }

    /// Those that tokens are judged by now.
    package func keys(of issuer: Issuer) -> KeySet? { verifier[issuer]?.keys }

    /// - Parameters:
    ///   - now: seconds since 1970; decides what is still remembered, not whether the token has expired.
    ///   - tries: keys that a signature is held against at most.
    package mutating func authenticate(_ token: UnsafeRawBufferPointer, now: Double, tries: Int = KeySet.maximumKeys) -> TokenFinding {
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
    private mutating func examine(_ token: UnsafeRawBufferPointer, _ digest: VerdictCache.Digest?, now: Double, _ tries: Int) -> TokenFinding {
        misses &+= 1
        let finding = verifier.examine(token, digest, tries: tries)
        if case .verified(let verified) = finding, let digest { cache.insert(verified, for: digest, under: verifier, now: now) }
        return finding
    }

    /// Takes what the issuer said: both that and what was verified must hold. Remembers it for as long as it says.
    ///
    /// - Parameter now: seconds since 1970.
    package mutating func settle(_ answer: IntrospectionAnswer, for inquiry: Inquiry, now: Double) -> Result<VerifiedToken, TokenRefusal> {
        guard case .success(let introspected) = answer.outcome else { return answer.outcome }
        guard introspected.issuer === inquiry.issuer, let trusted = verifier[inquiry.issuer] else {
            return .failure(TokenRefusal(.introspectionUnavailable))
        }
        let token = inquiry.verified.map { introspected.agreed(with: $0, saysScopes: answer.saysScopes) } ?? introspected
        if trusted.seal === inquiry.seal {
            cache.insert(token, for: inquiry.digest, under: verifier, now: now, validUntil: answer.validUntil)
        }
        return .success(token)
    }
}

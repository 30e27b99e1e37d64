import BindingPolicy
import Testing
import TokenValidation

@Suite("The verdict cache")
struct VerdictCacheTests {
    static let policy = IssuerPolicy(issuer: TokenMint.issuer, audiences: [TokenMint.audience])
    let now = TokenMint.now

    func verifier(_ keys: KeySet = keySet(SigningKey.p256.jwk())) -> TokenVerifier {
        var verifier = TokenVerifier([Self.policy])
        verifier.replaceKeys(keys, ofIssuerAt: 0)
        return verifier
    }

    func digest(_ text: String) -> VerdictCache.Digest { Array(text.utf8).withUnsafeBytes { VerdictCache.Digest($0) } }

    func verified(_ mint: TokenMint = TokenMint()) throws -> VerifiedToken { try verifier().verify(mint.token).get() }

    @Test("Remembers a verified token (JWT-33)") func remembersAVerifiedToken() throws {
        let verifier = verifier()
        let token = try verified()
        var cache = VerdictCache(capacity: 16)
        #expect(cache.token(for: digest("a"), under: verifier, now: now) == nil)
        cache.insert(token, for: digest("a"), under: verifier, now: now)
        #expect(cache.token(for: digest("a"), under: verifier, now: now) === token)
        #expect(cache.token(for: digest("b"), under: verifier, now: now) == nil)
        #expect(cache.count == 1)
    }

    @Test("Forgets a token when it expires (JWT-33)") func forgetsATokenWhenItExpires() throws {
        let verifier = verifier()
        var cache = VerdictCache(capacity: 16)
        cache.insert(try verified(), for: digest("a"), under: verifier, now: now)
        #expect(cache.token(for: digest("a"), under: verifier, now: now + 299.9) != nil)
        #expect(cache.token(for: digest("a"), under: verifier, now: now + 300) == nil)
        #expect(cache.count == 0)
        #expect(cache.token(for: digest("a"), under: verifier, now: now) == nil)
        cache.insert(try verified(), for: digest("a"), under: verifier, now: now + 300)
        #expect(cache.count == 0)
    }

    @Test("Forgets what other keys vouched for (JWT-33)") func forgetsWhatOtherKeysVouchedFor() throws {
        var verifier = verifier()
        var cache = VerdictCache(capacity: 16)
        cache.insert(try verified(), for: digest("a"), under: verifier, now: now)
        let keys = try #require(verifier[Self.policy.issuer]?.keys)
        verifier.replaceKeys(keys, ofIssuerAt: 0)
        #expect(cache.token(for: digest("a"), under: verifier, now: now) != nil)
        verifier.replaceKeys(keySet(SigningKey.otherP256.jwk()), ofIssuerAt: 0)
        #expect(cache.token(for: digest("a"), under: verifier, now: now) == nil)
        verifier.replaceKeys(keys, ofIssuerAt: 0)
        #expect(cache.token(for: digest("a"), under: verifier, now: now) == nil)
    }

    @Test("Forgets what another policy vouched for (JWT-33)") func forgetsWhatAnotherPolicyVouchedFor() throws {
        let keys = keySet(SigningKey.p256.jwk())
        let before = verifier(keys)
        var cache = VerdictCache(capacity: 16)
        cache.insert(try verified(), for: digest("a"), under: before, now: now)
        let reloaded = verifier(keys)
        #expect(cache.token(for: digest("a"), under: reloaded, now: now) == nil)
        #expect(cache.token(for: digest("a"), under: TokenVerifier([]), now: now) == nil)
    }

    @Test("Keeps the tokens of one issuer when another's keys change (JWT-33)") func keepsTheTokensOfOneIssuerWhenAnothersKeysChange() throws {
        var verifier = TokenVerifier([Self.policy, IssuerPolicy(issuer: "https://b", audiences: ["x"])])
        verifier.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
        var cache = VerdictCache(capacity: 16)
        cache.insert(try verified(), for: digest("a"), under: verifier, now: now)
        verifier.replaceKeys(keySet(SigningKey.p384.jwk()), ofIssuerAt: 1)
        #expect(cache.token(for: digest("a"), under: verifier, now: now) != nil)
    }

    @Test("Never holds more than its capacity (JWT-33)", arguments: [0, 1, 7, 8, 100, 1000])
    func neverHoldsMoreThanItsCapacity(_ capacity: Int) throws {
        let verifier = verifier()
        let token = try verified()
        var cache = VerdictCache(capacity: capacity)
        for index in 0..<3000 {
            cache.insert(token, for: digest("\(index)"), under: verifier, now: now)
            #expect(cache.count <= capacity)
            if capacity > 0 { #expect(cache.token(for: digest("\(index)"), under: verifier, now: now) != nil) }
        }
        #expect(cache.count >= capacity * 9 / 10)
        #expect(cache.isOff == (capacity == 0))
    }

    @Test("Gives tokens in use a second chance") func givesTokensInUseASecondChance() throws {
        let verifier = verifier()
        let token = try verified()
        var cache = VerdictCache(capacity: 8)
        for index in 0..<8 { cache.insert(token, for: digest("\(index)"), under: verifier, now: now) }
        #expect(cache.token(for: digest("3"), under: verifier, now: now) != nil)
        for index in 8..<15 { cache.insert(token, for: digest("\(index)"), under: verifier, now: now) }
        #expect(cache.token(for: digest("3"), under: verifier, now: now) != nil)
    }

    @Test("Replaces expired entries first") func replacesExpiredEntriesFirst() throws {
        let verifier = verifier()
        var cache = VerdictCache(capacity: 8)
        cache.insert(try verified(TokenMint().with(claim: "exp", "1900000010")), for: digest("short"), under: verifier, now: now)
        for index in 1..<8 { cache.insert(try verified(), for: digest("\(index)"), under: verifier, now: now) }
        cache.insert(try verified(), for: digest("new"), under: verifier, now: now + 10)
        for index in 1..<8 { #expect(cache.token(for: digest("\(index)"), under: verifier, now: now + 10) != nil) }
        #expect(cache.token(for: digest("new"), under: verifier, now: now + 10) != nil)
    }

    @Test("Answers the same with and without a memory (JWT-33)", arguments: [0, 64])
    func answersTheSameWithAndWithoutAMemory(_ capacity: Int) {
        var authenticator = TokenAuthenticator([Self.policy], cacheCapacity: capacity)
        let good = TokenMint().token, bad = TokenMint("ES256", .otherP256).token
        func reason(_ token: String) -> DenialReason? {
            Array(token.utf8).withUnsafeBytes {
                if case .refused(let refusal) = authenticator.authenticate($0, now: now) { refusal.reason } else { nil }
            }
        }
        #expect(reason(good) == .keysUnavailable)
        authenticator.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
        for _ in 0..<3 {
            #expect(reason(good) == nil)
            #expect(reason(bad) == .signatureInvalid)
            #expect(reason(good + "A") != nil)
            #expect(reason(String(repeating: "a", count: 20_000)) == .tokenTooLarge)
        }
        authenticator.replaceKeys(keySet(SigningKey.otherP256.jwk()), ofIssuerAt: 0)
        #expect(reason(good) == .signatureInvalid)
        #expect(reason(bad) == nil)
    }

    @Test("Compares the binding on a hit too (JWT-33)") func comparesTheBindingOnAHitToo() throws {
        var authenticator = TokenAuthenticator([Self.policy], cacheCapacity: 64)
        authenticator.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
        let token = Array(TokenMint().token.utf8)
        let other = try #require(Thumbprint(base64url: "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes"))
        let own = try #require(Thumbprint(base64url: TokenMint.thumbprint))
        for (thumbprint, expected) in [(own, nil), (other, .confirmationMismatch), (own, nil)] as [(Thumbprint, DenialReason?)] {
            guard case .verified(let verified) = token.withUnsafeBytes({ authenticator.authenticate($0, now: now) }) else {
                return #expect(Bool(false))
            }
            let decision = RoutePolicy.boundToken.decide(verified, shownBy: thumbprint, now: now)
            if case .deny(let denial) = decision { #expect(denial.reason == expected) } else { #expect(expected == nil) }
        }
    }

    @Test("Key sets that were replaced are let go, whatever is still remembered of their time") func letsGoOfKeySetsThatWereReplaced() {
        var authenticator = TokenAuthenticator([Self.policy], cacheCapacity: 64)
        weak var former: KeySet?
        do {
            let keys = keySet(SigningKey.p256.jwk())
            former = keys
            authenticator.replaceKeys(keys, ofIssuerAt: 0)
        }
        let token = Array(TokenMint().token.utf8)
        guard case .verified = token.withUnsafeBytes({ authenticator.authenticate($0, now: now) }) else { return #expect(Bool(false)) }
        #expect(former != nil)
        authenticator.replaceKeys(keySet(SigningKey.otherP256.jwk()), ofIssuerAt: 0)
        #expect(former == nil)
        guard case .refused = token.withUnsafeBytes({ authenticator.authenticate($0, now: now) }) else { return #expect(Bool(false)) }
    }

    private func large(_ count: Int) -> VerifiedToken {
        VerifiedToken(
            issuer: Self.policy.issuer, subject: String(repeating: "x", count: count), clientID: nil, expiresAt: now + 300,
            notBefore: nil, audiences: [], scopes: [], confirmation: .absent)
    }

    @Test("Is bounded by the octets that it holds, and a token too large for that is not remembered") func isBoundedByTheOctetsThatItHolds() {
        let verifier = verifier()
        var cache = VerdictCache(capacity: 10_000, octets: 100_000)
        for index in 0..<100 {
            cache.insert(large(9_000), for: digest("\(index)"), under: verifier, now: now)
            #expect(cache.octets <= 100_000)
            #expect(cache.token(for: digest("\(index)"), under: verifier, now: now) != nil)
        }
        #expect(cache.count == 10)
        cache.insert(large(100_000), for: digest("huge"), under: verifier, now: now)
        #expect(cache.token(for: digest("huge"), under: verifier, now: now) == nil && cache.count == 10)
        // Small ones are as many as there is room for.
        for index in 0..<1000 { cache.insert(large(1), for: digest("small \(index)"), under: verifier, now: now) }
        #expect(cache.count > 150 && cache.octets <= 100_000)
        for index in 0..<1000 { _ = cache.token(for: digest("small \(index)"), under: verifier, now: now + 300) }
        for index in 0..<100 { _ = cache.token(for: digest("\(index)"), under: verifier, now: now + 300) }
        #expect(cache.count == 0 && cache.octets == 0)
    }

    @Test("Remembers as many as it may, whatever their digests") func remembersAsManyAsItMay() {
        let verifier = verifier()
        let token = large(1)
        var cache = VerdictCache(capacity: 5000)
        for index in 0..<5000 { cache.insert(token, for: digest("\(index)"), under: verifier, now: now) }
        #expect(cache.count == 5000)
        for index in 0..<5000 { #expect(cache.token(for: digest("\(index)"), under: verifier, now: now) != nil) }
        // All are in use: one after the other gives way all the same, never the one that has just come.
        for index in 5000..<15_000 {
            cache.insert(token, for: digest("\(index)"), under: verifier, now: now)
            #expect(cache.count == 5000 && cache.token(for: digest("\(index)"), under: verifier, now: now) != nil)
        }
    }

    @Test("Does what a list would do, whatever comes", arguments: 0..<4) func doesWhatAListWouldDo(seed: UInt64) {
        var verifier = verifier()
        var cache = VerdictCache(capacity: 20, octets: 30_000)
        var remembered: [Int: (token: VerifiedToken, until: Double)] = [:]
        var state = seed &* 0x9e37_79b9_7f4a_7c15 &+ 1
        func chance(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var (hits, time) = (0, now)
        for round in 0..<5000 {
            let number = chance(40)
            if chance(3) == 0 {
                let token = large(chance(4) == 0 ? 5_000 : chance(100))
                cache.insert(token, for: digest("\(number)"), under: verifier, now: time, validUntil: time + 50)
                remembered[number] = (token, min(now + 300, time + 50))
            } else if let found = cache.token(for: digest("\(number)"), under: verifier, now: time) {
                hits += 1
                #expect(found === remembered[number]?.token && time < remembered[number]?.until ?? 0)
            }
            if round % 50 == 0 { time += 2 }
            if round % 1000 == 999 {
                verifier.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
                remembered = [:]
            }
            #expect(cache.count <= 20 && cache.octets <= 30_000 && cache.octets >= 0)
        }
        #expect(hits > 500)
    }
}

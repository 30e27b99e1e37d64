// swift-format-ignore-file: NeverForceUnwrap

import BindingPolicy
import Testing
import TokenValidation

@Suite("What is made of an issuer's answer")
struct IntrospectedTokensTests {
    private let now = TokenMint.now
    private let own = Thumbprint(base64url: TokenMint.thumbprint)!
    private static let otherThumbprint = "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes"
    private let other = Thumbprint(base64url: otherThumbprint)!

    private func authenticator(verifiesJWTs: Bool = false, leeway: Double = 0, capacity: Int = 64) -> TokenAuthenticator {
        var authenticator = TokenAuthenticator([.introspecting(verifiesJWTs: verifiesJWTs, leeway: leeway)], cacheCapacity: capacity)
        authenticator.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
        return authenticator
    }

    private func answer(_ token: VerifiedToken, validFor seconds: Double = 30, saysScopes: Bool = true) -> IntrospectionAnswer {
        IntrospectionAnswer(outcome: .success(token), validUntil: now + seconds, saysScopes: saysScopes)
    }

    /// A verified JWT with what its issuer says beside it.
    private func merged(_ said: VerifiedToken, saysScopes: Bool = true) throws -> VerifiedToken {
        try merged(TokenMint(), said, saysScopes: saysScopes)
    }

    private func merged(_ mint: TokenMint, _ said: VerifiedToken, saysScopes: Bool = true) throws -> VerifiedToken {
        var authenticator = authenticator(verifiesJWTs: true)
        let inquiry = try authenticator.asked(mint.token)
        return try authenticator.settle(answer(said.said(by: inquiry.issuer), saysScopes: saysScopes), for: inquiry, now: now).get()
    }

    @Test("An introspected token is bound as a JWT is, on the first request and on those from memory (MTLS-12, INT-07)")
    func binding() throws {
        var authenticator = authenticator()
        let inquiry = try authenticator.asked("opaque")
        let token = try authenticator.settle(answer(activeToken(confirmation: .certificate(own)).said(by: inquiry.issuer)), for: inquiry, now: now)
            .get()
        let again = remembered("opaque", in: &authenticator)
        for token in [token, try #require(again)] {
            #expect(refusal(of: token) == nil)
            #expect(refusal(of: token, shownBy: Self.otherThumbprint) == .confirmationMismatch)
        }
        #expect(refusal(of: activeToken()) == .confirmationMissing)
    }

    private func remembered(_ token: String, in authenticator: inout TokenAuthenticator, now: Double = TokenMint.now) -> VerifiedToken? {
        if case .verified(let token) = authenticator.authenticate(token, now: now) { token } else { nil }
    }

    @Test("An answer is remembered for as long as it says and never beyond the expiry (INT-06)")
    func memory() throws {
        for (expiresIn, validFor, leeway, until) in [(300, 30, 0, 30), (10, 30, 0, 10), (10, 30, 5, 15), (10, 12, 5, 12), (.infinity, 30, 0, 30)]
            as [(Double, Double, Double, Double)]
        {
            var authenticator = authenticator(leeway: leeway)
            let inquiry = try authenticator.asked("opaque")
            _ = authenticator.settle(
                answer(activeToken(expiresAt: now + expiresIn).said(by: inquiry.issuer), validFor: validFor), for: inquiry, now: now)
            #expect(remembered("opaque", in: &authenticator, now: now + until - 0.1) != nil)
            #expect(authenticator.inquiry("opaque", now: now + until) != nil)
            #expect(authenticator.hits == 1)
        }
    }

    @Test("What may not be remembered is asked each time (INT-06)")
    func noMemory() throws {
        var authenticator = authenticator()
        for _ in 0..<3 {
            let inquiry = try authenticator.asked("opaque")
            #expect(
                try authenticator.settle(answer(activeToken().said(by: inquiry.issuer), validFor: 0), for: inquiry, now: now).get().subject
                    == "user-1")
        }
        var without = self.authenticator(capacity: 0)
        let inquiry = try without.asked("opaque")
        #expect(try without.settle(answer(activeToken().said(by: inquiry.issuer)), for: inquiry, now: now).get().subject == "user-1")
        #expect(without.inquiry("opaque") != nil)
    }

    @Test("Refusals are not remembered by a loop (INT-07)")
    func refusals() throws {
        var authenticator = authenticator()
        for reason in [DenialReason.tokenInactive, .introspectionUnavailable] {
            let inquiry = try authenticator.asked("opaque")
            let refused = IntrospectionAnswer(outcome: .failure(TokenRefusal(reason)), validUntil: now + 30)
            guard case .failure(let refusal) = authenticator.settle(refused, for: inquiry, now: now) else { return #expect(Bool(false)) }
            #expect(refusal.reason == reason)
        }
        #expect(authenticator.inquiry("opaque") != nil)
    }

    @Test("A JWT vouched for by keys that went meanwhile is not remembered (JWT-33)")
    func staleKeys() throws {
        var authenticator = authenticator(verifiesJWTs: true)
        let inquiry = try authenticator.asked(TokenMint().token)
        authenticator.replaceKeys(keySet(SigningKey.otherP256.jwk()), ofIssuerAt: 0)
        _ = authenticator.settle(answer(activeToken().said(by: inquiry.issuer)), for: inquiry, now: now)
        #expect(authenticator.refusal(of: TokenMint().token) == .signatureInvalid)
    }

    @Test("An answer of another issuer is none, nor is one of the issuer as another configuration has it")
    func anotherIssuer() throws {
        var authenticator = authenticator()
        let inquiry = try authenticator.asked("opaque")
        let issuers = [Issuer.mint, IssuerPolicy.introspecting().issuer, IssuerPolicy.introspecting(issuer: "https://other.example.com").issuer]
        for issuer in issuers {
            guard case .failure(let refusal) = authenticator.settle(answer(activeToken(of: issuer)), for: inquiry, now: now) else {
                return #expect(Bool(false))
            }
            #expect(refusal.reason == .introspectionUnavailable)
        }
        #expect(authenticator.inquiry("opaque") != nil)
    }

    @Test("Where both name a certificate it must be the same (MTLS-13)")
    func confirmations() throws {
        let unbound = TokenMint().with(claim: "cnf", nil)
        let odd = TokenMint().with(claim: "cnf", #"{"jkt":"x"}"#)
        #expect(try merged(activeToken(confirmation: .certificate(own))).confirmation == .certificate(own))
        #expect(try merged(activeToken(confirmation: .certificate(other))).confirmation == .unusable(.confirmationMismatch))
        #expect(try merged(activeToken()).confirmation == .certificate(own))
        #expect(try merged(unbound, activeToken(confirmation: .certificate(other))).confirmation == .certificate(other))
        #expect(try merged(unbound, activeToken()).confirmation == .absent)
        #expect(try merged(odd, activeToken(confirmation: .certificate(own))).confirmation == .unusable(.confirmationUnsupported))
        let unusable = BindingPolicy.Confirmation.unusable(.confirmationMalformed)
        #expect(try merged(activeToken(confirmation: unusable)).confirmation == unusable)
    }

    @Test("Of times, audiences and scopes holds what both allow (INT-05)")
    func bothHold() throws {
        let early = try merged(activeToken(expiresAt: now + 10, notBefore: now - 5, scopes: ["write", "admin"]))
        #expect(early.expiresAt == now + 10)
        #expect(early.notBefore == now - 5)
        #expect(early.scopes == ["write"])
        let late = try merged(activeToken(expiresAt: .infinity, scopes: []))
        #expect(late.expiresAt == now + 300)
        #expect(late.notBefore == now - 10)
        #expect(late.scopes.isEmpty)
        #expect(try merged(activeToken(), saysScopes: false).scopes == ["read", "write"])
        #expect(try merged(TokenMint().with(claim: "scope", nil), activeToken(scopes: ["read"])).scopes == ["read"])
        #expect(try merged(activeToken(audiences: ["https://x"])).audiences.isEmpty)
        #expect(refusal(of: try merged(activeToken(audiences: ["https://x"]))) == .audienceMismatch)
        // A JWT names its audience itself, and an answer about it need not say it again.
        #expect(try merged(activeToken(audiences: [], namesAudience: false)).audiences == [TokenMint.audience])
        #expect(refusal(of: try merged(activeToken(audiences: [], namesAudience: false))) == nil)
        #expect(refusal(of: try merged(activeToken())) == nil)
    }

    @Test func whatTheTwoSayDifferentlyIsNotBelieved() throws {
        let mint = TokenMint().with(claim: "acr", #""low""#).with(claim: "auth_time", "1899999000")
        let other = try merged(mint, activeToken(subject: "user-2", acr: "high", authenticatedAt: now))
        #expect(other.subject == nil)
        #expect(other.acr == nil)
        #expect(other.authenticatedAt == 1_899_999_000)
        let same = try merged(mint, activeToken(acr: "low"))
        #expect(same.subject == "user-1")
        #expect(same.acr == "low")
        #expect(try merged(activeToken(subject: nil)).subject == "user-1")

        var authenticator = TokenAuthenticator([.introspecting(verifiesJWTs: true, claimNames: ["sub", "a", "b"])], cacheCapacity: 8)
        authenticator.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
        let inquiry = try authenticator.asked(TokenMint().with(claim: "a", "1").token)
        let said = activeToken(of: inquiry.issuer, claims: ["sub": .string("user-2"), "b": .boolean(true)])
        #expect(try authenticator.settle(answer(said), for: inquiry, now: now).get().claims == ["a": .number("1"), "b": .boolean(true)])
    }
}

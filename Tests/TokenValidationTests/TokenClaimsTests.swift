import BindingPolicy
import Testing
import TokenValidation

@Suite("Claims")
struct TokenClaimsTests {
    let judge = Judge()
    let lenient = Judge(verifier: TokenVerifier(keys: keySet(SigningKey.p256.jwk()), type: .any))

    @Test("Carries the facts of a token (AT-02)") func carriesTheFactsOfAToken() throws {
        let token = try judge.verifier.verify(TokenMint().with(claim: "nbf", "1899999995.25").token).get()
        #expect(token.issuerIndex == 0)
        #expect(token.issuer == TokenMint.issuer)
        #expect(token.subject == "user-1")
        #expect(token.clientID == "client-1")
        #expect(token.expiresAt == 1_900_000_300)
        #expect(token.notBefore == 1_899_999_995.25)
        #expect(token.audiences == [TokenMint.audience])
        #expect(token.scopes == ["read", "write"])
        #expect(token.confirmation == .certificate(Thumbprint(base64url: TokenMint.thumbprint)!))
    }

    @Test("Requires each claim of RFC 9068 (AT-02, CNF-05)", arguments: ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"])
    func requiresEachClaimOfRFC9068(_ name: String) {
        #expect(judge.refusal(of: TokenMint().with(claim: name, nil)) == .claimMissing)
        let needed = ["iss", "exp", "aud"].contains(name)
        #expect(lenient.refusal(of: TokenMint().with(claim: name, nil)) == (needed ? .claimMissing : nil))
    }

    @Test("Refuses duplicate claims (JWT-06)", arguments: ["iss", "exp", "aud", "sub", "client_id", "iat", "jti", "cnf", "scope", "x"])
    func refusesDuplicateClaims(_ name: String) {
        let mint = TokenMint().with(claim: "x", "1")
        let claims = mint.claims + mint.claims.filter { $0.0 == name }
        #expect(judge.refusal(of: mint.signed(header: TokenMint.object(mint.header), claims: TokenMint.object(claims))) == .claimsMalformed)
    }

    @Test("Refuses a string claim of another type (AT-02)", arguments: ["iss", "sub", "client_id", "jti", "scope"], ["1", "null", "[]", "{}", #"["x"]"#, "true"])
    func refusesAStringClaimOfAnotherType(_ name: String, _ value: String) {
        #expect(judge.refusal(of: TokenMint().with(claim: name, value)) == .claimsMalformed)
    }

    @Test("Refuses a date that is none (JWT-26)", arguments: ["exp", "iat", "nbf"], [#""1900000300""#, "-1", "1e400", "1e999999", "null", "[]", "true", "1900000300000", "99999999999999999999"])
    func refusesADateThatIsNone(_ name: String, _ value: String) {
        #expect(judge.refusal(of: TokenMint().with(claim: name, value)) == .claimsMalformed)
    }

    @Test("Refuses an issuer that is not exactly ours (AT-03)", arguments: ["https://as.example.com/", "https://AS.example.com", "http://as.example.com", "https://as.example.com:443", "https://as.example.co", "", "https://as.example.com\\u0000"])
    func refusesAnIssuerThatIsNotExactlyOurs(_ issuer: String) {
        #expect(judge.refusal(of: TokenMint().with(claim: "iss", "\"\(issuer)\"")) == .issuerUnknown)
    }

    @Test("Reads escapes in the issuer (AT-03)") func readsEscapesInTheIssuer() {
        #expect(judge.refusal(of: TokenMint().with(claim: "iss", #""https:\/\/as.ex\u0061mple.com""#)) == nil)
    }

    @Test("Compares issuers by code points (AT-03)") func comparesIssuersByCodePoints() {
        let composed = "https://as.example.com/\u{e9}", decomposed = "https://as.example.com/e\u{301}"
        var verifier = TokenVerifier([IssuerPolicy(issuer: composed, audiences: [TokenMint.audience])])
        verifier.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
        #expect(verifier.refusal(of: TokenMint().with(claim: "iss", "\"\(composed)\"").token) == nil)
        #expect(verifier.refusal(of: TokenMint().with(claim: "iss", "\"\(decomposed)\"").token) == .issuerUnknown)
    }

    @Test("Holds the audience to ours (JWT-25, AT-04)", arguments: [
        (#""https://api.example.com""#, nil), (#"["https://api.example.com"]"#, nil), (#"["https://x","https://api.example.com"]"#, nil),
        ("[]", .claimMissing), (#""""#, .audienceMismatch), (#""https://api.example.com/""#, .audienceMismatch),
        (#""https://api.example""#, .audienceMismatch), (#""https://API.example.com""#, .audienceMismatch),
        (#""https://other.example.com""#, .audienceMismatch), ("1", .claimsMalformed), ("null", .claimsMalformed), ("{}", .claimsMalformed),
        (#"["https://api.example.com",1]"#, .claimsMalformed), (#"[["https://api.example.com"]]"#, .claimsMalformed),
    ] as [(String, DenialReason?)])
    func holdsTheAudienceToOurs(_ audience: String, _ reason: DenialReason?) {
        #expect(judge.refusal(of: TokenMint().with(claim: "aud", audience)) == reason)
    }

    @Test("Bounds the audiences (JWT-25)") func boundsTheAudiences() {
        func audiences(_ count: Int) -> String {
            "[" + Array(repeating: "\"\(TokenMint.audience)\"", count: count).joined(separator: ",") + "]"
        }
        #expect(judge.refusal(of: TokenMint().with(claim: "aud", audiences(64))) == nil)
        #expect(judge.refusal(of: TokenMint().with(claim: "aud", audiences(65))) == .claimsMalformed)
    }

    @Test("Ends a token at its expiry (JWT-26, AT-06)") func endsATokenAtItsExpiry() {
        var judge = judge
        let token = TokenMint().with(claim: "exp", "1900000030.5").token
        #expect(judge.refusal(of: token) == nil)
        judge.now = 1_900_000_030.25
        #expect(judge.refusal(of: token) == nil)
        judge.now = 1_900_000_030.5
        #expect(judge.refusal(of: token) == .tokenExpired)
        #expect(judge.refusal(of: TokenMint().with(claim: "exp", "0")) == .tokenExpired)
    }

    @Test("Allows a leeway beyond the expiry within its cap (AT-06)") func allowsALeewayBeyondTheExpiryWithinItsCap() {
        for (asked, given) in [(0.0, 0.0), (60, 60), (300, 300), (3600, 300), (-5, 0), (.nan, 0), (.infinity, 300)] {
            let policy = IssuerPolicy(issuer: TokenMint.issuer, audiences: [TokenMint.audience], expiryLeeway: asked)
            #expect(policy.expiryLeeway == given)
            var verifier = TokenVerifier([policy])
            verifier.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
            let token = TokenMint().token
            #expect(Judge(verifier: verifier, now: 1_900_000_299 + given).refusal(of: token) == nil)
            #expect(Judge(verifier: verifier, now: 1_900_000_300 + given).refusal(of: token) == .tokenExpired)
        }
    }

    @Test("Tolerates a clock that is a little ahead (JWT-27, JWT-28)", arguments: ["nbf", "iat"])
    func toleratesAClockThatIsALittleAhead(_ name: String) {
        #expect(judge.refusal(of: TokenMint().with(claim: name, "1900000008")) == nil)
        #expect(judge.refusal(of: TokenMint().with(claim: name, "1900000061")) == .tokenNotYetValid)
        #expect(judge.refusal(of: TokenMint().with(claim: name, "1900000300")) == .tokenNotYetValid)
    }

    @Test("Splits the scope at spaces (AT-10)") func splitsTheScopeAtSpaces() throws {
        func scopes(_ value: String?) throws -> [String] {
            try judge.verifier.verify(TokenMint().with(claim: "scope", value).token).get().scopes
        }
        #expect(try scopes(nil) == [])
        #expect(try scopes(#""""#) == [])
        #expect(try scopes(#""read""#) == ["read"])
        #expect(try scopes(#""read:all  write ""#) == ["read:all", "write"])
        #expect(try scopes(#""read\twrite""#) == ["read\twrite"])
        #expect(judge.refusal(of: TokenMint().with(claim: "scope", #"["read"]"#)) == .claimsMalformed)
    }
}

import BindingPolicy
import Testing
import TokenValidation

@Suite("Claims")
struct TokenClaimsTests {
    let judge = Judge()
    let lenient = Judge(verifier: TokenVerifier(keys: keySet(SigningKey.p256.jwk()), type: .any))

    @Test("Carries the facts of a token (AT-02)") func carriesTheFactsOfAToken() throws {
        let token = try judge.verifier.verify(TokenMint().with(claim: "nbf", "1899999995.25").token).get()
        #expect(token.issuer.name == TokenMint.issuer)
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

    @Test(
        "Refuses a claim that is needed and of another type (AT-02)", arguments: ["iss", "sub", "client_id", "jti"],
        ["1", #"["x"]"#, #"{"a":1}"#, "true"])
    func refusesAClaimThatIsNeededAndOfAnotherType(_ name: String, _ value: String) throws {
        let mint = TokenMint().with(claim: name, value)
        guard case .failure(let refusal) = judge.verifier.verify(mint.token) else { return #expect(Bool(false)) }
        guard case .unfit(name, _)? = refusal.detail else { return #expect(Bool(false), "\(refusal)") }
        #expect(refusal.reason == .claimsMalformed)
        #expect(lenient.refusal(of: mint) == (name == "iss" ? .claimsMalformed : nil))
    }

    @Test(
        "What is null or empty is absent (AT-02)", arguments: ["iss", "exp", "aud", "sub", "client_id", "iat", "jti"],
        ["null", #""""#, "[]", "{}", "[ ]", "{\n}"])
    func whatIsNullOrEmptyIsAbsent(_ name: String, _ value: String) {
        guard case .failure(let refusal) = judge.verifier.verify(TokenMint().with(claim: name, value).token) else { return #expect(Bool(false)) }
        #expect(refusal.reason == .claimMissing && refusal.detail == .missing(name))
        #expect(lenient.refusal(of: TokenMint().with(claim: name, value)) == (["iss", "exp", "aud"].contains(name) ? .claimMissing : nil))
    }

    @Test(
        "Refuses a date that is needed and none (JWT-26)",
        arguments: [#""1900000300""#, "1e400", "1e999999", "[1]", "true", "1900000300000", "99999999999999999999"])
    func refusesADateThatIsNeededAndNone(_ value: String) {
        for name in ["exp", "iat"] { #expect(judge.refusal(of: TokenMint().with(claim: name, value)) == .claimsMalformed) }
        #expect(lenient.refusal(of: TokenMint().with(claim: "exp", value)) == .claimsMalformed)
    }

    @Test(
        "Members that nothing asks for decide nothing",
        arguments: [
            ("auth_time", #""2026-11-26T04:10:05.116Z""#), ("auth_time", "-62135596800"), ("auth_time", "[1]"), ("acr", "1"), ("acr", #"["a"]"#),
            ("sub", "null"), ("sub", "7"),
            ("jti", "5"), ("client_id", "{}"), ("client_id", "17"), ("nbf", "null"), ("nbf", #""soon""#), ("nbf", "true"), ("nbf", "[1]"),
            ("nbf", "-62135596800"), ("iat", "false"),
            ("iat", "-1"), ("scope", "1"), ("scope", #"{"a":1}"#), ("scope", "true"), ("scope", #"["a",1]"#), ("scope", "null"), ("at_hash", "null"),
            ("events", "{}"), ("x", "[]"),
        ])
    func membersThatNothingAsksForDecideNothing(_ name: String, _ value: String) {
        #expect(lenient.refusal(of: TokenMint().with(claim: name, value)) == nil)
    }

    @Test("A time that nbf or iat says in any way holds (JWT-27)", arguments: ["nbf", "iat"])
    func aTimeThatNbfOrIatSaysInAnyWayHolds(_ name: String) {
        #expect(lenient.refusal(of: TokenMint().with(claim: name, #""1900000300""#)) == .tokenNotYetValid)
        #expect(lenient.refusal(of: TokenMint().with(claim: name, #""1899999000""#)) == nil)
        for never in ["1900000300000", "1e400", "1e999999", #""1900000300000""#] {
            #expect(lenient.refusal(of: TokenMint().with(claim: name, never)) == .claimsMalformed)
        }
    }

    @Test("Which claims are required can be said (AT-02)") func whichClaimsAreRequiredCanBeSaid() {
        func refusal(_ required: [String], _ type: IssuerPolicy.TokenType, _ mint: TokenMint) -> TokenRefusal? {
            var verifier = TokenVerifier([
                IssuerPolicy(issuer: TokenMint.issuer, audiences: [TokenMint.audience], type: type, requiredClaims: required)
            ])
            verifier.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
            if case .failure(let refusal) = verifier.verify(mint.token) { return refusal }
            return nil
        }
        let bare = ["sub", "client_id", "iat", "jti"].reduce(TokenMint()) { $0.with(claim: $1, nil) }
        #expect(refusal([], .accessToken, bare) == nil)
        #expect(refusal([], .accessToken, bare.with(header: "typ", #""JWT""#))?.reason == .typeNotAccepted)
        for name in ["iss", "exp", "aud"] { #expect(refusal([], .accessToken, bare.with(claim: name, nil))?.detail == .missing(name)) }
        for type in IssuerPolicy.TokenType.allCases {
            for name in ["sub", "tenant", "nbf", "cnf", "scope", "acr", "auth_time", "typ"] {
                let without = refusal(["iss", name], type, bare.with(claim: name, nil))
                #expect(without?.reason == .claimMissing && without?.detail == .missing(name))
            }
            #expect(refusal(["tenant"], type, bare.with(claim: "tenant", #"{"a":1}"#)) == nil)
            #expect(refusal(["tenant"], type, bare.with(claim: "tenant", "false")) == nil)
            for void in ["null", #""""#, "[]", "{ }"] {
                #expect(refusal(["tenant"], type, bare.with(claim: "tenant", void))?.detail == .missing("tenant"))
            }
            #expect(refusal(["nbf"], type, bare.with(claim: "nbf", #""1899999000""#))?.detail == .unfit("nbf", .string))
            #expect(refusal(["auth_time"], type, bare.with(claim: "auth_time", "1")) == nil)
        }
    }

    @Test(
        "Refuses what says itself that it is no access token (JWT-29)",
        arguments: [
            ("typ", #""Refresh""#), ("typ", #""ID""#), ("typ", #""Offline""#), ("typ", #""DPoP""#), ("token_use", #""id""#),
            ("token_use", #""refresh_token""#),
            ("token_type", #""N_A""#), ("token_type", #""dpop""#), ("tokenName", #""refresh_token""#), ("purpose", #""id_token""#),
            ("token_type", #""urn:ietf:params:oauth:token-type:id_token""#),
        ])
    func refusesWhatSaysItselfThatItIsNoAccessToken(_ name: String, _ value: String) {
        for judge in [judge, lenient] { #expect(judge.refusal(of: TokenMint().with(claim: name, value)) == .typeNotAccepted) }
    }

    @Test(
        "Takes what says that it is one, and passes over what says something else",
        arguments: [
            ("typ", #""Bearer""#), ("typ", #""at+jwt""#), ("typ", #""JWT""#), ("typ", "1"), ("typ", "null"), ("typ", #""gold""#),
            ("token_use", #""access""#),
            ("token_use", #""access_token""#), ("token_type", #""Bearer""#), ("token_type", #""bearer""#), ("tokenName", #""access_token""#),
            ("purpose", #""access_token""#), ("purpose", #""payments, refresh""#),
        ])
    func takesWhatSaysThatItIsOne(_ name: String, _ value: String) {
        for judge in [judge, lenient] { #expect(judge.refusal(of: TokenMint().with(claim: name, value)) == nil) }
    }

    @Test(
        "Refuses an issuer that is not exactly ours (AT-03)",
        arguments: [
            "https://as.example.com/", "https://AS.example.com", "http://as.example.com", "https://as.example.com:443", "https://as.example.co", " ",
            "https://as.example.com\\u0000",
        ])
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

    @Test(
        "Holds the audience to ours (JWT-25, AT-04)",
        arguments: [
            (#""https://api.example.com""#, nil), (#"["https://api.example.com"]"#, nil), (#"["https://x","https://api.example.com"]"#, nil),
            ("[]", .claimMissing), (#""""#, .claimMissing), (#"[""]"#, .audienceMismatch), (#""https://api.example.com/""#, .audienceMismatch),
            (#""https://api.example""#, .audienceMismatch), (#""https://API.example.com""#, .audienceMismatch),
            (#""https://other.example.com""#, .audienceMismatch), ("1", .claimsMalformed), ("null", .claimMissing), (#"{"a":1}"#, .claimsMalformed),
            (#"["https://api.example.com",1]"#, .claimsMalformed), (#"["https://api.example.com",null]"#, .claimsMalformed),
            (#"[["https://api.example.com"]]"#, .claimsMalformed),
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
        #expect(judge.refusal(of: TokenMint().with(claim: "exp", "-1")) == .claimsMalformed)
    }

    @Test("Allows a leeway beyond the expiry within its cap (AT-06)") func allowsALeewayBeyondTheExpiryWithinItsCap() {
        for (asked, given) in [(0.0, 0.0), (60, 60), (300, 300), (3600, 300), (-5, 0), (.nan, 0), (.infinity, 300)] {
            let policy = IssuerPolicy(issuer: TokenMint.issuer, audiences: [TokenMint.audience], expiryLeeway: asked)
            #expect(policy.issuer.terms.leeway == given)
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
    }

    @Test("Takes a list of scopes as well (AT-10)") func takesAListOfScopesAsWell() throws {
        func scopes(_ value: String) throws -> [String] {
            try judge.verifier.verify(TokenMint().with(claim: "scope", value).token).get().scopes
        }
        #expect(try scopes(#"["read","write:\u0061ll"]"#) == ["read", "write:all"])
        #expect(try scopes("[]") == [])
        #expect(try scopes(#"["read write"]"#) == ["read write"], "which no route can ask for")
        for none in ["null", "1", "true", "{}", #"["read",1]"#, #"[["read"]]"#, #"["read",null]"#] { #expect(try scopes(none) == []) }
        #expect(judge.refusal(of: TokenMint().with(claim: "scope", "[read]")) == .claimsMalformed)
    }

    @Test("Takes scopes from the claims that are named (AT-10)") func takesScopesFromTheClaimsThatAreNamed() throws {
        func scopes(from names: [String], _ mint: TokenMint) throws -> [String] {
            var verifier = TokenVerifier([IssuerPolicy(issuer: TokenMint.issuer, audiences: [TokenMint.audience], scopeClaims: names)])
            verifier.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
            return try verifier.verify(mint.token).get().scopes
        }
        let both = TokenMint().with(claim: "scp", #"["pay","look"]"#)
        #expect(try scopes(from: ["scope"], both) == ["read", "write"])
        #expect(Set(try scopes(from: ["scope", "scp"], both)) == ["read", "write", "pay", "look"])
        #expect(try scopes(from: ["scp"], both) == ["pay", "look"])
        #expect(try scopes(from: ["scp"], both.with(claim: "scp", #""pay look""#)) == ["pay", "look"])
        #expect(try scopes(from: ["scp"], TokenMint()) == [])
        #expect(try scopes(from: ["scope", "scp"], both.with(claim: "scp", "7")) == ["read", "write"])
        #expect(try scopes(from: ["SCOPE"], both) == [])
    }
}

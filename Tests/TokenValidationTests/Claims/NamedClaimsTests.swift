import BindingPolicy
import Testing
import TokenValidation

@Suite("Claims that the configuration names")
struct NamedClaimsTests {
    private func verifier(_ names: [ClaimName]) -> TokenVerifier {
        var verifier = TokenVerifier([IssuerPolicy(issuer: TokenMint.issuer, audiences: [TokenMint.audience], claimNames: names)])
        verifier.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
        return verifier
    }

    private func claim(_ value: String) throws -> ClaimValue? {
        let claims = try verifier(["x"]).verify(TokenMint().with(claim: "x", value).token).get().claims
        #expect(claims.names == (claims["x"] == nil ? [] : ["x"]))
        return claims["x"]
    }

    @Test func areFoundByTheirNamesAndNilWhereAbsent() throws {
        let names: [ClaimName] = ["missing", "sub", "client_id", "scope", "iss", "jti", "exp", "cnf", "\u{e9}"]
        let token = try verifier(names).verify(TokenMint().with(claim: "\\u00e9", "1").token).get()
        #expect(
            names.map { token.claims[$0] } == [
                nil, .string("user-1"), .string("client-1"), .string("read write"), .string(TokenMint.issuer), .string("id-1"),
                .number("1900000300"), .json(#"{"x5t#S256":"\#(TokenMint.thumbprint)"}"#), .number("1"),
            ])
        // Two spellings of one letter are two names.
        #expect(token.claims["e\u{301}"] == nil && token.claims.names.count == 8)
        #expect(token.subject == "user-1")
        #expect(token.scopes == ["read", "write"])
    }

    @Test func areNoneWhereNoneAreNamed() throws {
        #expect(try verifier([]).verify(TokenMint().token).get().claims == [:])
    }

    @Test(
        arguments: [
            (#""a\u0041\/""#, .string("aA/")), (#""""#, .string("")), ("1", .number("1")), ("-1.50e+3", .number("-1.50e+3")),
            ("123456789012345678901234567890", .number("123456789012345678901234567890")), ("true", .boolean(true)), ("false", .boolean(false)),
            ("null", nil), ("[]", .strings([])), (#"["a","\u0062"]"#, .strings(["a", "b"])), (#"[ "a" , 1 ]"#, .json(#"[ "a" , 1 ]"#)),
            (#"["a",null]"#, .json(#"["a",null]"#)), (#"[["a"]]"#, .json(#"[["a"]]"#)), (#"{ "a" : [1, 2]}"#, .json(#"{ "a" : [1, 2]}"#)),
        ] as [(String, ClaimValue?)])
    func areOfTheKindThatIsWritten(_ text: String, _ value: ClaimValue?) throws {
        #expect(try claim(text) == value)
    }

    @Test func areNotReadFromATokenThatIsRefused() {
        let verifier = verifier(["x"])
        #expect(verifier.refusal(of: TokenMint("ES256", .otherP256).with(claim: "x", "1").token) == .signatureInvalid)
        #expect(verifier.refusal(of: TokenMint().with(claim: "x", "[1,]").token) == .claimsMalformed)
        #expect(verifier.refusal(of: TokenMint().with(claim: "x", #"{"a":1,"a":2}"#).token) == .claimsMalformed)
    }

    @Test func tellHowAndWhenTheUserAuthenticated() throws {
        let token = try verifier([]).verify(TokenMint().with(claim: "acr", #""urn:strong""#).with(claim: "auth_time", "1899999000.5").token).get()
        #expect(token.acr == "urn:strong")
        #expect(token.authenticatedAt == 1_899_999_000.5)
        let silent = try verifier([]).verify(TokenMint().token).get()
        #expect(silent.acr == nil)
        #expect(silent.authenticatedAt == nil)
    }

    @Test(arguments: [
        ("acr", "1"), ("acr", "null"), ("acr", #"["x"]"#), ("auth_time", #""1899999000""#), ("auth_time", "-1"), ("auth_time", "1e400"),
        ("auth_time", "null"),
    ])
    func tellNothingOfAnAuthenticationOfTheWrongType(_ name: String, _ value: String) throws {
        let token = try verifier([]).verify(TokenMint().with(claim: name, value).token).get()
        #expect(token.acr == nil)
        #expect(token.authenticatedAt == nil)
    }
}

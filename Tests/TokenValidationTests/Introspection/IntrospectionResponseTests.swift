import BindingPolicy
import Testing
import TokenValidation

extension IntrospectionResponse.Outcome {
    fileprivate var token: VerifiedToken? { if case .active(let token, _) = self { token } else { nil } }
    fileprivate var saysScopes: Bool? { if case .active(_, let says) = self { says } else { nil } }
    fileprivate var refusal: TokenRefusal? { if case .refused(let refusal) = self { refusal } else { nil } }
    fileprivate var reason: DenialReason? { refusal?.reason }
    fileprivate var failure: IntrospectionFailure? {
        switch self {
        case .failed(let failure): failure
        case .keysStale: .signature
        case .active, .refused: nil
        }
    }
}

@Suite("Answers about tokens")
struct IntrospectionResponseTests {
    private static let policy = IssuerPolicy.introspecting(claimNames: ["username", "sub"])
    private let response = IntrospectionResponse(policy: policy, settings: .test())

    private func read(_ text: String) -> IntrospectionResponse.Outcome { response.read(Array(text.utf8)) }

    @Test("An answer's members become the token's facts (MTLS-12, INT-05)")
    func facts() throws {
        let token = try #require(
            read(
                """
                {"active":true,"iss":"\(TokenMint.issuer)","aud":["\(TokenMint.audience)","https://x"],"sub":"user-1","client_id":"c","exp":1900000300,
                "nbf":1899999000,"iat":1899999001,"scope":"read write","acr":"a","auth_time":1899990000,"username":"jo","token_type":"Bearer",
                "cnf":{"x5t#S256":"\(TokenMint.thumbprint)"}}
                """
            ).token)
        #expect(token.issuer === Self.policy.issuer)
        #expect(token.issuer.name == TokenMint.issuer)
        #expect(token.subject == "user-1")
        #expect(token.clientID == "c")
        #expect(token.expiresAt == 1_900_000_300)
        #expect(token.notBefore == 1_899_999_001)
        #expect(token.audiences == [TokenMint.audience, "https://x"])
        #expect(token.scopes == ["read", "write"])
        #expect(token.acr == "a")
        #expect(token.authenticatedAt == 1_899_990_000)
        #expect(token.claims == ["username": .string("jo"), "sub": .string("user-1")])
        #expect(token.confirmation == .certificate(Thumbprint(base64url: TokenMint.thumbprint)!))
    }

    @Test("What an answer need not have it may lack (INT-05)")
    func minimal() throws {
        let outcome = read(#"{"active":true}"#)
        let token = try #require(outcome.token)
        #expect(token.expiresAt == .infinity)
        #expect(token.confirmation == .absent)
        #expect(token.claims == [:])
        #expect(outcome.saysScopes == false)
        #expect(read(#"{"active":true,"scope":null}"#).saysScopes == false)
        for none in [#""""#, "[]", "1"] { #expect(read(#"{"active":true,"scope":\#(none)}"#).saysScopes == true) }
    }

    @Test(
        "An answer without an audience is for nobody, unless the configuration takes it as one for us (INT-05)",
        arguments: ["", #","aud":null"#, #","aud":"""#, #","aud":[]"#])
    func withoutAudience(_ member: String) throws {
        func answer(_ member: String) -> [UInt8] { Array(#"{"active":true,"cnf":{"x5t#S256":"\#(TokenMint.thumbprint)"}\#(member)}"#.utf8) }
        let token = try #require(response.read(answer(member)).token)
        #expect(token.audiences.isEmpty && !token.namesAudience)
        #expect(TokenValidationTests.refusal(of: token) == .audienceMismatch)
        let lenient = IntrospectionResponse(policy: .introspecting(needsAudience: false), settings: .test())
        let taken = try #require(lenient.read(answer(member)).token)
        #expect(taken.audiences == [TokenMint.audience] && !taken.namesAudience)
        #expect(TokenValidationTests.refusal(of: taken) == nil)
        let other = try #require(lenient.read(answer(#","aud":"https://x""#)).token)
        #expect(TokenValidationTests.refusal(of: other) == .audienceMismatch)
    }

    @Test(
        "An answer about what is no bearer access token lets nobody pass (INT-05)",
        arguments: [
            ("token_type", #""DPoP""#), ("token_type", #""N_A""#), ("token_type", #""mac""#), ("token_type", #""refresh_token""#),
            ("token_type", #""Refresh""#),
            ("token_type", #""PoP""#), ("token_type", #""something-new""#), ("token_type", "1"), ("token_type", #"["Bearer"]"#),
            ("token_type", "true"),
            ("token_use", #""refresh_token""#), ("token_use", #""id""#), ("token_use", #""id_token""#), ("token_use", #""device""#),
            ("typ", #""Refresh""#), ("typ", #""ID""#),
            ("typ", #""Offline""#), ("typ", #""DPoP""#), ("typ", #""Logout""#), ("typ", #""Serialized-ID""#), ("typ", #""logout+jwt""#),
            ("typ", #""application/dpop+jwt""#),
            ("tokenName", #""id_token""#), ("tokenName", #""refresh_token""#), ("purpose", #""refresh_token""#), ("at_hash", #""x""#),
            ("events", #"{"a":1}"#),
            ("token_type", #""urn:ietf:params:oauth:token-type:refresh_token""#), ("token_type", #""urn:ietf:params:oauth:token-type:saml2""#),
        ])
    func otherKinds(_ name: String, _ value: String) {
        let refusal = read(#"{"active":true,"aud":"\#(TokenMint.audience)","\#(name)":\#(value)}"#).refusal
        #expect(refusal?.reason == .typeNotAccepted)
        #expect(refusal?.detail?.description.contains("`\(name)`") == true)
    }

    @Test(
        "An answer that says what an access token is, or nothing, is taken (INT-05)",
        arguments: [
            ("token_type", #""Bearer""#), ("token_type", #""bearer""#), ("token_type", #""BEARER""#), ("token_type", #""access_token""#),
            ("token_type", "null"),
            ("token_type", #""""#), ("token_type", #""urn:ietf:params:oauth:token-type:access_token""#), ("token_use", #""access_token""#),
            ("token_use", #""access""#),
            ("typ", #""Bearer""#), ("typ", #""JWT""#), ("typ", #""at+jwt""#), ("typ", #""application/at+jwt""#), ("tokenName", #""access_token""#),
            ("purpose", #""access_token""#), ("purpose", #""PAYMENTS""#), ("at_hash", "null"),
        ])
    func accessTokens(_ name: String, _ value: String) {
        #expect(read(#"{"active":true,"aud":"\#(TokenMint.audience)","\#(name)":\#(value)}"#).token != nil)
    }

    @Test(
        "Only the literal true is active, and what is no answer is the issuer's failure (INT-03)",
        arguments: [
            #"{"active":"true"}"#, #"{"active":1}"#, #"{"active":null}"#, #"{"active":[true]}"#, #"{"active":True}"#, #"{"active":truex}"#, "{}",
            "[]", "true", "", "<html>",
            #"{"active":true,"active":true}"#, #"{"active":false,"\u0061ctive":true}"#, #"{"Active":true}"#, #"{"active":true}x"#,
            #"{"active":true,}"#,
            #"{"token_introspection":{"active":true}}"#, "\u{feff}{\"active\":true}",
        ])
    func notActive(_ text: String) {
        #expect(read(text).failure == .malformed)
    }

    @Test(
        "An inactive token is told and nothing else is looked at (INT-04)",
        arguments: [
            #"{"active":false}"#, #"{"active":false,"exp":"x","aud":1,"cnf":null}"#, #"{"sub":"user-1","active" : false}"#,
        ])
    func inactive(_ text: String) {
        #expect(read(text).reason == .tokenInactive)
    }

    @Test("An active token's times, audience and binding are held against us all the same (INT-05)")
    func checked() throws {
        func refusal(_ members: String) throws -> DenialReason? {
            let aud = members.contains("aud") ? "" : #","aud":"\#(TokenMint.audience)""#
            let text = #"{"active":true,"cnf":{"x5t#S256":"\#(TokenMint.thumbprint)"}\#(aud)\#(members)}"#
            return TokenValidationTests.refusal(of: try #require(read(text).token))
        }
        #expect(try refusal("") == nil)
        #expect(try refusal(#","exp":1899999999"#) == .tokenExpired)
        #expect(try refusal(#","nbf":1900000300"#) == .tokenNotYetValid)
        #expect(try refusal(#","iat":1900000300"#) == .tokenNotYetValid)
        #expect(try refusal(#","aud":"https://x""#) == .audienceMismatch)
        #expect(try refusal(#","aud":[]"#) == .audienceMismatch)
        #expect(try refusal(#","aud":["https://x","\#(TokenMint.audience)"]"#) == nil)
    }

    @Test("An issuer that speaks of another's token does not speak for it (INT-05)")
    func otherIssuer() {
        #expect(read(#"{"active":true,"iss":"\#(TokenMint.issuer)/"}"#).reason == .issuerUnknown)
        #expect(read(#"{"active":true,"iss":"\#(TokenMint.issuer)"}"#).token != nil)
    }

    @Test(
        "What nothing asks for may be of any type, and what is null is not there (INT-03)",
        arguments: [
            "iat", "nbf", "sub", "scope", "acr", "auth_time", "client_id", "jti", "exp", "iss", "username", "cnf", "token_type", "typ", "aud",
        ])
    func indifferent(_ name: String) throws {
        let token = try #require(read(#"{"active":true,"\#(name)":null}"#).token)
        #expect(token.expiresAt == .infinity && token.confirmation == .absent)
        guard !["exp", "iss", "cnf", "token_type", "typ", "aud"].contains(name) else { return }
        for value in [#"{"a":1}"#, "true", "[1]"] { #expect(read(#"{"active":true,"\#(name)":\#(value)}"#).token != nil) }
    }

    @Test("An answer has its scopes in one text or a list, and where the configuration says (AT-10)")
    func scopes() throws {
        #expect(try #require(read(#"{"active":true,"scope":["read","write"]}"#).token).scopes == ["read", "write"])
        let other = IntrospectionResponse(policy: .introspecting(scopeClaims: ["scope", "scp"]), settings: .test())
        let outcome = other.read(Array(#"{"active":true,"scp":"read write"}"#.utf8))
        #expect(outcome.token?.scopes == ["read", "write"] && outcome.saysScopes == true)
    }

    @Test(
        "A member that counts is the issuer's failure where it is of the wrong type (INT-03)",
        arguments: [
            #""exp":"1900000300""#, #""exp":-1"#, #""exp":1e400"#, #""exp":true"#, #""nbf":1e400"#, #""iat":1900000300000"#, #""aud":1"#,
            #""aud":[1]"#, #""iss":1"#,
            #""exp":1,"exp":2"#, #""cnf":{"x5t#S256":"a","x5t#S256":"b"}"#,
        ])
    func wrongTypes(_ member: String) {
        #expect(read(#"{"active":true,\#(member)}"#).failure == .malformed)
    }

    @Test(
        "A cnf that cannot be satisfied is kept as such (MTLS-12)",
        arguments: [
            ("{}", .confirmationUnsupported), (#"{"jkt":"x"}"#, .confirmationUnsupported), ("[]", .confirmationMalformed),
            (#"{"x5t#S256":1}"#, .confirmationMalformed),
        ] as [(String, DenialReason)])
    func confirmations(_ value: String, _ reason: DenialReason) throws {
        #expect(try #require(read(#"{"active":true,"cnf":\#(value)}"#).token).confirmation == .unusable(reason))
    }

    @Test func nothingThatAnIssuerSendsIsATrap() {
        let good = Array(#"{"active":true,"aud":["\#(TokenMint.audience)"],"exp":1900000300,"scope":"a b","cnf":{"x5t#S256":"x"}}"#.utf8)
        for index in good.indices {
            for octet: UInt8 in [0, 0x22, 0x5c, 0x7b, 0x7d, 0xff] {
                var text = good
                text[index] = octet
                _ = response.read(text)
            }
            _ = response.read(Array(good[..<index]))
        }
    }
}

@Suite("Signed answers")
struct SignedIntrospectionTests {
    private let response = IntrospectionResponse(policy: .introspecting(), settings: .test(signed: [.es256, .rs256]))
    private let keys = keySet(SigningKey.p256.jwk(), SigningKey.rsa.jwk(kid: "r1"), SigningKey.p384.jwk(kid: "p384"))

    private var mint: TokenMint {
        var mint = TokenMint()
        mint.header = [("typ", #""token-introspection+jwt""#), ("alg", #""ES256""#), ("kid", #""k1""#)]
        mint.claims = [
            ("iss", "\"\(TokenMint.issuer)\""), ("aud", #""gateway""#), ("iat", "1900000000"),
            ("token_introspection", #"{"active":true,"sub":"user-1"}"#),
        ]
        return mint
    }

    private func read(_ mint: TokenMint, keys: KeySet?? = .none) -> IntrospectionResponse.Outcome {
        response.read(signed: Array(mint.token.utf8), keys: keys ?? self.keys, now: TokenMint.now)
    }

    @Test("A signed answer is taken from its token_introspection alone (INT-10)")
    func good() {
        #expect(read(mint).token?.subject == "user-1")
        #expect(read(mint.with(claim: "sub", #""user-2""#).with(claim: "active", "false")).token?.subject == "user-1")
        #expect(read(mint.with(header: "typ", #""application/token-introspection+JWT""#)).token != nil)
        #expect(read(mint.with(claim: "token_introspection", #"{"active":false}"#)).reason == .tokenInactive)
    }

    @Test("The audience is who asks, by its client_id or by a name of the resource (INT-10)")
    func audiences() {
        #expect(read(mint.with(claim: "aud", "\"\(TokenMint.audience)\"")).token != nil)
        #expect(read(mint.with(claim: "aud", #"["x","gateway"]"#)).token != nil)
        for aud in [nil, "[]", #""Gateway""#, #""gateway/""#, #""client-1""#, "1"] {
            #expect(read(mint.with(claim: "aud", aud)).failure == .malformed)
        }
    }

    @Test("A signed answer of another form is the issuer's failure (INT-10)")
    func envelopes() {
        for typ in [nil, #""JWT""#, #""at+jwt""#, #""token-introspection""#] { #expect(read(mint.with(header: "typ", typ)).failure == .malformed) }
        for iss in [nil, #""https://other.example.com""#, "\"\(TokenMint.issuer)/\"", "1"] {
            #expect(read(mint.with(claim: "iss", iss)).failure == .malformed)
        }
        for iat in [nil, "1899999699", "1900000301", #""1900000000""#] { #expect(read(mint.with(claim: "iat", iat)).failure == .malformed) }
        for iat in ["1899999700", "1900000300"] { #expect(read(mint.with(claim: "iat", iat)).token != nil) }
        for content in [nil, "true", "[]", #""{}""#, "{}", #"{"active":"true"}"#] {
            #expect(read(mint.with(claim: "token_introspection", content)).failure == .malformed)
        }
        #expect(read(mint.with(claim: "token_introspection", nil).with(claim: "active", "true")).failure == .malformed)
        for text in ["", #"{"active":true}"#, "a.b.c", "a.b.c.d.e"] {
            #expect(response.read(signed: Array(text.utf8), keys: keys, now: TokenMint.now).failure == .malformed)
        }
    }

    @Test("Only the allowed algorithms sign answers (INT-13)")
    func algorithms() {
        var rsa = mint.with(header: "kid", #""r1""#).with(header: "alg", #""RS256""#)
        rsa.key = .rsa
        #expect(read(rsa).token != nil)
        #expect(read(rsa.with(header: "alg", #""PS256""#)).failure == .malformed)
        var other = mint.with(header: "kid", #""p384""#).with(header: "alg", #""ES384""#)
        other.key = .p384
        #expect(read(other).failure == .malformed)
        #expect(read(mint.with(header: "alg", #""none""#)).failure == .malformed)
        #expect(read(mint.with(header: "crit", #"["exp"]"#)).failure == .malformed)
    }

    @Test("A signature that is none of the issuer's asks for its keys anew (INT-10)")
    func signatures() {
        var foreign = mint
        foreign.key = .otherP256
        for forged in [foreign, mint.with(header: "kid", #""k2""#), mint.with(header: "kid", #""r1""#)] {
            guard case .keysStale = read(forged) else { return #expect(Bool(false)) }
        }
        guard case .failed(.signature) = read(mint, keys: .some(nil)) else { return #expect(Bool(false)) }
    }

    @Test("A signed answer is no access token (INT-12)")
    func replay() {
        #expect(TokenVerifier(keys: keys).refusal(of: mint.token) == .typeNotAccepted)
        #expect(TokenVerifier(keys: keys, type: .any).refusal(of: mint.token) == .typeNotAccepted)
    }
}

import BindingPolicy
import Testing
import TokenValidation

@Suite("A token's header")
struct JOSEHeaderTests {
    let judge = Judge()
    let untyped = Judge(verifier: TokenVerifier(keys: keySet(SigningKey.p256.jwk()), type: .any))

    @Test(
        "Refuses duplicate members (JWT-05)",
        arguments: [
            #"{"alg":"ES256","alg":"none","typ":"at+jwt"}"#, #"{"alg":"ES256","\u0061lg":"none","typ":"at+jwt"}"#,
            #"{"alg":"ES256","typ":"at+jwt","typ":"at+jwt"}"#,
        ])
    func refusesDuplicateMembers(_ header: String) {
        let mint = TokenMint()
        #expect(judge.refusal(of: mint.signed(header: header, claims: TokenMint.object(mint.claims))) == .headerMalformed)
    }

    @Test("Needs an algorithm (JWT-07)") func needsAnAlgorithm() {
        #expect(judge.refusal(of: TokenMint().with(header: "alg", nil)) == .algorithmMissing)
        for void in ["null", #""""#] { #expect(judge.refusal(of: TokenMint().with(header: "alg", void)) == .algorithmMissing) }
        #expect(judge.refusal(of: TokenMint().with(header: "alg", "1")) == .headerMalformed)
        #expect(judge.refusal(of: TokenMint().with(header: "alg", "[\"ES256\"]")) == .headerMalformed)
    }

    @Test(
        "Refuses every algorithm that cannot be allowed (JWT-07, JWT-08, JWT-09)",
        arguments: [
            "none", "None", "nOnE", "NONE", "RS1", "ES256K", "es256", "ES256 ", "HS256", "HS384", "HS512", "Ed448", "ed25519", "RSA-OAEP", "dir",
        ])
    func refusesEveryAlgorithmThatCannotBeAllowed(_ name: String) {
        let mint = TokenMint().with(header: "alg", "\"\(name)\"")
        #expect(judge.refusal(of: mint) == .algorithmNotAllowed)
        #expect(judge.refusal(of: mint.token.split(separator: ".").prefix(2).joined(separator: ".") + ".") == .algorithmNotAllowed)
    }

    @Test("Refuses an algorithm that this issuer may not use (JWT-07, AT-08)") func refusesAnAlgorithmThatThisIssuerMayNotUse() {
        let fapi = TokenVerifier(keys: keySet(SigningKey.rsa.jwk()), algorithms: [.ps256, .es256, .eddsa])
        #expect(fapi.refusal(of: TokenMint("RS256", .rsa).token) == .algorithmNotAllowed)
        #expect(fapi.refusal(of: TokenMint("PS256", .rsa).token) == nil)
        let rfc9068 = TokenVerifier(keys: keySet(SigningKey.rsa.jwk()), algorithms: [.rs256])
        #expect(rfc9068.refusal(of: TokenMint("RS256", .rsa).token) == nil)
        #expect(rfc9068.refusal(of: TokenMint("PS256", .rsa).token) == .algorithmNotAllowed)
    }

    @Test("Refuses every crit (JWT-12)", arguments: [#"["exp"]"#, "[]", #""b64""#, #"["alg"]"#, #"["b64"]"#, "null", "1", #"["x","x"]"#])
    func refusesEveryCrit(_ value: String) {
        #expect(judge.refusal(of: TokenMint().with(header: "crit", value).with(header: "exp", "1")) == .headerCritical)
    }

    @Test("Refuses unencoded payloads (JWT-13)") func refusesUnencodedPayloads() {
        #expect(judge.refusal(of: TokenMint().with(header: "b64", "false")) == .headerCritical)
        #expect(judge.refusal(of: TokenMint().with(header: "b64", "false").with(header: "crit", #"["b64"]"#)) == .headerCritical)
        #expect(judge.refusal(of: TokenMint().with(header: "b64", "true")) == .headerCritical)
        #expect(judge.refusal(of: TokenMint().with(header: "exp", "1")) == nil)
    }

    @Test("Refuses members of an encrypted token (JWT-32)", arguments: ["zip", "enc", "p2c", "p2s", "epk"])
    func refusesMembersOfAnEncryptedToken(_ name: String) {
        #expect(judge.refusal(of: TokenMint().with(header: name, #""DEF""#)) == .headerMalformed)
        #expect(judge.refusal(of: TokenMint().with(header: name, "1")) == .headerMalformed)
        for void in ["null", #""""#] { #expect(judge.refusal(of: TokenMint().with(header: name, void)) == nil) }
    }

    @Test("Knows NONE as no compression (JWT-32)") func knowsNONEAsNoCompression() {
        #expect(judge.refusal(of: TokenMint().with(header: "zip", #""NONE""#)) == nil)
        for other in [#""DEF""#, #""none""#, #""GZ""#, #"["NONE"]"#, "true"] {
            #expect(judge.refusal(of: TokenMint().with(header: "zip", other)) == .headerMalformed)
        }
        #expect(judge.refusal(of: TokenMint().with(header: "enc", #""NONE""#)) == .headerMalformed)
    }

    @Test("Accepts the type of access tokens (AT-01)", arguments: ["at+jwt", "AT+JWT", "at+JWT", "application/at+jwt", "Application/AT+jwt"])
    func acceptsTheTypeOfAccessTokens(_ type: String) {
        #expect(judge.refusal(of: TokenMint().with(header: "typ", "\"\(type)\"")) == nil)
        #expect(untyped.refusal(of: TokenMint().with(header: "typ", "\"\(type)\"")) == nil)
    }

    @Test("Accepts a plain JWT only where configured (AT-01)", arguments: ["JWT", "jwt", "application/jwt"])
    func acceptsAPlainJWTOnlyWhereConfigured(_ type: String) {
        #expect(judge.refusal(of: TokenMint().with(header: "typ", "\"\(type)\"")) == .typeNotAccepted)
        #expect(untyped.refusal(of: TokenMint().with(header: "typ", "\"\(type)\"")) == nil)
        #expect(judge.refusal(of: TokenMint().with(header: "typ", nil)) == .typeNotAccepted)
        #expect(untyped.refusal(of: TokenMint().with(header: "typ", nil)) == nil)
    }

    @Test(
        "Refuses every other type (AT-01, JWT-29, INT-12)",
        arguments: [
            "at+jwt;x=1", "at+jwt ", "dpop+jwt", "logout+jwt", "token-introspection+jwt", "secevent+jwt", "client-authentication+jwt",
            "id_token+jwt", "text/at+jwt", "application/application/at+jwt", "applicationxat+jwt", "xxxxxxxxxxxxat+jwt",
        ])
    func refusesEveryOtherType(_ type: String) {
        #expect(judge.refusal(of: TokenMint().with(header: "typ", "\"\(type)\"")) == .typeNotAccepted)
        #expect(untyped.refusal(of: TokenMint().with(header: "typ", "\"\(type)\"")) == .typeNotAccepted)
    }

    @Test("Refuses a type that is no string (AT-01)", arguments: ["1", "true", "[\"at+jwt\"]"])
    func refusesATypeThatIsNoString(_ type: String) {
        #expect(judge.refusal(of: TokenMint().with(header: "typ", type)) == .headerMalformed)
    }

    @Test("A type that says nothing is none (AT-01)", arguments: ["null", #""""#])
    func aTypeThatSaysNothingIsNone(_ type: String) {
        #expect(judge.refusal(of: TokenMint().with(header: "typ", type)) == .typeNotAccepted)
        #expect(untyped.refusal(of: TokenMint().with(header: "typ", type)) == nil)
    }

    @Test(
        "Refuses other kinds of JWT by their claims where they have no type (JWT-29, INT-12)",
        arguments: ["at_hash", "c_hash", "s_hash", "events", "token_introspection"])
    func refusesOtherKindsOfJWTByTheirClaimsWhereTheyHaveNoType(_ claim: String) {
        let mint = TokenMint().with(claim: claim, #""x""#).with(header: "typ", #""JWT""#)
        #expect(untyped.refusal(of: mint) == .typeNotAccepted)
        #expect(untyped.refusal(of: mint.with(claim: claim, nil)) == nil)
    }

    @Test("Tells what is wrong with a header") func tellsWhatIsWrongWithAHeader() {
        func detail(_ header: String, _ value: String) -> String? {
            guard case .failure(let refusal) = judge.verifier.verify(TokenMint().with(header: header, value).token) else { return nil }
            return refusal.detail?.description
        }
        #expect(detail("kid", "1") == "`kid` is a number, and a text is needed.")
        #expect(detail("typ", "[1]") == "`typ` is an array, and a text is needed.")
        #expect(detail("zip", #""DEF""#) == "It has `zip`, which a signed access token does not have.")
        #expect(detail("cty", #""JWT""#) == "`cty` says that it holds another token, and such tokens are not opened.")
        #expect(detail("x", #"{"a":1,"a":1}"#) == "A member stands in one object twice.")
        #expect(detail("x", "tru") == "It is no JSON object in UTF-8 as RFC 8259 has it.")
        #expect(detail("typ", #""JWT""#) == nil)
    }

    @Test("Refuses a nested token (JWT-31)") func refusesANestedToken() {
        #expect(judge.refusal(of: TokenMint().with(header: "cty", #""JWT""#)) == .typeNotAccepted)
        #expect(judge.refusal(of: TokenMint().with(header: "cty", #""application/jwt""#)) == .typeNotAccepted)
        for other in [#""json""#, "null", #""""#] { #expect(judge.refusal(of: TokenMint().with(header: "cty", other)) == nil) }
    }

    @Test("Takes the key ID as it is (JWT-15)", arguments: ["../../dev/null", "' OR 1=1", "K1", "k1 ", " ", "k2", "\\u0000k1"])
    func takesTheKeyIDAsItIs(_ kid: String) {
        #expect(judge.refusal(of: TokenMint().with(header: "kid", "\"\(kid)\"")) == .keyUnknown)
        #expect(judge.refusal(of: TokenMint().with(header: "kid", "\"\\u006b1\"")) == nil)
    }

    @Test("Refuses a key ID that is no string or too long (JWT-15)") func refusesAKeyIDThatIsNoStringOrTooLong() {
        #expect(judge.refusal(of: TokenMint().with(header: "kid", "1")) == .headerMalformed)
        // One that says nothing names no key, and then any that fits may have signed.
        for void in ["null", #""""#] { #expect(judge.refusal(of: TokenMint().with(header: "kid", void)) == nil) }
        #expect(judge.refusal(of: TokenMint("ES256", .otherP256).with(header: "kid", "null")) == .signatureInvalid)
        #expect(judge.refusal(of: TokenMint().with(header: "kid", "\"" + String(repeating: "k", count: 1025) + "\"")) == .headerMalformed)
        #expect(judge.refusal(of: TokenMint().with(header: "kid", "\"" + String(repeating: "k", count: 65536) + "\"")) == .tokenTooLarge)
        let long = String(repeating: "k", count: 1024)
        let known = Judge(verifier: TokenVerifier(keys: keySet(SigningKey.p256.jwk(kid: long))))
        #expect(known.refusal(of: TokenMint().with(header: "kid", "\"\(long)\"")) == nil)
    }

    @Test("Is deaf to keys that the token brings (JWT-14)") func isDeafToKeysThatTheTokenBrings() {
        var attacker = TokenMint("ES256", .otherP256)
        attacker.header("jwk", SigningKey.otherP256.jwk())
        attacker.header("jku", #""https://evil.example/jwks""#)
        attacker.header("x5u", #""https://evil.example/chain""#)
        attacker.header("x5c", #"["MIIB"]"#)
        attacker.header("x5t#S256", "\"\(TokenMint.thumbprint)\"")
        #expect(judge.refusal(of: attacker) == .signatureInvalid)
        var honest = TokenMint()
        honest.header("jwk", SigningKey.otherP256.jwk())
        honest.header("jku", #""https://evil.example/jwks""#)
        #expect(judge.refusal(of: honest) == nil)
    }
}

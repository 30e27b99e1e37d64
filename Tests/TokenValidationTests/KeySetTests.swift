import BindingPolicy
import Testing
import TokenValidation

@Suite("Key sets")
struct KeySetTests {
    func fault(_ text: String) -> KeySet.Fault? {
        do {
            _ = try KeySet(Array(text.utf8))
            return nil
        } catch { return error }
    }

    /// Whether a set of that one key and a good one of another kind keeps the key out and the other in.
    func isPassedOver(_ jwk: String) throws -> Bool {
        let set = try KeySet(Array(keySetText([jwk, SigningKey.ed25519.jwk(kid: "good")]).utf8))
        return set.count == 1 && set.unusableKeys == 1
            && TokenVerifier(keys: set).refusal(of: TokenMint("EdDSA", .ed25519).with(header: "kid", "\"good\"").token) == nil
    }

    @Test("Reads each kind (JWT-18)") func readsEachKind() throws {
        let set = keySet(SigningKey.rsa.jwk(), SigningKey.p256.jwk(), SigningKey.p384.jwk(), SigningKey.p521.jwk(), SigningKey.ed25519.jwk())
        #expect(set.count == 5)
        #expect(set.unusableKeys == 0)
        #expect(set.publishedSecrets == 0)
    }

    @Test("Refuses what is no key set (JWT-18)", arguments: ["", "{}", "[]", "null", #"{"keys":{}}"#, #"{"keys":null}"#, #"{"keys":[],"keys":[]}"#, #"{"keys":[{"kty":"EC","kty":"RSA"}]}"#, #"{"keys":[]}x"#, "<html>"])
    func refusesWhatIsNoKeySet(_ text: String) {
        #expect(fault(text) == .malformed)
    }

    @Test("Refuses a set without a usable key (JWT-18)") func refusesASetWithoutAUsableKey() {
        #expect(fault(#"{"keys":[]}"#) == .noUsableKey)
        #expect(fault(#"{"keys":[1,"x",null,[],{}]}"#) == .noUsableKey)
        #expect(fault(keySetText([SigningKey.p256.jwk(kid: "k1", ["use": "enc"])])) == .noUsableKey)
    }

    @Test func boundsItsSize() {
        let key = SigningKey.p256.jwk()
        #expect(fault(keySetText(Array(repeating: key, count: 256))) == nil)
        #expect(fault(keySetText(Array(repeating: key, count: 257))) == .tooManyKeys)
        let padding = String(repeating: " ", count: KeySet.maximumLength)
        #expect(fault(keySetText([key]) + padding.dropLast(keySetText([key]).utf8.count)) == nil)
        #expect(fault(keySetText([key]) + padding) == .tooLarge)
    }

    @Test func ignoresMembersItDoesNotKnow() throws {
        let key = SigningKey.p256.jwk(kid: "k1", ["x5t": "x", "iat": "1"]).dropLast() + #","x5c":["MIIB"],"ext":true}"#
        #expect(fault(#"{"issuer":"x","keys":[\#(key)],"more":[{}]}"#) == nil)
    }

    @Test(arguments: [
        ["use": "enc"], ["use": "SIG"], ["kty": "AKP"], ["kty": "ec"], ["kty": ""], ["crv": "P-384"], ["crv": "secp256k1"], ["crv": ""],
        ["x": ""], ["y": ""], ["alg": "ES384"], ["alg": "RS256"], ["alg": "ECDH-ES"], ["alg": "HS256"], ["alg": "none"],
        ["y": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], ["x": "AAAA"], ["x": "!"],
        ["kid": String(repeating: "k", count: 1025)],
    ])
    func passesOverAnEllipticCurveKeyThatDoesNotFit(_ changes: [String: String]) throws {
        #expect(try isPassedOver(SigningKey.p256.jwk(kid: "k1", changes)))
        #expect(try !isPassedOver(SigningKey.p256.jwk(kid: "k1", ["use": "sig", "alg": "ES256"])))
    }

    @Test("Passes over coordinates that are not of full length (JWT-23)") func passesOverCoordinatesThatAreNotOfFullLength() throws {
        let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        #expect(try isPassedOver(SigningKey.p256.jwk(kid: "k1", ["x": "AA" + zero])))
        #expect(try isPassedOver(SigningKey.p256.jwk(kid: "k1", ["x": zero, "y": zero])))
        #expect(try isPassedOver(SigningKey.p256.jwk(kid: "k1", ["x": SigningKey.p256.members["x"]! + "="])))
    }

    @Test("Passes over an RSA key with bad numbers (JWT-18)", arguments: [
        ["e": "AQ"], ["e": "Ag"], ["e": ""], ["e": "AA"], ["e": "AQAA"], ["e": "AwAAAAE"], ["e": "AQAAAAAB"], ["n": ""], ["n": "AQAB"],
        ["e": "AQABAQABAQAB"],
    ])
    func passesOverAnRSAKeyWithBadNumbers(_ changes: [String: String]) throws {
        #expect(try isPassedOver(SigningKey.rsa.jwk(kid: "k1", changes)))
        #expect(try !isPassedOver(SigningKey.rsa.jwk()))
    }

    @Test("Passes over RSA keys that are too weak or too large (JWT-20)") func passesOverRSAKeysThatAreTooWeakOrTooLarge() throws {
        #expect(try isPassedOver(SigningKey.weakRSA.jwk()))
        #expect(try !isPassedOver(SigningKey.rsa.jwk(kid: "k1", ["n": modulus(bits: 8192)])))
        #expect(try isPassedOver(SigningKey.rsa.jwk(kid: "k1", ["n": modulus(bits: 8200)])))
        #expect(try isPassedOver(SigningKey.rsa.jwk(kid: "k1", ["n": modulus(bits: 65536)])))
        #expect(try isPassedOver(SigningKey.rsa.jwk(kid: "k1", ["n": modulus(bits: 2040)])))
    }

    @Test("Passes over other curves of Edwards keys (JWT-18)") func passesOverOtherCurvesOfEdwardsKeys() throws {
        let set = try KeySet(Array(keySetText([SigningKey.ed25519.jwk(kid: "k1", ["crv": "X25519"]), SigningKey.ed25519.jwk(kid: "k2", ["x": "AAAA"]), SigningKey.p256.jwk()]).utf8))
        #expect(set.count == 1)
        #expect(set.unusableKeys == 2)
    }

    @Test("Holds a key to its operations (JWT-11)", arguments: [(#"["verify"]"#, true), (#"["sign","verify"]"#, true), (#"["sign"]"#, false), (#"[]"#, false), (#"["encrypt"]"#, false), (#""verify""#, false), (#"["verify",1]"#, false)])
    func holdsAKeyToItsOperations(_ operations: String, _ usable: Bool) throws {
        let key = SigningKey.p256.jwk().dropLast() + #","key_ops":\#(operations)}"#
        #expect(try isPassedOver(String(key)) == !usable)
    }

    @Test("Passes over a key with a member of the wrong type (JWT-18)") func passesOverAKeyWithAMemberOfTheWrongType() throws {
        for member in ["kid", "alg", "use", "kty", "crv", "x", "y"] {
            let key = SigningKey.p256.jwk(kid: nil, [member: ""]).dropLast() + ",\"\(member)\":1}"
            #expect(try isPassedOver(String(key)))
        }
    }

    @Test("Never uses a published secret and says so (JWT-19, JWT-09)") func neverUsesAPublishedSecretAndSaysSo() throws {
        let set = try KeySet(
            Array(
                keySetText([
                    #"{"kty":"oct","k":"c2VjcmV0","kid":"k1","alg":"HS256"}"#, SigningKey.p256.jwk(kid: "k2", ["d": "AAAA"]),
                    SigningKey.rsa.jwk(kid: "k3", ["p": "AAAA"]), SigningKey.p256.jwk(kid: "good"),
                ]).utf8))
        #expect(set.publishedSecrets == 3)
        #expect(set.count == 1)
        let verifier = TokenVerifier(keys: set)
        #expect(verifier.refusal(of: TokenMint().with(header: "kid", "\"k2\"").token) == .keyUnknown)
        #expect(verifier.refusal(of: TokenMint().with(header: "kid", "\"good\"").token) == nil)
        #expect(verifier.refusal(of: TokenMint("HS256").token) == .algorithmNotAllowed)
    }

    @Test("Refuses a valid signature by a key that is too weak (JWT-20)") func refusesAValidSignatureByAKeyThatIsTooWeak() throws {
        let set = keySet(SigningKey.weakRSA.jwk(), SigningKey.p256.jwk(kid: "good"))
        #expect(TokenVerifier(keys: set).refusal(of: TokenMint("RS256", .weakRSA).token) == .keyUnknown)
    }

    @Test("Uses no key for encryption (JWT-11)") func usesNoKeyForEncryption() throws {
        let set = keySet(SigningKey.p256.jwk(kid: "k1", ["use": "enc"]), SigningKey.p256.jwk(kid: "good"))
        #expect(TokenVerifier(keys: set).refusal(of: TokenMint().token) == .keyUnknown)
        #expect(TokenVerifier(keys: set).refusal(of: TokenMint().with(header: "kid", "\"good\"").token) == nil)
    }

    private func modulus(bits: Int) -> String {
        var octets = [UInt8](repeating: 0xa5, count: bits / 8)
        octets[0] |= 0x80
        return Base64URL.encode(octets)
    }
}

import BindingPolicy
import Crypto
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

    @Test(
        "Refuses what is no key set (JWT-18)",
        arguments: [
            "", "{}", "[]", "null", #"{"keys":{}}"#, #"{"keys":null}"#, #"{"keys":[],"keys":[]}"#, #"{"keys":[]}x"#, #"{"keys":[{]}"#,
            #"{"keys":[{"kty":"EC"}"#, "<html>",
        ])
    func refusesWhatIsNoKeySet(_ text: String) {
        #expect(fault(text) == .malformed)
    }

    @Test("Refuses a set without a usable key (JWT-18)") func refusesASetWithoutAUsableKey() {
        #expect(fault(#"{"keys":[]}"#) == .noUsableKey([]))
        #expect(fault(#"{"keys":[1,"x",null,[],{}]}"#)?.words.hasPrefix("has no key that can be used: key number 1 is unusable because") == true)
        #expect(fault(keySetText([SigningKey.p256.jwk(kid: "k1", ["use": "enc"])]))?.code == "no_usable_key")
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

    @Test(
        "Passes over an RSA key with bad numbers (JWT-18)",
        arguments: [
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
        let set = try KeySet(
            Array(
                keySetText([
                    SigningKey.ed25519.jwk(kid: "k1", ["crv": "X25519"]), SigningKey.ed25519.jwk(kid: "k2", ["x": "AAAA"]), SigningKey.p256.jwk(),
                ]).utf8))
        #expect(set.count == 1)
        #expect(set.unusableKeys == 2)
    }

    @Test(
        "Holds a key to its operations (JWT-11)",
        arguments: [
            (#"["verify"]"#, true), (#"["sign","verify"]"#, true), (#"["sign"]"#, false), (#"[]"#, true), ("null", true), (#""""#, true),
            (#"["encrypt"]"#, false), (#""verify""#, false), (#"["verify",1]"#, false),
        ])
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
        #expect(verifier.refusal(of: TokenMint().with(header: "kid", "\"k2\"").token) == .keyUnusable)
        #expect(verifier.refusal(of: TokenMint().with(header: "kid", "\"good\"").token) == nil)
        #expect(verifier.refusal(of: TokenMint("HS256").token) == .algorithmNotAllowed)
    }

    @Test("Refuses a valid signature by a key that is too weak (JWT-20)") func refusesAValidSignatureByAKeyThatIsTooWeak() throws {
        let set = keySet(SigningKey.weakRSA.jwk(), SigningKey.p256.jwk(kid: "good"))
        #expect(TokenVerifier(keys: set).refusal(of: TokenMint("RS256", .weakRSA).token) == .keyUnusable)
    }

    @Test("Uses no key for encryption (JWT-11)") func usesNoKeyForEncryption() throws {
        let set = keySet(SigningKey.p256.jwk(kid: "k1", ["use": "enc"]), SigningKey.p256.jwk(kid: "good"))
        #expect(TokenVerifier(keys: set).refusal(of: TokenMint().token) == .keyUnusable)
        #expect(TokenVerifier(keys: set).refusal(of: TokenMint().with(header: "kid", "\"good\"").token) == nil)
    }

    // MARK: What is wrong with one key

    /// The cause of the one key that is passed over beside a good one.
    private func cause(_ jwk: String) throws -> JWKFault? {
        let set = try KeySet(Array(keySetText([jwk, SigningKey.ed25519.jwk(kid: "good")]).utf8))
        #expect(set.count + set.unusable.count == 2)
        return set.unusable.first?.cause
    }

    private func with(_ members: String, _ key: String = SigningKey.p256.jwk()) -> String { key.dropLast() + ",\(members)}" }

    @Test(
        "Absent, null and empty are the same (JWT-18)",
        arguments: [
            #""use":null"#, #""use":"""#, #""alg":null"#, #""alg":"""#, #""key_ops":null"#, #""key_ops":[]"#, #""oth":[]"#, #""d":"""#, #""d":null"#,
            #""p":null"#, #""k":"""#, #""x5c":null"#, #""x5t":5"#, #""ext":{"a":1,"a":2}"#, #""oth":null,"q":null,"dp":"","dq":null,"qi":"""#,
        ])
    func emptyMembers(_ members: String) throws {
        #expect(try cause(with(members)) == nil)
    }

    @Test("A key without an id, and one whose id is null or empty, are the same key (JWT-18)", arguments: [nil, "null", "\"\""] as [String?])
    func emptyIDs(_ id: String?) throws {
        var key = SigningKey.p256.jwk(kid: nil)
        if let id { key = with("\"kid\":\(id)", key) }
        let verifier = TokenVerifier(keys: try KeySet(Array(keySetText([key]).utf8)))
        #expect(verifier.refusal(of: TokenMint().with(header: "kid", nil).token) == nil)
        #expect(verifier.refusal(of: TokenMint().with(header: "kid", "\"k1\"").token) == .keyUnknown)
    }

    @Test(
        "What is wrong with one key spoils no other, and is said (JWT-18)",
        arguments: [
            (#""kty":"EC""#, .duplicateMember), (#""x":"AAAA""#, .duplicateMember), (#""d":"AAAA""#, .secret("d")), (#""k":"AAAA""#, .secret("k")),
            (#""p":5"#, .secret("p")), (#""oth":[{"r":"x"}]"#, .secret("oth")), (#""use":"enc""#, .use("enc")), (#""use":1"#, .notText("use")),
            (#""alg":"RSA-OAEP""#, .algorithm("RSA-OAEP")), (#""alg":"RS256""#, .algorithmOfAnotherKind("RS256")), (#""alg":[]"#, nil),
            (#""alg":["ES256"]"#, .notText("alg")), (#""key_ops":["encrypt"]"#, .operations), (#""key_ops":"verify""#, .operations),
            (#""use":"a\u001b[2J\"é""#, .use(#"a?[2J"??"#)),
        ] as [(String, JWKFault?)])
    func causes(_ members: String, _ expected: JWKFault?) throws {
        #expect(try cause(with(members)) == expected)
    }

    @Test("So is what is wrong with its numbers (JWT-18, JWT-20, JWT-23)")
    func causesOfNumbers() throws {
        let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        for (changes, expected) in [
            (["crv": "secp256k1"], .curve("secp256k1")), (["crv": ""], .missing("crv")), (["x": "!"], .number("x")), (["y": "AAAA"], .number("y")),
            (["x": ""], .missing("x")), (["x": zero, "y": zero], .point), (["kty": "AKP"], .keyType("AKP")), (["kty": ""], .missing("kty")),
            (["kty": "oct", "k": "AAAA"], .symmetric), (["kid": String(repeating: "k", count: 1025)], .keyIDTooLong),
        ] as [([String: String], JWKFault)] {
            #expect(try cause(SigningKey.p256.jwk(kid: "k1", changes)) == expected)
        }
        #expect(try cause(SigningKey.weakRSA.jwk()) == .modulus(1024))
        #expect(try cause(SigningKey.rsa.jwk(kid: "k1", ["e": "AQ"])) == .rsaNumbers)
        #expect(try cause(SigningKey.rsa.jwk(kid: "k1", ["n": ""])) == .missing("n"))
        #expect(try cause("5") == .notAnObject)
        #expect(try cause("null") == .notAnObject)
        #expect(try cause(SigningKey.ed25519.jwk(kid: "k1", ["crv": "X25519"])) == .curve("X25519"))
    }

    @Test("A token by such a key is told that it is published, and why it is not used")
    func tokensOfUnusableKeys() throws {
        let set = keySet(SigningKey.weakRSA.jwk(kid: "weak"), SigningKey.p256.jwk(kid: "good"))
        let refusal = TokenVerifier(keys: set).examination(TokenMint("RS256", .weakRSA).with(header: "kid", "\"weak\"").token)
        #expect(refusal?.reason == .keyUnusable)
        #expect(refusal?.detail == .key(.modulus(1024)))
        #expect(
            refusal?.detail?.description == "The key is published, but unusable because its modulus has 1024 bits, where 2048 to 8192 are possible.")
        #expect(refusal?.doubt?.isWorthWaiting == false)
    }

    @Test("Each cause has words of its own, in one line")
    func words() {
        let causes: [JWKFault] = [
            .notAnObject, .duplicateMember, .symmetric, .secret("d"), .missing("x"), .notText("use"), .keyIDTooLong, .keyType("AKP"), .use("enc"),
            .operations, .algorithm("X"), .algorithmOfAnotherKind("X"), .curve("X"), .number("x"), .point, .modulus(1024), .rsaNumbers,
        ]
        #expect(Set(causes.map(\.words)).count == causes.count)
        #expect(causes.allSatisfy { !$0.words.contains("\n") && !$0.words.contains("JWK") })
    }

    // MARK: Many keys

    @Test("A token that names no key passes by whichever of many made it (JWT-17)", arguments: [9, 40, 256])
    func manyKeysWithoutID(_ count: Int) throws {
        let others = (1..<count).map { _ in P256.Signing.PrivateKey() }.map { key in
            let point = key.publicKey.rawRepresentation
            return
                #"{"kty":"EC","crv":"P-256","x":"\#(Base64URL.encode([UInt8](point.prefix(32))))","y":"\#(Base64URL.encode([UInt8](point.suffix(32))))"}"#
        }
        for position in [0, 8, count - 1] where position < count {
            var keys = others
            keys.insert(SigningKey.p256.jwk(kid: nil), at: position)
            let verifier = TokenVerifier(keys: try KeySet(Array(keySetText(keys).utf8)))
            #expect(verifier.refusal(of: TokenMint().with(header: "kid", nil).token) == nil)
            let bad = verifier.examination(TokenMint("ES256", .otherP256).with(header: "kid", nil).token)
            #expect(bad?.reason == .signatureInvalid)
            #expect(bad?.doubt?.tried == count)
        }
    }

    @Test("So does one that names a key of many with one name (JWT-17)")
    func manyKeysWithOneID() throws {
        let keys = Array(repeating: SigningKey.otherP256.jwk(kid: "k1"), count: 30) + [SigningKey.p256.jwk(kid: "k1")]
        #expect(TokenVerifier(keys: try KeySet(Array(keySetText(keys).utf8))).refusal(of: TokenMint().token) == nil)
    }

    @Test("The search begins at the key that verified the last, and may be held to fewer")
    func favourite() throws {
        let keys = Array(repeating: SigningKey.otherP256.jwk(kid: nil), count: 30) + [SigningKey.p256.jwk(kid: nil)]
        let verifier = TokenVerifier(keys: try KeySet(Array(keySetText(keys).utf8)))
        let token = TokenMint().with(header: "kid", nil).token
        #expect(verifier.examination(token, tries: 8)?.reason == .signatureInvalid)
        #expect(verifier.examination(token) == nil)
        #expect(verifier.examination(token, tries: 1) == nil)
    }

    // MARK: One set after another

    @Test("A key that a set no longer has is known as withdrawn, until it comes back")
    func withdrawn() throws {
        let old = keySet(SigningKey.p256.jwk(kid: "old"), SigningKey.p384.jwk(kid: "stays"))
        let text = Array(keySetText([SigningKey.otherP256.jwk(kid: "new"), SigningKey.p384.jwk(kid: "stays")]).utf8)
        let new = try KeySet(text, replacing: old)
        let third = try KeySet(Array(keySetText([SigningKey.p384.jwk(kid: "stays")]).utf8), replacing: new)
        for set in [new, third] {
            let refusal = TokenVerifier(keys: set).examination(TokenMint().with(header: "kid", "\"old\"").token)
            #expect(refusal?.reason == .keyUnknown && refusal?.doubt?.isWorthWaiting == false)
        }
        #expect(TokenVerifier(keys: third).examination(TokenMint().with(header: "kid", "\"newer\"").token)?.doubt?.isWorthWaiting == true)
        let back = try KeySet(Array(keySetText([SigningKey.p256.jwk(kid: "old")]).utf8), replacing: third)
        #expect(TokenVerifier(keys: back).examination(TokenMint().with(header: "kid", "\"old\"").token) == nil)
    }

    @Test("Which keys are new is told by what they are, and not by how they are written")
    func newKeys() {
        let one = keySet(SigningKey.p256.jwk(kid: "a"), SigningKey.p384.jwk(kid: "b"))
        let reordered = keySet(SigningKey.p384.jwk(kid: "b", ["x5t": "y"]), SigningKey.p256.jwk(kid: "a"))
        #expect(!reordered.adds(to: one))
        #expect(!keySet(SigningKey.p256.jwk(kid: "a")).adds(to: one))
        #expect(keySet(SigningKey.p256.jwk(kid: "c")).adds(to: one))
        #expect(keySet(SigningKey.otherP256.jwk(kid: "a")).adds(to: one))
        #expect(one.adds(to: nil))
    }

    // MARK: What there is to be said

    @Test("What keeps tokens from being verified, or is dangerous, is said, and keys for others are not")
    func warnings() throws {
        let good = keySet(SigningKey.p256.jwk(kid: "a"), SigningKey.p384.jwk(kid: "e", ["use": "enc"]), #"{"kty":"AKP","kid":"q"}"#)
        #expect(good.report.algorithms == [.es256])
        #expect(good.report.warnings(allowed: [.es256, .ps256]).isEmpty)
        #expect(
            good.report.passedOver
                == "key `e` is unusable because its `use` is `enc`, where `sig` is needed; key `q` is unusable because its `kty` is `AKP`, where RSA, EC and OKP are possible"
        )
        let other = good.report.warnings(allowed: [.ps256])
        #expect(other == ["none of the keys is for the allowed algorithms (PS256), only for ES256: no token can be verified"])
        let bad = keySet(SigningKey.p256.jwk(kid: "a"), SigningKey.p256.jwk(kid: "s", ["d": "AAAA"]), SigningKey.weakRSA.jwk(kid: "w"))
        let warnings = bad.report.warnings(allowed: [.es256])
        #expect(warnings.count == 2)
        #expect(warnings[0].hasPrefix("key `s` is unusable because its private part (`d`) is published with it"))
        #expect(warnings[1].hasPrefix("key `w` is unusable because its modulus has 1024 bits"))
    }

    private func modulus(bits: Int) -> String {
        var octets = [UInt8](repeating: 0xa5, count: bits / 8)
        octets[0] |= 0x80
        return Base64URL.encode(octets)
    }
}

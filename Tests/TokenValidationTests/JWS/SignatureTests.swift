import BindingPolicy
import Crypto
import Testing
import TokenValidation

@Suite("Signatures")
struct SignatureTests {
    static let pairs: [(String, SigningKey)] = [
        ("RS256", .rsa), ("RS384", .rsa), ("RS512", .rsa), ("PS256", .rsa), ("PS384", .rsa), ("PS512", .rsa),
        ("ES256", .p256), ("ES384", .p384), ("ES512", .p521), ("EdDSA", .ed25519), ("Ed25519", .ed25519),
    ]

    @Test("Accepts each algorithm with its key and no change of a single bit (JWT-21, AT-05)", arguments: pairs)
    func acceptsEachAlgorithmWithItsKeyAndNoChangeOfASingleBit(_ algorithm: String, _ key: SigningKey) throws {
        let verifier = TokenVerifier(keys: keySet(key.jwk()))
        let token = TokenMint(algorithm, key).token
        #expect(verifier.refusal(of: token) == nil)
        let parts = token.split(separator: ".").map(String.init)
        var signature = try octets(parts[2])
        for position in [0, signature.count / 2, signature.count - 1] {
            signature[position] ^= 1
            #expect(verifier.refusal(of: parts[0] + "." + parts[1] + "." + Base64URL.encode(signature)) == .signatureInvalid)
            signature[position] ^= 1
        }
        #expect(verifier.refusal(of: parts[0] + "." + parts[1] + "." + Base64URL.encode(signature.dropLast())) == .signatureInvalid)
        #expect(verifier.refusal(of: parts[0] + "." + parts[1] + "." + Base64URL.encode(signature + [0])) == .signatureInvalid)
        let other = TokenMint(algorithm, key).with(claim: "sub", "\"user-2\"").token.split(separator: ".").map(String.init)
        #expect(verifier.refusal(of: other[0] + "." + other[1] + "." + parts[2]) == .signatureInvalid)
    }

    @Test("Refuses a key of another kind (JWT-10)", arguments: pairs)
    func refusesAKeyOfAnotherKind(_ algorithm: String, _ key: SigningKey) {
        let others: [SigningKey] = [.rsa, .p256, .p384, .p521, .ed25519].filter { $0.members["crv"] != key.members["crv"] }
        for other in others {
            let verifier = TokenVerifier(keys: keySet(other.jwk()))
            #expect(verifier.refusal(of: TokenMint(algorithm, key).token) == .keyUnsuitable)
        }
    }

    @Test("Holds a key to the algorithm it is meant for (JWT-10)") func holdsAKeyToTheAlgorithmItIsMeantFor() {
        let verifier = TokenVerifier(keys: keySet(SigningKey.rsa.jwk(kid: "k1", ["alg": "PS256"])))
        #expect(verifier.refusal(of: TokenMint("PS256", .rsa).token) == nil)
        #expect(verifier.refusal(of: TokenMint("RS256", .rsa).token) == .keyUnsuitable)
        #expect(verifier.refusal(of: TokenMint("PS384", .rsa).token) == .keyUnsuitable)
    }

    @Test("Ed25519 and EdDSA are two names of one algorithm (JWT-10)", arguments: ["EdDSA", "Ed25519"], ["EdDSA", "Ed25519"])
    func ed25519AndEdDSAAreTwoNamesOfOneAlgorithm(_ token: String, _ key: String) {
        let keys = keySet(SigningKey.ed25519.jwk(["alg": key]))
        let mint = TokenMint(token, .ed25519)
        #expect(TokenVerifier(keys: keys, algorithms: [.eddsa]).refusal(of: mint.token) == nil)
        #expect(TokenVerifier(keys: keys, algorithms: [.es256]).refusal(of: mint.token) == .algorithmNotAllowed)
        #expect(TokenVerifier(keys: keys).refusal(of: TokenMint("Ed448", .ed25519).token) == .algorithmNotAllowed)
        #expect(TokenVerifier(keys: keySet(SigningKey.p256.jwk())).refusal(of: mint.token) == .keyUnsuitable)
        #expect(SignatureAlgorithm(named: token) == .eddsa)
    }

    @Test("Does not take one RSA padding for another (JWT-10)") func doesNotTakeOneRSAPaddingForAnother() {
        let verifier = TokenVerifier(keys: keySet(SigningKey.rsa.jwk()))
        var mint = TokenMint("PS256", .rsa)
        let input = mint.token.split(separator: ".").prefix(2).joined(separator: ".")
        #expect(verifier.refusal(of: input + "." + Base64URL.encode(SigningKey.rsa.sign(input, as: "RS256"))) == .signatureInvalid)
        mint.header("alg", "\"RS256\"")
        let other = mint.token.split(separator: ".").prefix(2).joined(separator: ".")
        #expect(verifier.refusal(of: other + "." + Base64URL.encode(SigningKey.rsa.sign(other, as: "PS256"))) == .signatureInvalid)
        #expect(verifier.refusal(of: other + "." + Base64URL.encode(SigningKey.rsa.sign(other, as: "RS384"))) == .signatureInvalid)
    }

    /// Made with `openssl dgst -sigopt rsa_pss_saltlen`.
    @Test("Wants a salt of exactly the hash's length (JWT-22)") func wantsASaltOfExactlyTheHashsLength() throws {
        let verifier = TokenVerifier(keys: keySet(SaltVectors.key))
        #expect(verifier.refusal(of: SaltVectors.input + "." + SaltVectors.salt32) == nil)
        for signature in [SaltVectors.salt0, SaltVectors.salt20, SaltVectors.saltLongest] {
            #expect(verifier.refusal(of: SaltVectors.input + "." + signature) == .signatureInvalid)
        }
    }

    @Test("Refuses psychic signatures (JWT-21)", arguments: [("ES256", SigningKey.p256, 32), ("ES384", .p384, 48), ("ES512", .p521, 66)])
    func refusesPsychicSignatures(_ algorithm: String, _ key: SigningKey, _ half: Int) throws {
        let verifier = TokenVerifier(keys: keySet(key.jwk()))
        let token = TokenMint(algorithm, key).token
        let input = token.split(separator: ".").prefix(2).joined(separator: ".")
        let good = try octets(String(token.split(separator: ".")[2]))
        let zero = [UInt8](repeating: 0, count: half)
        let highest = [UInt8](repeating: 0xff, count: half)
        let one: [UInt8] = zero.dropLast() + [1]
        let (r, s) = (Array(good[..<half]), Array(good[half...]))
        let forged: [[UInt8]] = [zero + zero, zero + s, r + zero, highest + highest, r + highest, one + one, zero + one, one + zero]
        for signature in forged {
            #expect(verifier.refusal(of: input + "." + Base64URL.encode(signature)) == .signatureInvalid)
        }
    }

    @Test("Refuses the order of the curve added to a half (JWT-21)") func refusesTheOrderOfTheCurveAddedToAHalf() throws {
        // n of P-256: r + n is the same number modulo n, in 33 octets or, where it fits, in 32.
        let n = try octets("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE")
        let verifier = TokenVerifier(keys: keySet(SigningKey.p256.jwk()))
        let token = TokenMint().token
        let input = token.split(separator: ".").prefix(2).joined(separator: ".")
        let good = try octets(String(token.split(separator: ".")[2]))
        #expect(verifier.refusal(of: input + "." + Base64URL.encode(n + good[32...])) == .signatureInvalid)
        #expect(verifier.refusal(of: input + "." + Base64URL.encode(good[..<32] + n)) == .signatureInvalid)
        #expect(verifier.refusal(of: input + "." + Base64URL.encode(n + n)) == .signatureInvalid)
    }

    @Test("Refuses DER (JWT-21)") func refusesDER() throws {
        guard case .onP256(let key) = SigningKey.p256 else { return }
        let verifier = TokenVerifier(keys: keySet(SigningKey.p256.jwk()))
        let input = TokenMint().token.split(separator: ".").prefix(2).joined(separator: ".")
        let der = try key.signature(for: Array(input.utf8)).derRepresentation
        #expect(verifier.refusal(of: input + "." + Base64URL.encode(der)) == .signatureInvalid)
    }

    @Test("Ties keys to their issuer (JWT-24)") func tiesKeysToTheirIssuer() {
        let other = "https://other.example.com"
        var verifier = TokenVerifier([
            IssuerPolicy(issuer: TokenMint.issuer, audiences: [TokenMint.audience]),
            IssuerPolicy(issuer: other, audiences: [TokenMint.audience]),
        ])
        verifier.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
        verifier.replaceKeys(keySet(SigningKey.otherP256.jwk()), ofIssuerAt: 1)
        let otherIssuer = TokenMint("ES256", .otherP256).with(claim: "iss", "\"\(other)\"")
        #expect(verifier.refusal(of: TokenMint().token) == nil)
        #expect(verifier.refusal(of: otherIssuer.token) == nil)
        #expect(verifier.refusal(of: TokenMint("ES256", .otherP256).token) == .signatureInvalid)
        #expect(verifier.refusal(of: TokenMint().with(claim: "iss", "\"\(other)\"").token) == .signatureInvalid)
        guard case .success(let token) = verifier.verify(otherIssuer.token) else { return #expect(Bool(false)) }
        #expect(token.issuer === verifier.issuers[1])
        #expect(token.issuer.name == other)
    }

    @Test("Accepts any published key (AT-05)") func acceptsAnyPublishedKey() {
        let verifier = TokenVerifier(keys: keySet(SigningKey.rsa.jwk(kid: "k0"), SigningKey.p256.jwk(kid: "k1"), SigningKey.p384.jwk(kid: "k2")))
        #expect(verifier.refusal(of: TokenMint().token) == nil)
        #expect(verifier.refusal(of: TokenMint("ES384", .p384).with(header: "kid", "\"k2\"").token) == nil)
    }

    @Test("Chooses among keys that share a key ID (JWT-17)") func choosesAmongKeysThatShareAKeyID() {
        let verifier = TokenVerifier(keys: keySet(SigningKey.otherP256.jwk(), SigningKey.rsa.jwk(), SigningKey.p256.jwk()))
        #expect(verifier.refusal(of: TokenMint().token) == nil)
        #expect(verifier.refusal(of: TokenMint("RS256", .rsa).token) == nil)
        #expect(verifier.refusal(of: TokenMint("ES384", .p384).token) == .keyUnsuitable)
    }

    @Test("Tries the suitable keys where the token names none (JWT-17)") func triesTheSuitableKeysWhereTheTokenNamesNone() {
        let nameless = TokenMint().with(header: "kid", nil).token
        let verifier = TokenVerifier(keys: keySet(SigningKey.rsa.jwk(), SigningKey.otherP256.jwk(), SigningKey.p256.jwk(kid: nil)))
        #expect(verifier.refusal(of: nameless) == nil)
        #expect(verifier.refusal(of: TokenMint().token) == .signatureInvalid)
        #expect(verifier.refusal(of: TokenMint().with(header: "kid", "\"k2\"").token) == .keyUnknown)
        let without = TokenVerifier(keys: keySet(SigningKey.otherP256.jwk()))
        #expect(without.refusal(of: nameless) == .signatureInvalid)
        #expect(TokenVerifier(keys: keySet(SigningKey.rsa.jwk())).refusal(of: nameless) == .keyUnsuitable)
    }

    @Test("Has no verdict without keys (JWT-34)") func hasNoVerdictWithoutKeys() {
        var verifier = TokenVerifier(keys: nil)
        #expect(!verifier.hasAllKeys)
        #expect(verifier.refusal(of: TokenMint().token) == .keysUnavailable)
        #expect(verifier.refusal(of: TokenMint().with(claim: "iss", "\"https://x\"").token) == .issuerUnknown)
        #expect(verifier.refusal(of: TokenMint("none").token) == .algorithmNotAllowed)
        verifier.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
        #expect(verifier.hasAllKeys)
        #expect(verifier.refusal(of: TokenMint().token) == nil)
        verifier.replaceKeys(nil, ofIssuerAt: 0)
        #expect(verifier.refusal(of: TokenMint().token) == .keysUnavailable)
    }

    @Test("Says whose keys may be out of date (JWT-16)") func saysWhoseKeysMayBeOutOfDate() {
        let verifier = TokenVerifier(keys: keySet(SigningKey.p256.jwk()))
        func stale(_ mint: TokenMint) -> Bool {
            guard case .failure(let refusal) = verifier.verify(mint.token), let doubt = refusal.doubt else { return false }
            return doubt.issuer === verifier.issuers[0]
        }
        #expect(stale(TokenMint().with(header: "kid", "\"k2\"")))
        #expect(stale(TokenMint("ES256", .otherP256)))
        #expect(stale(TokenMint("ES384", .p384)))
        #expect(!stale(TokenMint().with(claim: "iss", "\"https://x\"")))
        #expect(!stale(TokenMint().with(claim: "exp", nil)))
    }

    private func octets(_ text: String) throws -> [UInt8] {
        try #require(Array(text.utf8).withUnsafeBytes { Base64URL.decode($0) })
    }
}

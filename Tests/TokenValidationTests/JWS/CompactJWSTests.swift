import BindingPolicy
import Testing
import TokenValidation

@Suite("A token's form")
struct CompactJWSTests {
    let judge = Judge()
    let token = TokenMint().token

    @Test("Accepts three parts of base64url (JWT-01)") func acceptsThreePartsOfBase64URL() {
        #expect(judge.refusal(of: token) == nil)
    }

    @Test("Refuses any other number of parts (JWT-01)") func refusesAnyOtherNumberOfParts() {
        let parts = token.split(separator: ".").map(String.init)
        #expect(judge.refusal(of: "") == .tokenMalformed)
        #expect(judge.refusal(of: "opaque") == .tokenMalformed)
        #expect(judge.refusal(of: parts[0] + "." + parts[1]) == .tokenMalformed)
        #expect(judge.refusal(of: token + ".") == .tokenMalformed)
        #expect(judge.refusal(of: token + ".." + parts[0] + ".") == .tokenMalformed)
        #expect(judge.refusal(of: String(repeating: ".", count: 16_000)) == .tokenMalformed)
        #expect(judge.refusal(of: #"{"payload":"","signatures":[]}"#) == .tokenMalformed)
    }

    @Test("Names an encrypted token (JWT-01)") func namesAnEncryptedToken() {
        #expect(judge.refusal(of: "eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d") == .tokenEncrypted)
    }

    @Test("Refuses empty parts (JWT-01)") func refusesEmptyParts() {
        let parts = token.split(separator: ".").map(String.init)
        #expect(judge.refusal(of: "..") == .headerMalformed)
        #expect(judge.refusal(of: "." + parts[1] + "." + parts[2]) == .headerMalformed)
        #expect(judge.refusal(of: parts[0] + ".." + parts[2]) == .claimsMalformed)
        #expect(judge.refusal(of: parts[0] + "." + parts[1] + ".") == .signatureInvalid)
    }

    @Test("Refuses every octet outside the alphabet (JWT-02)", arguments: ["=", " ", "\n", "\r\n", "+", "/", "%", "\u{0}", "é"])
    func refusesEveryOctetOutsideTheAlphabet(_ junk: String) {
        for part in 0..<3 {
            var parts = token.split(separator: ".").map(String.init)
            parts[part] += junk
            #expect(judge.refusal(of: parts.joined(separator: ".")) == .tokenMalformed)
            parts = token.split(separator: ".").map(String.init)
            parts[part] = junk + parts[part].dropFirst()
            #expect(judge.refusal(of: parts.joined(separator: ".")) == .tokenMalformed)
        }
    }

    @Test("Refuses a second spelling of the same signature (JWT-03)") func refusesASecondSpellingOfTheSameSignature() {
        // 64 octets end in a character with four spare bits.
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = alphabet.firstIndex(of: token.last!)!
        for spare in 1..<16 {
            #expect(judge.refusal(of: token.dropLast() + String(alphabet[last + spare])) == .tokenMalformed)
        }
    }

    @Test("Bounds the length (JWT-32)") func boundsTheLength() {
        let long = TokenMint().with(claim: "x", "\"" + String(repeating: "a", count: 11_400) + "\"").token
        #expect(long.utf8.count <= 16384 && long.utf8.count > 15_000)
        #expect(judge.refusal(of: long) == nil)
        #expect(judge.refusal(of: String(repeating: "a", count: 16385)) == .tokenTooLarge)
        #expect(judge.refusal(of: String(repeating: "a", count: 1 << 20)) == .tokenTooLarge)
    }

    @Test("Refuses a deep payload (JWT-32)") func refusesADeepPayload() {
        let mint = TokenMint()
        let deep = #"{"iss":"https://as.example.com","x":"# + String(repeating: "[", count: 10_000)
        #expect(judge.refusal(of: mint.signed(header: TokenMint.object(mint.header), claims: deep)) == .claimsMalformed)
        #expect(judge.refusal(of: TokenMint().with(claim: "x", "[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]")) == nil)
        #expect(judge.refusal(of: TokenMint().with(claim: "x", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]")) == .claimsMalformed)
    }

    @Test("Verifies the octets as received (JWT-30)") func verifiesTheOctetsAsReceived() {
        let mint = TokenMint()
        let odd =
            " {\n\t\"\\u0069ss\" : \"https:\\/\\/as.example.com\" ,\r\n" + TokenMint.object(mint.claims.filter { $0.0 != "iss" }).dropFirst() + "\n"
        #expect(judge.refusal(of: mint.signed(header: " " + TokenMint.object(mint.header) + "\n", claims: odd)) == nil)
    }

    @Test(
        "Refuses what is not one JSON object (JWT-04)",
        arguments: [
            "[]", "null", "\"{}\"", "{} {}", "{}x", "{\"iss\":\"https://as.example.com\",}", "\u{feff}{}", "{\"a\":\"\\ud800\"}", "{\"exp\":NaN}",
            "{/**/}",
        ])
    func refusesWhatIsNotOneJSONObject(_ text: String) {
        let mint = TokenMint()
        #expect(judge.refusal(of: mint.signed(header: TokenMint.object(mint.header), claims: text)) == .claimsMalformed)
        #expect(judge.refusal(of: mint.signed(header: text, claims: TokenMint.object(mint.claims))) == .headerMalformed)
    }

    @Test("Refuses UTF-16 and broken UTF-8 (JWT-04)") func refusesUTF16AndBrokenUTF8() {
        let mint = TokenMint()
        let claims = TokenMint.object(mint.claims)
        #expect(
            judge.refusal(of: mint.signed(header: Array(TokenMint.object(mint.header).utf8), claims: claims.utf8.flatMap { [$0, 0] }))
                == .claimsMalformed)
        var broken = Array(claims.dropLast().utf8)
        broken += Array(",\"x\":\"".utf8) + [0xc0, 0xaf] + Array("\"}".utf8)
        #expect(judge.refusal(of: mint.signed(header: Array(TokenMint.object(mint.header).utf8), claims: broken)) == .claimsMalformed)
    }
}

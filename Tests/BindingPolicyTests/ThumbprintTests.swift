import BindingPolicy
import Testing

/// The certificate that RFC 8705 appendix A publishes.
private enum AppendixA {
    static let base64url = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"
    static let hex = "0380ed2f626650c840b2f263e6d2b29fae12ab39ae5db32b25ad27efad72e6fd"
}

@Suite("Thumbprints (RFC 8705 section 3.1, requirements Y)")
struct ThumbprintTests {
    @Test("The value of RFC 8705 appendix A is read, and shown in both forms")
    func appendixA() throws {
        let thumbprint = try #require(Thumbprint(base64url: AppendixA.base64url))
        #expect(thumbprint.base64url == AppendixA.base64url)
        #expect(thumbprint.description == AppendixA.base64url)
        #expect(thumbprint.hex == AppendixA.hex)
        #expect(Thumbprint(digest: thumbprint.octets) == thumbprint)
    }

    @Test(
        "Its look-alikes are not read",
        arguments: [
            AppendixA.base64url + "=", "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v1", "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v2",
            "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v3",
            "MDM4MGVkMmY2MjY2NTBjODQwYjJmMjYzZTZkMmIyOWZhZTEyYWIzOWFlNWRiMzJiMjVhZDI3ZWZhZDcyZTZmZA", "T8Qp8fPmVYqb9iHyzQUaAbxBedY",
            AppendixA.hex, AppendixA.base64url + "\n", " " + AppendixA.base64url.dropFirst(), "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v",
            "",
            "+4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0", "/4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0",
            // RFC 8705 section 3's own example is not canonical.
            "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2",
        ])
    func lookAlikes(text: String) { #expect(Thumbprint(base64url: text) == nil) }

    @Test(
        "Other hashes of the same certificate, and another case, are other thumbprints",
        arguments: [
            "Wfn777VsDXE-cW3Wvzm7CuMw6D6h15KRhVqq3o80H48", "RPw_kmZqmeTEfuex99lrXnOLWS4Y2MRd8lRFGzDfyQ4",
            "a4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0", "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes",
        ])
    func others(text: String) {
        #expect(Thumbprint(base64url: text) != Thumbprint(base64url: AppendixA.base64url))
        #expect(Thumbprint(base64url: text)?.base64url == text)
    }

    @Test("A digest has 32 octets", arguments: [0, 1, 20, 31, 33, 64])
    func length(count: Int) {
        #expect(Thumbprint(digest: [UInt8](repeating: 1, count: count)) == nil)
        #expect(Thumbprint(digest: [UInt8](repeating: 1, count: 32)) != nil)
    }
}

@Suite("Base64url (RFC 4648 section 5): one spelling for one value")
struct Base64URLTests {
    private func decode(_ text: String) -> [UInt8]? { octets(text) { Base64URL.decode($0) } }

    @Test(
        "The vectors of RFC 4648 section 10, without padding",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"), ("foobar", "Zm9vYmFy"),
        ])
    func vectors(plain: String, encoded: String) {
        #expect(decode(encoded) == Array(plain.utf8))
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
    }

    @Test(
        "Padding, white space, the other alphabet, spare bits and impossible lengths are refused",
        arguments: [
            "Zg==", "Zm8=", "Zm9v=", "Zg=", "Z", "Zm9vY", "Zh", "Zv", "Zm9", "Zm+v", "Zm/v", "Zm 9v", "Zm9v\n", "Zm9\u{e9}", "Zm\0v",
            "====",
        ])
    func refused(text: String) { #expect(decode(text) == nil) }

    @Test("Both characters of its own are taken")
    func alphabet() {
        #expect(decode("-_-_") == [0xfb, 0xff, 0xbf])
        #expect(Base64URL.encode([0xfb, 0xff, 0xbf]) == "-_-_")
    }

    @Test("Whatever is read is written again in the same characters")
    func canonical() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0...12, using: &generator)).map { _ in UInt8.random(in: 0x2a...0x7a, using: &generator) }
            guard let value = text.withUnsafeBytes({ Base64URL.decode($0) }) else { continue }
            #expect(Base64URL.encode(value) == String(decoding: text, as: UTF8.self))
        }
    }
}

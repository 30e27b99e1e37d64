/// The SHA-256 of the DER encoding of a certificate: the value behind `x5t#S256` (RFC 8705 section 3.1).
///
/// Not secret: it may be logged and shown. Hashing is ClientIdentity's work; this value only compares.
package struct Thumbprint: Hashable, Sendable, CustomStringConvertible {
    /// The 32 octets as four words, so that a comparison touches no heap.
    private let words: SIMD4<UInt64>

    /// - Parameter digest: exactly 32 octets; nil for any other count.
    package init?(digest: some Collection<UInt8>) {
        guard digest.count == 32 else { return nil }
        self.init(ofSHA256: digest)
    }

    /// - Parameter digest: of SHA-256, whose type has 32 octets and no other count.
    package init(ofSHA256 digest: some Sequence<UInt8>) {
        var words = SIMD4<UInt64>()
        for (position, octet) in digest.prefix(32).enumerated() {
            words[position / 8] = words[position / 8] << 8 | UInt64(octet)
        }
        self.words = words
    }

    /// - Parameter base64url: 43 characters in canonical form; nil for anything else, padding and hex included.
    package init?(base64url text: UnsafeRawBufferPointer) {
        guard text.count == 43, let octets = Base64URL.decode(text) else { return nil }
        self.init(digest: octets)
    }

    package init?(base64url text: String) {
        var text = text
        guard let value = text.withUTF8({ Thumbprint(base64url: UnsafeRawBufferPointer($0)) }) else { return nil }
        self = value
    }

    package var octets: [UInt8] {
        (0..<32).map { UInt8(truncatingIfNeeded: words[$0 / 8] >> UInt64(56 - $0 % 8 * 8)) }
    }

    /// 43 characters of base64url.
    package var base64url: String { Base64URL.encode(octets) }

    /// 64 lower-case hexadecimal digits: the form people paste by mistake, shown only to name it as the wrong one.
    package var hex: String {
        let digits = [Character]("0123456789abcdef")
        return String(octets.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    package var description: String { base64url }
}

/// What can be made of a good token without its issuer's key; nil of one that is no JWT.
struct ForgedToken {
    private let header: Substring
    private let claims: Substring
    private let signature: Substring

    init?(_ token: String) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ !$0.isEmpty }), Base64URL.decoded(parts[0]) != nil else { return nil }
        (header, claims, signature) = (parts[0], parts[1], parts[2])
    }

    /// - Parameter word: `none` in some spelling.
    func unsigned(_ word: String, keepingSignature: Bool = false) -> String {
        "\(Base64URL.text(Array("{\"alg\":\"\(word)\",\"typ\":\"at+jwt\"}".utf8))).\(claims).\(keepingSignature ? signature : "")"
    }

    /// One letter in the middle of the signature is another.
    var altered: String {
        let letters = Array(signature)
        let middle = letters.count / 2
        return "\(header).\(claims).\(String(letters[..<middle]))\(letters[middle] == "A" ? "B" : "A")\(String(letters[(middle + 1)...]))"
    }

    var withoutSignature: String { "\(header).\(claims)." }

    /// Bound to another certificate, under the signature of before; nil where the claims have no such binding.
    func rebound(to thumbprint: String) -> String? {
        guard let octets = Base64URL.decoded(claims) else { return nil }
        let text = String(decoding: octets, as: UTF8.self)
        guard let name = text.firstRange(of: "\"x5t#S256\""), let opening = text[name.upperBound...].firstIndex(where: { $0 == "\"" }),
            let closing = text[text.index(after: opening)...].firstIndex(of: "\"")
        else { return nil }
        let changed = text[...opening] + thumbprint + text[closing...]
        return "\(header).\(Base64URL.text(Array(changed.utf8))).\(signature)"
    }
}

/// RFC 4648 section 5, without padding.
enum Base64URL {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    static func text(_ octets: [UInt8]) -> String {
        var bits = 0
        var rest: UInt32 = 0
        var out: [UInt8] = []
        for octet in octets {
            rest = (rest << 8 | UInt32(octet)) & 0xffff
            bits += 8
            while bits >= 6 {
                bits -= 6
                out.append(alphabet[Int(rest >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { out.append(alphabet[Int(rest << UInt32(6 - bits) & 63)]) }
        return String(decoding: out, as: UTF8.self)
    }

    static func decoded(_ text: some StringProtocol) -> [UInt8]? {
        var bits = 0
        var rest: UInt32 = 0
        var out: [UInt8] = []
        for letter in text.utf8 {
            guard let value = alphabet.firstIndex(of: letter) else { return nil }
            rest = (rest << 6 | UInt32(value)) & 0xffff
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: rest >> UInt32(bits)))
            }
        }
        return out
    }
}

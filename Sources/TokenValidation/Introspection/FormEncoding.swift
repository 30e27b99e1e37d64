import BindingPolicy

/// `application/x-www-form-urlencoded` (RFC 6749 appendix B): everything but unreserved characters is percent-encoded.
enum FormEncoding {
    static func encode(_ octets: some Collection<UInt8>) -> [UInt8] {
        let digits = [UInt8]("0123456789ABCDEF".utf8)
        var encoded: [UInt8] = []
        encoded.reserveCapacity(octets.count)
        for octet in octets {
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
                encoded.append(octet)
            default: encoded += [UInt8(ascii: "%"), digits[Int(octet >> 4)], digits[Int(octet & 15)]]
            }
        }
        return encoded
    }

    static func encode(_ text: String) -> String { String(decoding: encode(text.utf8), as: UTF8.self) }

    static func body(_ fields: [(name: String, value: [UInt8])]) -> [UInt8] {
        [UInt8](fields.map { encode($0.name.utf8) + [UInt8(ascii: "=")] + encode($0.value) }.joined(separator: [UInt8(ascii: "&")]))
    }
}

/// RFC 4648 section 4, for the one place where HTTP wants it.
enum Base64 {
    static func encode(_ octets: some Collection<UInt8>) -> String {
        let text = Base64URL.encode(octets).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
        return String(text) + String(repeating: "=", count: (4 - text.count % 4) % 4)
    }

    /// Of PEM's body; nil where it is not base64.
    static func decode(_ text: String) -> [UInt8]? {
        let characters = text.utf8.filter { $0 != UInt8(ascii: "=") }.map { octet -> UInt8 in
            octet == UInt8(ascii: "+") ? UInt8(ascii: "-") : octet == UInt8(ascii: "/") ? UInt8(ascii: "_") : octet
        }
        return characters.withUnsafeBytes { Base64URL.decode($0) }
    }
}

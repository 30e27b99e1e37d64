import COpenSSL

/// A certificate as ASCII, in the forms that proxies put into a field.
enum CertificateText {
    /// With padding and without breaks (RFC 4648 section 4).
    static func base64(_ der: [UInt8]) -> [UInt8] {
        // A NUL follows the digits.
        var text = [UInt8](repeating: 0, count: (der.count + 2) / 3 * 4 + 1)
        let count = Int(EVP_EncodeBlock(&text, der, Int32(clamping: der.count)))
        return Array(text.prefix(max(0, count)))
    }

    /// PEM (RFC 7468) whose line ends and spaces, and whatever of `+/=` has to be, are percent-encoded.
    ///
    /// - Parameter keepsSymbols: `+`, `/` and `=` stand for themselves.
    static func escapedPEM(_ base64: [UInt8], keepsSymbols: Bool = false) -> [UInt8] {
        var text = Array("-----BEGIN%20CERTIFICATE-----%0A".utf8)
        for (index, octet) in base64.enumerated() {
            if index > 0, index % 64 == 0 { text += Self.lineEnd }
            if keepsSymbols { text.append(octet) } else { Percent.encode(octet, to: &text) }
        }
        return text + Self.lineEnd + "-----END%20CERTIFICATE-----%0A".utf8
    }

    private static let lineEnd = Array("%0A".utf8)

    static func hex(_ octets: [UInt8], upperCase: Bool = false) -> [UInt8] {
        octets.flatMap { [Percent.digit($0 >> 4, upperCase: upperCase), Percent.digit($0 & 15, upperCase: upperCase)] }
    }
}

/// RFC 3986 section 2.1, everything but unreserved characters encoded.
enum Percent {
    static func encoded(_ octets: [UInt8]) -> [UInt8] {
        octets.reduce(into: []) { encode($1, to: &$0) }
    }

    static func encode(_ octet: UInt8, to text: inout [UInt8]) {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"):
            text.append(octet)
        default: text += [UInt8(ascii: "%"), digit(octet >> 4, upperCase: true), digit(octet & 15, upperCase: true)]
        }
    }

    static func digit(_ value: UInt8, upperCase: Bool) -> UInt8 {
        let letters = upperCase ? UInt8(ascii: "A") : UInt8(ascii: "a")
        return value < 10 ? UInt8(ascii: "0") + value : letters + (value & 15) - 10
    }
}

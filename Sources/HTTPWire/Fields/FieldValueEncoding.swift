/// Texts of others as the value of one field line, so that none can break it or be taken for several (requirements CC-19).
///
/// Printable ASCII stands for itself; everything else, and `%`, `,`, `"` and spaces at either end, is percent-encoded in UTF-8
/// (RFC 3986 section 2.1), so that percent-decoding gives the text back. The texts of a list are joined by commas.
package enum FieldValueEncoding {
    package static func write(_ text: String, to fields: inout [UInt8]) {
        let octets = text.utf8
        var position = 0
        for octet in octets {
            let isAtEnd = position == 0 || position == octets.count - 1
            if isPlain(octet) || octet == Octet.space && !isAtEnd {
                fields.append(octet)
            } else {
                fields.append(UInt8(ascii: "%"))
                fields.append(digit(octet >> 4))
                fields.append(digit(octet & 15))
            }
            position += 1
        }
    }

    package static func write(_ texts: [String], to fields: inout [UInt8]) {
        for (index, text) in texts.enumerated() {
            if index > 0 { fields.append(UInt8(ascii: ",")) }
            write(text, to: &fields)
        }
    }

    private static func isPlain(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "%"), UInt8(ascii: ","), UInt8(ascii: "\""): false
        default: 0x21...0x7e ~= octet
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? Octet.zero + value : UInt8(ascii: "A") + value - 10 }
}

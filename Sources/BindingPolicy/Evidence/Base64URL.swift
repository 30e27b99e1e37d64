/// Strict base64url without padding (RFC 4648 section 5, RFC 7515 section 2).
///
/// One spelling for one value: padding, white space, `+`, `/` and non-zero spare bits are refused, so that a token or a
/// thumbprint cannot be written in several ways that dodge a cache or a deny-list.
package enum Base64URL {
    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    /// The value of each octet, or 255 where it is not in the alphabet.
    private static let values: [UInt8] = {
        var table = [UInt8](repeating: 255, count: 256)
        for (value, character) in alphabet.enumerated() { table[Int(character)] = UInt8(value) }
        return table
    }()

    /// The octets that `text` spells, or nil where it is not the canonical spelling of any.
    package static func decode(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
        let whole = text.count / 4
        let rest = text.count % 4
        guard rest != 1 else { return nil }
        let size = whole * 3 + (rest == 0 ? 0 : rest - 1)
        var valid = true
        let octets = [UInt8](unsafeUninitializedCapacity: size) { out, count in
            values.withUnsafeBufferPointer { table in
                var position = 0
                var bad: UInt8 = 0
                for group in 0..<whole {
                    let a = table[Int(text[group * 4])], b = table[Int(text[group * 4 + 1])]
                    let c = table[Int(text[group * 4 + 2])], d = table[Int(text[group * 4 + 3])]
                    bad |= (a | b | c | d) & 0x80
                    out[position] = a << 2 | (b & 0x3f) >> 4
                    out[position + 1] = b << 4 | (c & 0x3f) >> 2
                    out[position + 2] = c << 6 | (d & 0x3f)
                    position += 3
                }
                if rest >= 2 {
                    let a = table[Int(text[whole * 4])], b = table[Int(text[whole * 4 + 1])]
                    bad |= (a | b) & 0x80
                    out[position] = a << 2 | (b & 0x3f) >> 4
                    if rest == 2 {
                        if b & 0x0f != 0 { bad = 0x80 }
                    } else {
                        let c = table[Int(text[whole * 4 + 2])]
                        bad |= c & 0x80
                        out[position + 1] = b << 4 | (c & 0x3f) >> 2
                        if c & 0x03 != 0 { bad = 0x80 }
                    }
                }
                valid = bad == 0
            }
            count = size
        }
        return valid ? octets : nil
    }

    /// The canonical text of `octets`.
    package static func encode(_ octets: some Collection<UInt8>) -> String {
        var text = [UInt8]()
        text.reserveCapacity((octets.count * 4 + 2) / 3)
        var accumulator: UInt32 = 0
        var bits = 0
        for octet in octets {
            accumulator = accumulator << 8 | UInt32(octet)
            bits += 8
            while bits >= 6 {
                bits -= 6
                text.append(alphabet[Int(accumulator >> UInt32(bits) & 0x3f)])
            }
            accumulator &= 0x3f
        }
        if bits > 0 { text.append(alphabet[Int(accumulator << UInt32(6 - bits) & 0x3f)]) }
        return String(decoding: text, as: UTF8.self)
    }
}

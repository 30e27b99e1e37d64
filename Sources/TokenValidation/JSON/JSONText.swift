/// A string of a JSON text as it stands between its quotes, already validated; escapes are removed only when it is used.
///
/// Valid only while the buffer it was read from is.
package struct JSONText {
    private let raw: UnsafeRawBufferPointer
    private let escaped: Bool

    init(raw: UnsafeRawBufferPointer, escaped: Bool) {
        self.raw = raw
        self.escaped = escaped
    }

    /// The UTF-8 octets that the string means.
    package func withOctets<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        escaped ? unescaped().withUnsafeBytes(body) : body(raw)
    }

    package var octets: [UInt8] { escaped ? unescaped() : [UInt8](raw) }

    var isEmpty: Bool { raw.isEmpty }

    package var string: String { withOctets { String(decoding: $0, as: UTF8.self) } }

    /// Equality by code points, without normalisation (RFC 7519 section 7.3).
    package func equals(_ other: some Collection<UInt8>) -> Bool {
        withOctets { $0.count == other.count && $0.elementsEqual(other) }
    }

    /// The length first, which tells most names apart: each member of a token is held against each name that is known.
    package static func ~= (literal: StaticString, text: JSONText) -> Bool {
        guard text.escaped || text.raw.count == literal.utf8CodeUnitCount else { return false }
        return text.equals(UnsafeBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    /// FNV-1a, 64 bits.
    var hash: UInt64 {
        withOctets { octets in
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            for octet in octets { hash = (hash ^ UInt64(octet)) &* 0x100_0000_01b3 }
            return hash
        }
    }

    private func unescaped() -> [UInt8] {
        var octets: [UInt8] = []
        octets.reserveCapacity(raw.count)
        var index = 0
        while index < raw.count {
            guard raw[index] == UInt8(ascii: "\\"), index + 1 < raw.count else {
                octets.append(raw[index])
                index += 1
                continue
            }
            let letter = raw[index + 1]
            index += 2
            switch letter {
            case UInt8(ascii: "b"): octets.append(0x08)
            case UInt8(ascii: "f"): octets.append(0x0c)
            case UInt8(ascii: "n"): octets.append(0x0a)
            case UInt8(ascii: "r"): octets.append(0x0d)
            case UInt8(ascii: "t"): octets.append(0x09)
            case UInt8(ascii: "u"):
                let (scalar, length) = Self.scalar(raw, index)
                octets.append(contentsOf: String(Character(scalar)).utf8)
                index += length
            default: octets.append(letter)
            }
        }
        return octets
    }

    /// The scalar of the `\u` escape whose digits start at `index`, and how many octets follow the `u`.
    private static func scalar(_ raw: UnsafeRawBufferPointer, _ index: Int) -> (Unicode.Scalar, Int) {
        let high = unit(raw, index) ?? 0xfffd
        if let scalar = Unicode.Scalar(high) { return (scalar, 4) }
        let low = unit(raw, index + 6) ?? 0xdc00
        return (Unicode.Scalar(0x1_0000 &+ (high &- 0xd800) << 10 &+ (low &- 0xdc00)) ?? "\u{fffd}", 10)
    }

    /// The value of four hexadecimal digits, or nil where there are none.
    static func unit(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for octet in bytes[index..<index + 4] {
            switch octet {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(octet - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(octet - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(octet - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}

/// A number of a JSON text as it is written, already validated.
package struct JSONNumber {
    private let raw: UnsafeRawBufferPointer

    init(raw: UnsafeRawBufferPointer) { self.raw = raw }

    /// 9999-12-31T23:59:59Z. Milliseconds written by mistake lie beyond, and would never expire.
    private static let latestDate = 253_402_300_799.0

    /// Seconds since 1970, possibly with a fraction (NumericDate, RFC 7519 section 2); nil where negative or out of bounds.
    package var date: Double? {
        if raw.count <= 12, let whole = whole { return Double(whole) <= Self.latestDate ? Double(whole) : nil }
        guard raw.count <= 64, raw.first != UInt8(ascii: "-"), let value = Double(String(decoding: raw, as: UTF8.self)),
            value.isFinite, value >= 0, value <= Self.latestDate
        else { return nil }
        return value
    }

    var isNegative: Bool { raw.first == UInt8(ascii: "-") }

    /// The value of at most twelve digits and nothing else.
    private var whole: Int? {
        var value = 0
        for octet in raw {
            guard octet &- UInt8(ascii: "0") < 10 else { return nil }
            value = value * 10 + Int(octet - UInt8(ascii: "0"))
        }
        return value
    }
}

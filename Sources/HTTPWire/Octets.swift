/// Classes of octets, one at a time and eight at a time (RFC 9110 section 5.6.2, RFC 3986).
enum Octet {
    static let tab: UInt8 = 0x09
    static let lf: UInt8 = 0x0a
    static let cr: UInt8 = 0x0d
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let hash: UInt8 = 0x23
    static let percent: UInt8 = 0x25
    static let asterisk: UInt8 = 0x2a
    static let comma: UInt8 = 0x2c
    static let dash: UInt8 = 0x2d
    static let dot: UInt8 = 0x2e
    static let slash: UInt8 = 0x2f
    static let zero: UInt8 = 0x30
    static let colon: UInt8 = 0x3a
    static let semicolon: UInt8 = 0x3b
    static let equals: UInt8 = 0x3d
    static let question: UInt8 = 0x3f
    static let leftBracket: UInt8 = 0x5b
    static let backslash: UInt8 = 0x5c
    static let rightBracket: UInt8 = 0x5d

    @inline(__always) static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x30...0x39, 0x41...0x5a, 0x5e...0x7a, 0x7c, 0x7e: true
        default: false
        }
    }

    @inline(__always) static func isDigit(_ octet: UInt8) -> Bool { octet &- 0x30 < 10 }

    @inline(__always) static func isHex(_ octet: UInt8) -> Bool { isDigit(octet) || (octet | 0x20) &- 0x61 < 6 }

    /// - Returns: the digit of the lowest four bits, in lower case.
    static func hexadecimal(_ bits: UInt64) -> UInt8 {
        let value = UInt8(truncatingIfNeeded: bits & 15)
        return value < 10 ? zero + value : UInt8(ascii: "a") + value - 10
    }

    @inline(__always) static func isAlphanumeric(_ octet: UInt8) -> Bool { isDigit(octet) || (octet | 0x20) &- 0x61 < 26 }

    @inline(__always) static func isBlank(_ octet: UInt8) -> Bool { octet == space || octet == tab }

    /// What may stand in a field value, a reason phrase or a chunk extension: HTAB, SP, VCHAR, obs-text.
    @inline(__always) static func isText(_ octet: UInt8) -> Bool { (octet >= 0x20 && octet != 0x7f) || octet == tab }
}

/// Arithmetic on eight octets in one word. A flag is the highest bit of its octet.
enum OctetWord {
    static let ones: UInt64 = 0x0101_0101_0101_0101
    static let flags: UInt64 = 0x8080_8080_8080_8080

    @inline(__always) static func each(_ octet: UInt8) -> UInt64 { ones &* UInt64(octet) }

    /// Flags the octets below 0x20 and 0x7f. Only the lowest flag is certain: a borrow may flag octets above a true one.
    @inline(__always) static func controls(_ word: UInt64) -> UInt64 {
        let delete = word ^ each(0x7f)
        return (((word &- each(0x20)) & ~word) | ((delete &- ones) & ~delete)) & flags
    }

    /// How many octets lie below the lowest flag; 8 without any.
    @inline(__always) static func before(_ flagged: UInt64) -> Int { flagged.trailingZeroBitCount >> 3 }

    /// Keeps the first `count` octets and clears the rest.
    @inline(__always) static func mask(_ count: Int) -> UInt64 { count >= 8 ? ~0 : (1 &<< UInt64(count * 8)) &- 1 }
}

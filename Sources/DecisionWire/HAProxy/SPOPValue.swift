import NIOCore

/// A typed value of SPOP (HAProxy's SPOE specification, section 3.1), and the way its integers are packed.
package enum SPOPValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case number(UInt64)
    /// Text or binary, and addresses as their octets.
    case octets([UInt8])

    package struct Malformed: Error {}

    static func read(_ bytes: inout ByteBuffer) throws(Malformed) -> SPOPValue {
        guard let head = bytes.readInteger(as: UInt8.self) else { throw Malformed() }
        switch head & 0x0f {
        case 0: return .null
        case 1: return .bool(head & 0x10 != 0)
        case 2, 3, 4, 5: return .number(try readNumber(&bytes))
        case 6: return .octets(try take(4, &bytes))
        case 7: return .octets(try take(16, &bytes))
        case 8, 9: return .octets(try readOctets(&bytes))
        default: throw Malformed()
        }
    }

    func write(to out: inout ByteBuffer) {
        switch self {
        case .null: out.writeInteger(UInt8(0))
        case .bool(let value): out.writeInteger(UInt8(value ? 0x11 : 0x01))
        case .number(let value):
            out.writeInteger(UInt8(3))
            Self.write(value, to: &out)
        case .octets(let octets):
            out.writeInteger(UInt8(8))
            Self.write(octets, to: &out)
        }
    }

    static func readOctets(_ bytes: inout ByteBuffer) throws(Malformed) -> [UInt8] {
        guard let length = Int(exactly: try readNumber(&bytes)) else { throw Malformed() }
        return try take(length, &bytes)
    }

    private static func take(_ count: Int, _ bytes: inout ByteBuffer) throws(Malformed) -> [UInt8] {
        guard let octets = bytes.readBytes(length: count) else { throw Malformed() }
        return octets
    }

    /// One octet below 240; else its low four bits first, and then seven bits each.
    static func readNumber(_ bytes: inout ByteBuffer) throws(Malformed) -> UInt64 {
        guard let first = bytes.readInteger(as: UInt8.self) else { throw Malformed() }
        var value = UInt64(first)
        guard first >= 240 else { return value }
        for shift in stride(from: UInt64(4), to: 64, by: 7) {
            guard let octet = bytes.readInteger(as: UInt8.self) else { throw Malformed() }
            let part = UInt64(octet) << shift
            let (sum, overflow) = value.addingReportingOverflow(part)
            guard !overflow, part >> shift == UInt64(octet) else { throw Malformed() }
            value = sum
            if octet < 128 { return value }
        }
        throw Malformed()
    }

    static func write(_ number: UInt64, to out: inout ByteBuffer) {
        guard number >= 240 else {
            out.writeInteger(UInt8(number))
            return
        }
        out.writeInteger(UInt8(truncatingIfNeeded: number) | 240)
        var rest = (number - 240) >> 4
        while rest >= 128 {
            out.writeInteger(UInt8(truncatingIfNeeded: rest) | 128)
            rest = (rest - 128) >> 7
        }
        out.writeInteger(UInt8(truncatingIfNeeded: rest))
    }

    static func write(_ octets: some Collection<UInt8>, to out: inout ByteBuffer) {
        write(UInt64(octets.count), to: &out)
        out.writeBytes(octets)
    }
}

package import NIOCore

/// Reads the fields of one message of Protocol Buffers, in place. Strict about what a length may be: nothing reaches beyond the message.
package struct ProtobufReader {
    package enum Value: Equatable {
        case number(UInt64)
        case octets(ByteBuffer)
    }

    package struct Malformed: Error {}

    private var rest: ByteBuffer

    package init(_ message: ByteBuffer) { rest = message }

    /// - Returns: the next field with its number; nil at the end.
    package mutating func next() throws(Malformed) -> (field: Int, value: Value)? {
        guard rest.readableBytes > 0 else { return nil }
        let tag = try varint()
        let field = Int(truncatingIfNeeded: tag >> 3)
        guard (1..<1 << 29).contains(tag >> 3) else { throw Malformed() }
        switch tag & 7 {
        case 0: return (field, .number(try varint()))
        case 1: return (field, .number(try fixed(UInt64.self)))
        case 2:
            guard let length = Int(exactly: try varint()), let octets = rest.readSlice(length: length) else { throw Malformed() }
            return (field, .octets(octets))
        case 5: return (field, .number(UInt64(try fixed(UInt32.self))))
        // Groups are of the second version, and nobody's here.
        default: throw Malformed()
        }
    }

    private mutating func fixed<Integer: FixedWidthInteger>(_ type: Integer.Type) throws(Malformed) -> Integer {
        guard let value = rest.readInteger(endianness: .little, as: type) else { throw Malformed() }
        return value
    }

    /// Ten octets at most, of which the last has one bit.
    private mutating func varint() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), through: 63, by: 7) {
            guard let octet = rest.readInteger(as: UInt8.self), shift < 63 || octet <= 1 else { throw Malformed() }
            value |= UInt64(octet & 0x7f) << shift
            if octet & 0x80 == 0 { return value }
        }
        throw Malformed()
    }
}

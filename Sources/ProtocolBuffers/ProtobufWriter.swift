package import NIOCore

// The wire of Protocol Buffers, for few messages: OTLP's, which are only written, and those of ext_authz. Hence these lines instead of swift-protobuf,
// whose generated code for them has some ten thousand and whose messages are built of objects before they are octets.

extension ByteBuffer {
    /// `uint64`, `bool` and enumerations (the encoding of Protocol Buffers, "Varints").
    package mutating func writeProtobuf(_ field: Int, varint value: UInt64) {
        writeVarint(UInt64(field) << 3)
        writeVarint(value)
    }

    /// `fixed64`, `sfixed64` and, by its bits, `double`.
    package mutating func writeProtobuf(_ field: Int, fixed64 value: UInt64) {
        writeVarint(UInt64(field) << 3 | 1)
        writeInteger(value, endianness: .little)
    }

    package mutating func writeProtobuf(_ field: Int, double value: Double) { writeProtobuf(field, fixed64: value.bitPattern) }

    /// `bytes`, and what is valid UTF-8 as `string`.
    package mutating func writeProtobuf(_ field: Int, octets value: some Collection<UInt8>) {
        writeVarint(UInt64(field) << 3 | 2)
        writeVarint(UInt64(value.count))
        writeBytes(value)
    }

    package mutating func writeProtobuf(_ field: Int, text value: String) { writeProtobuf(field, octets: value.utf8) }

    /// A message in a message. Its length is written in four octets whatever it is, so that it need not be known before; 2^28 at most.
    package mutating func writeProtobuf(_ field: Int, message body: (inout ByteBuffer) -> Void) {
        writeVarint(UInt64(field) << 3 | 2)
        let place = writerIndex
        writeInteger(UInt32(0))
        body(&self)
        let length = UInt32(truncatingIfNeeded: writerIndex - place - 4)
        var padded: UInt32 = 0
        for position in 0..<UInt32(4) {
            padded |= (length >> (7 * position) & 0x7f | (position < 3 ? 0x80 : 0)) << (8 * position)
        }
        setInteger(padded, at: place, endianness: .little)
    }

    private mutating func writeVarint(_ value: UInt64) {
        var rest = value
        while rest > 0x7f {
            writeInteger(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        writeInteger(UInt8(truncatingIfNeeded: rest))
    }
}

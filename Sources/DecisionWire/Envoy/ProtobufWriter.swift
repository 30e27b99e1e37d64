package import NIOCore

/// Writes fields of Protocol Buffers.
package enum ProtobufWriter {
    package static func write(_ field: Int, _ number: Int, to out: inout ByteBuffer) {
        writeVarint(UInt64(field) << 3, to: &out)
        writeVarint(UInt64(bitPattern: Int64(number)), to: &out)
    }

    package static func write(_ field: Int, _ octets: some Collection<UInt8>, to out: inout ByteBuffer) {
        writeVarint(UInt64(field) << 3 | 2, to: &out)
        writeVarint(UInt64(octets.count), to: &out)
        out.writeBytes(octets)
    }

    /// A message within a message.
    package static func write(_ field: Int, to out: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void) {
        var inner = ByteBuffer()
        body(&inner)
        write(field, inner.readableBytesView, to: &out)
    }

    private static func writeVarint(_ value: UInt64, to out: inout ByteBuffer) {
        var value = value
        while value >= 0x80 {
            out.writeInteger(UInt8(truncatingIfNeeded: value) | 0x80)
            value >>= 7
        }
        out.writeInteger(UInt8(truncatingIfNeeded: value))
    }
}

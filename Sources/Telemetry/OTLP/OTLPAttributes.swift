package import NIOCore
import ProtocolBuffers

extension ByteBuffer {
    /// A `KeyValue` of opentelemetry.proto.common.v1 as a field of the message at hand.
    package mutating func writeAttribute(_ field: Int, _ key: String, _ value: String) {
        writeAttribute(field, key) { $0.writeProtobuf(1, text: value) }
    }

    package mutating func writeAttribute(_ field: Int, _ key: String, _ value: Int) {
        writeAttribute(field, key) { $0.writeProtobuf(3, varint: UInt64(bitPattern: Int64(value))) }
    }

    package mutating func writeAttribute(_ field: Int, _ key: String, _ value: Bool) {
        writeAttribute(field, key) { $0.writeProtobuf(2, varint: value ? 1 : 0) }
    }

    private mutating func writeAttribute(_ field: Int, _ key: String, value: (inout ByteBuffer) -> Void) {
        writeProtobuf(field) { pair in
            pair.writeProtobuf(1, text: key)
            pair.writeProtobuf(2, message: value)
        }
    }
}

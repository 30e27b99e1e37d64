package import NIOCore

/// The one message of a unary call (gRPC over HTTP/2: a flag, a length, the message). Nothing is compressed: a front that is told of no
/// coding has none.
package enum GRPCMessage {
    /// Before the message.
    package static let prefix = 5

    /// - Parameter body: of the whole call.
    /// - Returns: nil where it is not exactly one message, plain.
    package static func read(_ body: ByteBuffer) -> ByteBuffer? {
        var body = body
        guard body.readInteger(as: UInt8.self) == 0, let length = body.readInteger(as: UInt32.self), Int(length) == body.readableBytes else {
            return nil
        }
        return body
    }

    package static func write(to out: inout ByteBuffer, _ message: ByteBuffer) {
        out.writeInteger(UInt8(0))
        out.writeInteger(UInt32(truncatingIfNeeded: message.readableBytes))
        out.writeImmutableBuffer(message)
    }
}

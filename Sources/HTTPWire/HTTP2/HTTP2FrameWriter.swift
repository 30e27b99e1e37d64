package import NIOCore

/// Writes frames. What is written is ours, so nothing of it can be malformed.
package enum HTTP2FrameWriter {
    /// A frame's head. What it announces follows.
    package static func head(
        _ type: HTTP2FrameType, _ flags: HTTP2FrameFlags = [], stream: UInt32 = 0, payload: Int, to out: inout ByteBuffer
    ) {
        out.writeMultipleIntegers(UInt32(truncatingIfNeeded: payload) << 8 | UInt32(type.rawValue), flags.rawValue, stream)
    }

    package static func settings(_ settings: [(HTTP2Setting, UInt32)], to out: inout ByteBuffer) {
        head(.settings, payload: settings.count * 6, to: &out)
        for (setting, value) in settings { out.writeMultipleIntegers(setting.rawValue, value) }
    }

    package static func settingsAcknowledgement(to out: inout ByteBuffer) { head(.settings, .acknowledgement, payload: 0, to: &out) }

    package static func ping(_ data: UInt64, isAcknowledgement: Bool, to out: inout ByteBuffer) {
        head(.ping, isAcknowledgement ? .acknowledgement : [], payload: 8, to: &out)
        out.writeInteger(data)
    }

    package static func goAway(last: UInt32, _ code: HTTP2ErrorCode, to out: inout ByteBuffer) {
        head(.goAway, payload: 8, to: &out)
        out.writeMultipleIntegers(last, code.rawValue)
    }

    package static func reset(_ stream: UInt32, _ code: HTTP2ErrorCode, to out: inout ByteBuffer) {
        head(.resetStream, stream: stream, payload: 4, to: &out)
        out.writeInteger(code.rawValue)
    }

    /// - Parameter stream: 0 for the connection.
    package static func windowUpdate(_ stream: UInt32, by octets: Int, to out: inout ByteBuffer) {
        head(.windowUpdate, stream: stream, payload: 4, to: &out)
        out.writeInteger(UInt32(clamping: octets) & HTTP2FrameHead.maximum31)
    }

    /// A header block, in as many frames as the peer takes it in.
    /// - Returns: where the flags of its first frame stand, from the beginning of the buffer's storage.
    @discardableResult
    package static func headers(
        _ block: ByteBuffer, stream: UInt32, endsStream: Bool, maximumPayload: Int = HTTP2FrameHead.maximumPayload, to out: inout ByteBuffer
    ) -> Int {
        let flagsPosition = out.writerIndex + 4
        let limit = max(1, maximumPayload)
        var rest = block
        var type = HTTP2FrameType.headers
        repeat {
            let part = rest.readSlice(length: min(limit, rest.readableBytes)) ?? ByteBuffer()
            var flags: HTTP2FrameFlags = rest.readableBytes == 0 ? .endHeaders : []
            if type == .headers, endsStream { flags.insert(.endStream) }
            head(type, flags, stream: stream, payload: part.readableBytes, to: &out)
            out.writeImmutableBuffer(part)
            type = .continuation
        } while rest.readableBytes > 0
        return flagsPosition
    }

    /// A header block that is written in its place.
    /// - Returns: where the flags of its first frame stand, from the beginning of the buffer's storage.
    package static func headers(
        stream: UInt32, maximumPayload: Int, to out: inout ByteBuffer, _ write: (inout ByteBuffer) -> Void
    ) -> Int {
        let begin = out.writerIndex
        head(.headers, .endHeaders, stream: stream, payload: 0, to: &out)
        let start = out.writerIndex
        write(&out)
        let length = out.writerIndex - start
        guard length > min(maximumPayload, HTTP2FrameHead.maximumPayload) else {
            out.setInteger(UInt32(truncatingIfNeeded: length) << 8 | UInt32(HTTP2FrameType.headers.rawValue), at: begin)
            return begin + 4
        }
        // Longer than a frame, which is rare: written once more in several.
        let block = out.getSlice(at: start, length: length).map { ByteBuffer(bytes: $0.readableBytesView) } ?? ByteBuffer()
        out.moveWriterIndex(to: begin)
        return headers(block, stream: stream, endsStream: false, maximumPayload: HTTP2FrameHead.maximumPayload, to: &out)
    }
}

package import NIOCore

/// One JSON line per request. Collects a loop's lines and hands them to the sink in batches.
///
/// Nothing of a request's fields, query or body is in a line: nowhere else can a token have stood. The path is cut at
/// `pathLimit` octets.
package struct AccessLog {
    package static let pathLimit = 512

    private let sink: LogSink
    private var lines = ByteBuffer()

    package init(sink: LogSink) { self.sink = sink }

    /// What is known when a request's head has been judged.
    package static func begin(
        _ line: inout ByteBuffer, method: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer, peer: String, thumbprint: String
    ) {
        line.writeString(",\"client\":\"")
        line.writeString(peer)
        line.writeString("\",\"thumbprint\":\"")
        line.writeString(thumbprint)
        line.writeString("\",\"method\":")
        line.writeJSONString(UnsafeRawBufferPointer(rebasing: method.prefix(32)))
        line.writeString(",\"path\":")
        line.writeJSONString(UnsafeRawBufferPointer(rebasing: path.prefix(pathLimit)))
    }

    /// A member between the beginning and the end.
    /// - Parameter value: octets that JSON need not escape.
    package static func add(_ name: StaticString, _ value: some Collection<UInt8>, to line: inout ByteBuffer) {
        line.writeString(",\"")
        line.writeStaticString(name)
        line.writeString("\":\"")
        line.writeBytes(value)
        line.writeString("\"")
    }

    /// - Parameters:
    ///   - beginning: what `begin` wrote, followed by whatever fields the judgement added.
    ///   - milliseconds: since 1970, when the request ended.
    package mutating func end(
        _ beginning: ByteBuffer, milliseconds: Int, status: Int, outcome: Outcome, reason: String?, microseconds: Int,
        bytesIn: Int, bytesOut: Int
    ) {
        lines.writeString("{\"time\":")
        lines.writeDecimal(milliseconds)
        lines.writeImmutableBuffer(beginning)
        lines.writeString(",\"status\":")
        lines.writeDecimal(status)
        lines.writeString(",\"outcome\":\"")
        lines.writeString(outcome.rawValue)
        if let reason {
            lines.writeString("\",\"reason\":\"")
            lines.writeString(reason)
        }
        lines.writeString("\",\"duration_us\":")
        lines.writeDecimal(microseconds)
        lines.writeString(",\"bytes_in\":")
        lines.writeDecimal(bytesIn)
        lines.writeString(",\"bytes_out\":")
        lines.writeDecimal(bytesOut)
        lines.writeString("}\n")
    }

    package var isFull: Bool { lines.readableBytes >= 32 << 10 }

    package mutating func flush() {
        guard lines.readableBytes > 0 else { return }
        sink.submit(lines)
        lines = ByteBuffer()
    }
}

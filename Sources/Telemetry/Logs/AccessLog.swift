package import NIOCore
import Timekeeping

/// One JSON line per request. Collects a loop's lines and hands them to the sink in batches.
///
/// Nothing of a request's fields, query or body is in a line: nowhere else can a token have stood. The path is cut at
/// `pathLimit` octets.
package struct AccessLog {
    package static let pathLimit = 512

    private let sink: LogSink
    private var lines = ByteBuffer()
    /// Of the latest second, as ECS has it.
    private var date: (second: Int, octets: [UInt8]) = (.min, [])

    package init(sink: LogSink) { self.sink = sink }

    /// - Parameters:
    ///   - milliseconds: since 1970, when the request ended.
    ///   - traceID: hexadecimal digits; nil for none.
    ///   - members: writes the rest, by `form`.
    package mutating func write(
        _ form: AccessForm, milliseconds: Int, traceID: [UInt8]?, outcome: Outcome, _ members: (inout ByteBuffer) -> Void
    ) {
        switch form.format {
        case .json:
            lines.writeString("{\"time\":")
            lines.writeDecimal(milliseconds)
        case .ecs:
            lines.writeString("{\"@timestamp\":\"")
            writeDate(milliseconds)
            lines.writeString("\",\"ecs.version\":\"\(LogFormat.ecsVersion)\",\"event.dataset\":\"holdfast.access\",\"event.outcome\":\"")
            lines.writeString(outcome == .answered ? "success" : "failure")
            lines.writeString("\"")
        case .otel:
            lines.writeString("{\"Timestamp\":\"")
            lines.writeDecimal(milliseconds)
            lines.writeString(
                outcome == .answered
                    ? "000000\",\"SeverityText\":\"INFO\",\"SeverityNumber\":9" : "000000\",\"SeverityText\":\"WARN\",\"SeverityNumber\":13")
            lines.writeString(",\"EventName\":\"holdfast.request\"")
            if let traceID { form.write(.traceID, plain: traceID, to: &lines) }
            lines.writeString(",\"Attributes\":{\"network.protocol.name\":\"http\"")
        }
        if form.format != .otel, let traceID { form.write(.traceID, plain: traceID, to: &lines) }
        members(&lines)
        lines.writeString(form.format == .otel ? "}}\n" : "}\n")
    }

    private mutating func writeDate(_ milliseconds: Int) {
        let second = milliseconds / 1000
        if second != date.second { date = (second, Array(Timestamp(second).rfc3339.utf8.dropLast())) }
        lines.writeBytes(date.octets)
        lines.writeString(".")
        lines.writeDigits(milliseconds % 1000, 3)
        lines.writeString("Z")
    }

    package var isFull: Bool { lines.readableBytes >= 32 << 10 }

    package mutating func flush() {
        guard lines.readableBytes > 0 else { return }
        sink.submit(lines)
        lines = ByteBuffer()
    }
}

private import Dispatch
package import Logging
private import NIOCore
import Timekeeping

/// Holdfast's own messages: one JSON line each on standard error, so that standard output holds the access log alone.
///
/// Messages are static words; what varies is metadata. Metadata never holds a token, a key or a field of a request.
package struct JSONLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    private let label: String
    private let format: LogFormat
    private let sink: LogSink

    package init(label: String, level: Logger.Level, format: LogFormat = .json, sink: LogSink) {
        self.label = label
        self.format = format
        self.logLevel = level
        self.sink = sink
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = ByteBuffer()
        let milliseconds = Int(WallClock.seconds() * 1000)
        let message = "\(event.message)"
        switch format {
        case .json:
            line.writeString("{\"time\":")
            line.writeDecimal(milliseconds)
            line.writeString(",\"level\":\"\(event.level.rawValue)\",\"logger\":\"\(label)\",\"message\":")
            line.writeJSONString(message)
        case .ecs:
            line.writeString("{\"@timestamp\":\"\(Timestamp(milliseconds / 1000).rfc3339.dropLast()).")
            line.writeDigits(milliseconds % 1000, 3)
            line.writeString("Z\",\"ecs.version\":\"\(LogFormat.ecsVersion)\",\"event.dataset\":\"holdfast.messages\"")
            line.writeString(",\"log.level\":\"\(event.level.rawValue)\",\"log.logger\":\"\(label)\",\"message\":")
            line.writeJSONString(message)
        case .otel:
            line.writeString("{\"Timestamp\":\"\(milliseconds)000000\",\"SeverityText\":\"\(event.level.rawValue.uppercased())\"")
            line.writeString(",\"SeverityNumber\":\(event.level.severity),\"InstrumentationScope\":{\"Name\":\"\(label)\"},\"Body\":")
            line.writeJSONString(message)
            line.writeString(",\"Attributes\":{")
        }
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        let prefix = format == .json ? "" : "holdfast."
        for (position, (key, value)) in all.sorted(by: { $0.key < $1.key }).enumerated() {
            if position > 0 || format != .otel { line.writeString(",") }
            line.writeJSONString(prefix + key)
            line.writeString(":")
            line.writeJSONString("\(value)")
        }
        line.writeString(format == .otel ? "}}\n" : "}\n")
        sink.submit(line)
    }
}

extension Logger.Level {
    /// SeverityNumber of OpenTelemetry's log data model: the first of its range, and one more for `notice`, which has no range.
    fileprivate var severity: Int {
        switch self {
        case .trace: 1
        case .debug: 5
        case .info: 9
        case .notice: 10
        case .warning: 13
        case .error: 17
        case .critical: 21
        }
    }
}

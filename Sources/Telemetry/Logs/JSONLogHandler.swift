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
    private let sink: LogSink

    package init(label: String, level: Logger.Level, sink: LogSink) {
        self.label = label
        self.logLevel = level
        self.sink = sink
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = ByteBuffer()
        line.writeString("{\"time\":")
        line.writeDecimal(Int(WallClock.seconds() * 1000))
        line.writeString(",\"level\":\"\(event.level.rawValue)\",\"logger\":\"\(label)\",\"message\":")
        line.writeJSONString("\(event.message)")
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line.writeString(",")
            line.writeJSONString(key)
            line.writeString(":")
            line.writeJSONString("\(value)")
        }
        line.writeString("}\n")
        sink.submit(line)
    }
}

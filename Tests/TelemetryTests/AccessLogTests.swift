import Foundation
import Logging
import NIOCore
import Telemetry
import Testing

@Suite("The access log")
struct AccessLogTests {
    /// What one request comes to, as it is written.
    private func line(_ form: AccessForm, outcome: Outcome = .answered, milliseconds: Int = 1_700_000_000_042) throws -> String {
        var pipe: [CInt] = [0, 0]
        try #require(openPipe(&pipe))
        let sink = LogSink(descriptor: pipe[1])
        var log = AccessLog(sink: sink)
        log.write(form, milliseconds: milliseconds, traceID: Array(String(repeating: "a", count: 32).utf8), outcome: outcome) { line in
            form.write(.client, plain: "::1".utf8, to: &line)
            form.write(.clientPort, 7, to: &line)
            form.write(.tlsResumed, true, to: &line)
            Array("/\"".utf8).withUnsafeBytes { form.write(.path, octets: $0, to: &line) }
            form.write(isHTTP2: true, to: &line)
            form.write(.issuer, text: "https://" + String(repeating: "i", count: 300), to: &line)
            form.write(.tokenIDHash, hexadecimal: 0x00ab_cdef_0123_4567, to: &line)
            form.write(.status, 200, to: &line)
            form.write(microseconds: 1_000_009, to: &line)
        }
        log.flush()
        sink.drain()
        #expect(sink.lostLines == 0)
        closePipe([pipe[1]])
        let text = readPipe(pipe[0], count: 4096)
        closePipe([pipe[0]])
        return text
    }

    private func members(_ text: String) throws -> [String: Any] {
        #expect(text.hasSuffix("}\n") && text.count { $0 == "\n" } == 1)
        return try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    private let issuer = "https://" + String(repeating: "i", count: 248)

    @Test("writes one whole JSON line a request, what others chose escaped and cut")
    func ours() throws {
        let text = try line(AccessForm())
        let trace = String(repeating: "a", count: 32)
        #expect(
            text
                == "{\"time\":1700000000042,\"trace_id\":\"\(trace)\",\"client\":\"::1\",\"tls_resumed\":true,\"path\":\"/\\u0022\",\"protocol\":\"h2\","
                + "\"issuer\":\"\(issuer)\",\"token_id_hash\":\"00abcdef01234567\",\"status\":200,\"duration_us\":1000009}\n")
    }

    @Test("has the names, units and date of the Elastic Common Schema in that format")
    func ecs() throws {
        let line = try members(line(AccessForm(.ecs), outcome: .refused))
        #expect(line["@timestamp"] as? String == "2023-11-14T22:13:20.042Z" && line["event.duration"] as? Int == 1_000_009_000)
        #expect(line["event.outcome"] as? String == "failure" && line["http.version"] as? String == "2")
        #expect(line["http.response.status_code"] as? Int == 200 && line["trace.id"] as? String == String(repeating: "a", count: 32))
        #expect(line["holdfast.issuer"] as? String == issuer && line["status"] == nil)
    }

    @Test("is a record of OpenTelemetry's data model in that format")
    func otel() throws {
        let line = try members(line(AccessForm(.otel)))
        #expect(line["Timestamp"] as? String == "1700000000042000000" && line["SeverityNumber"] as? Int == 9)
        #expect(line["TraceId"] as? String == String(repeating: "a", count: 32))
        let attributes = try #require(line["Attributes"] as? [String: Any])
        #expect(attributes["http.response.status_code"] as? Int == 200 && attributes["network.protocol.version"] as? String == "2")
        #expect(attributes["http.server.request.duration"] as? Double == 1.000009 && attributes["url.path"] as? String == "/\"")
        #expect(try members(self.line(AccessForm(.otel), outcome: .upstream))["SeverityText"] as? String == "WARN")
    }

    @Test("leaves out and adds what it is told to, in every format", arguments: LogFormat.allCases)
    func fields(_ format: LogFormat) throws {
        let text = try line(AccessForm(format, omit: [.issuer, .duration, .traceID], add: [.clientPort]))
        let all = try members(text)
        let line = all["Attributes"] as? [String: Any] ?? all
        #expect(line[AccessField.clientPort.name(in: format)] as? Int == 7)
        for field in [AccessField.issuer, .duration] { #expect(line[field.name(in: format)] == nil) }
        #expect(!text.contains("aaaa"))
    }

    @Test("has a name of its own for each field in each format", arguments: LogFormat.allCases)
    func names(_ format: LogFormat) {
        #expect(Set(AccessField.allCases.map { $0.name(in: format) }).count == AccessField.allCases.count)
        #expect(AccessField.extra.isDisjoint(with: AccessField.fixed))
    }

    @Test("drops and counts lines rather than wait when nobody reads them")
    func bounded() {
        let sink = LogSink(descriptor: -1, limit: 0)
        var log = AccessLog(sink: sink)
        for _ in 0..<3 { log.write(AccessForm(), milliseconds: 0, traceID: nil, outcome: .answered) { _ in } }
        log.flush()
        #expect(sink.lostLines == 3)
    }
}

@Suite("Holdfast's own messages")
struct MessageFormatTests {
    @Test("are a line of JSON in each format, with the words of it", arguments: LogFormat.allCases)
    func formats(_ format: LogFormat) throws {
        var pipe: [CInt] = [0, 0]
        try #require(openPipe(&pipe))
        let sink = LogSink(descriptor: pipe[1])
        let handler = JSONLogHandler(label: "holdfast", level: .info, format: format, sink: sink)
        for metadata in [[:], ["key": "a\"b", "other": "c"]] as [Logger.Metadata] {
            handler.log(event: LogEvent(level: .notice, message: "said", metadata: metadata, source: "", file: "", function: "", line: 1))
        }
        sink.drain()
        closePipe([pipe[1]])
        let lines = readPipe(pipe[0], count: 4096).split(separator: "\n")
        closePipe([pipe[0]])
        let read = try lines.map { try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]) }
        try #require(read.count == 2)
        let name = ["json": "message", "ecs": "message", "otel": "Body"][format.rawValue, default: ""]
        #expect(read.allSatisfy { $0[name] as? String == "said" })
        let metadata = read[1]["Attributes"] as? [String: Any] ?? read[1]
        #expect(metadata[format == .json ? "key" : "holdfast.key"] as? String == "a\"b")
    }
}

import NIOCore
import Telemetry
import Testing

@Suite("Text in log lines")
struct JSONTextTests {
    private func literal(_ octets: [UInt8]) -> String {
        var out = ByteBuffer()
        octets.withUnsafeBytes { out.writeJSONString($0) }
        return String(buffer: out)
    }

    @Test("is quoted as it is where it is plain ASCII")
    func plain() {
        #expect(literal(Array("GET /a?b=c".utf8)) == "\"GET /a?b=c\"")
        #expect(literal([]) == "\"\"")
    }

    @Test("is escaped where an octet could end the string, the line or its encoding")
    func escapes() {
        #expect(literal(Array("a\"b\\c\r\n".utf8)) == "\"a\\u0022b\\u005cc\\u000d\\u000a\"")
        #expect(literal([0x00, 0x1f, 0x7f, 0x80, 0xff]) == "\"\\u0000\\u001f\\u007f\\u0080\\u00ff\"")
    }

    @Test("has decimal numbers of every size", arguments: [0, 7, 10, -1, 1_000_000, Int.max, Int.min])
    func decimals(value: Int) {
        var out = ByteBuffer()
        out.writeDecimal(value)
        #expect(String(buffer: out) == "\(value)")
    }
}

@Suite("The access log")
struct AccessLogTests {
    @Test("writes one whole JSON line a request, with the path cut at its limit")
    func line() throws {
        var pipe: [CInt] = [0, 0]
        try #require(openPipe(&pipe))
        let sink = LogSink(descriptor: pipe[1])
        var log = AccessLog(sink: sink)
        var beginning = ByteBuffer()
        let path = [UInt8](repeating: UInt8(ascii: "p"), count: AccessLog.pathLimit + 100)
        Array("GET".utf8).withUnsafeBytes { method in
            path.withUnsafeBytes { AccessLog.begin(&beginning, method: method, path: $0, peer: "::1", thumbprint: "T") }
        }
        log.end(
            beginning, milliseconds: 5, status: 401, outcome: .refused, reason: "cnf_mismatch", microseconds: 9, bytesIn: 1, bytesOut: 2)
        log.flush()
        sink.drain()
        #expect(sink.lostLines == 0)
        let expected =
            "{\"time\":5,\"client\":\"::1\",\"thumbprint\":\"T\",\"method\":\"GET\",\"path\":\"\(String(repeating: "p", count: AccessLog.pathLimit))\","
            + "\"status\":401,\"outcome\":\"refused\",\"reason\":\"cnf_mismatch\",\"duration_us\":9,\"bytes_in\":1,\"bytes_out\":2}\n"
        #expect(readPipe(pipe[0], count: expected.utf8.count) == expected)
        closePipe(pipe)
    }

    @Test("drops and counts lines rather than wait when nobody reads them")
    func bounded() {
        let sink = LogSink(descriptor: -1, limit: 0)
        var log = AccessLog(sink: sink)
        for _ in 0..<3 {
            log.end(
                ByteBuffer(), milliseconds: 0, status: 200, outcome: .answered, reason: nil, microseconds: 0, bytesIn: 0, bytesOut: 0)
        }
        log.flush()
        #expect(sink.lostLines == 3)
    }
}

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

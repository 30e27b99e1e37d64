import Testing

@testable import Probe

@Suite struct HTTP2Tests {
    private func headers(_ block: [UInt8], flags: UInt8 = 5) -> [UInt8] { HTTP2Request.frame(1, flags, stream: 1, block) }

    private func read(_ octets: [UInt8]) -> HTTP2AnswerReader {
        var reader = HTTP2AnswerReader()
        for octet in octets { _ = reader.take([octet]) }
        return reader
    }

    @Test(
        arguments: [
            ([0x88], 200), ([0x8d], 404), ([0x48, 3, 0x34, 0x30, 0x31], 401), ([0x08, 3, 0x34, 0x30, 0x33], 403),
            // 302 (RFC 7541 appendix C.6.1), 401 and 503 as Huffman has them; an update of the table before.
            ([0x48, 0x82, 0x64, 0x02], 302), ([0x48, 0x82, 0x68, 0x01], 401), ([0x48, 0x83, 0x6c, 0x0c, 0xff], 503), ([0x3f, 0xe1, 0x1f, 0x88], 200),
        ] as [([UInt8], Int)])
    func theStatusIsRead(block: [UInt8], status: Int) {
        #expect(read(headers(block)).outcome == .answered(Answer(status: status)))
    }

    @Test func aBodyComesInFramesAndSettingsAreAcknowledged() {
        var reader = HTTP2AnswerReader()
        #expect(reader.take(HTTP2Request.frame(4, 0, stream: 0, [])) == HTTP2Request.frame(4, 1, stream: 0, []))
        #expect(reader.take(HTTP2Request.frame(4, 1, stream: 0, [])) == [])
        _ = reader.take(headers([0x88], flags: 4) + HTTP2Request.frame(0, 0, stream: 1, [0x61]))
        #expect(reader.outcome == nil)
        _ = reader.take(HTTP2Request.frame(0, 9, stream: 1, [1, 0x62, 0]))
        #expect(reader.outcome == .answered(Answer(status: 200, body: "ab")))
    }

    @Test func whatEndsWithoutAnAnswerIsARefusal() {
        #expect(read(HTTP2Request.frame(3, 0, stream: 1, [0, 0, 0, 1])).outcome == .refused("RST_STREAM, error 1"))
        #expect(read(HTTP2Request.frame(7, 0, stream: 0, [0, 0, 0, 0, 0, 0, 0, 11])).outcome == .refused("GOAWAY, error 11"))
        #expect(read([]).atTheEnd == .refused("closed without an answer"))
        #expect(read(headers([])).outcome == .refused("an end without a status"))
        #expect(read([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0]).outcome != nil)
    }

    @Test func aRequestIsSpelledWithoutItsLines() throws {
        let request = try #require(HTTP2Request(RawRequest(target: "/a", lines: ["Host: h", "X-A: b", "Connection: close"])))
        var block: [UInt8] = []
        for (name, value) in [(":method", "GET"), (":scheme", "https"), (":authority", "h"), (":path", "/a"), ("x-a", "b")] {
            block.append(0)
            for text in [name, value] {
                block.append(UInt8(text.utf8.count))
                block += Array(text.utf8)
            }
        }
        #expect(request.octets == HTTP2Request.preface + HTTP2Request.frame(4, 0, stream: 0, []) + headers(block))
    }

    @Test(arguments: ["X-A : b", " folded", "X-A: b\nX-B: c", "Connection: X-A", "Transfer-Encoding: chunked", "nothing", "X\u{0}: b"])
    func whatOnlyLinesCanSayIsNotSpelled(line: String) {
        #expect(HTTP2Request(RawRequest(target: "/", lines: ["Host: h", line])) == nil)
        #expect(HTTP2Request(RawRequest(target: "/", version: "HTTP/1.0", lines: ["Host: h"])) == nil)
    }
}

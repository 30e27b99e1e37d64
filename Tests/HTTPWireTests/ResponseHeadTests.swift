import HTTPWire
import NIOCore
import Testing

@Suite("Response heads (RFC 9112 sections 4 and 6.3; H1-05, H1-06, H1-12, H1-22)")
struct ResponseHeadTests {
    @Test(
        "A status line of HTTP/1 is accepted",
        arguments: [
            "HTTP/1.1 200 OK", "HTTP/1.0 299 Odd", "HTTP/1.1 200 ", "HTTP/1.1 200", "HTTP/1.1 599 a\tb \u{e9}",
            "HTTP/1.1 100 Continue", "HTTP/1.3 204 x", "HTTP/1.1 600 Odd", "HTTP/1.1 999 No",
        ])
    func accepts(_ line: String) throws {
        #expect(try Wire.response("\(line)\r\n\r\n") == "ok")
    }

    @Test(
        "Any other is nonsense",
        arguments: [
            ("HTTP/2 200 OK", "status_line_malformed"), ("HTTP/2.0 200 OK", "status_line_malformed"),
            ("http/1.1 200 OK", "status_line_malformed"),
            ("HTTP/1.1  200 OK", "status_line_malformed"), ("HTTP/1.1 20 OK", "status_line_malformed"),
            ("HTTP/1.1 2000 OK", "status_line_malformed"),
            ("HTTP/1.1 099 OK", "status_line_malformed"), ("HTTP/1.1 1000 OK", "status_line_malformed"),
            ("HTTP/1.1 2xx OK", "status_line_malformed"),
            ("HTTP/1.1 200\tOK", "status_line_malformed"), (" HTTP/1.1 200 OK", "status_line_malformed"),
            ("\r\nHTTP/1.1 200 OK", "status_line_malformed"),
            ("ICY 200 OK", "status_line_malformed"), ("HTTP/1.1 200 O\rK", "bare_cr"), ("HTTP/1.1 200 O\nK", "bare_lf"),
            ("HTTP/1.1 200\nOK", "bare_lf"),
            ("HTTP/1.1 200 O\0K", "field_value_invalid"), ("HTTP/1.1 200 OK\r\nX: a\r\n b", "line_folded"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5,6", "content_length_duplicated"),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1", "content_length_invalid"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6", "content_length_duplicated"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked", "framing_te_and_cl"),
            ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked", "transfer_encoding_in_http10"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked", "transfer_encoding_unknown"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: identity", "transfer_encoding_invalid"),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding : chunked\r\nTransfer-Encoding: chunked", "transfer_encoding_duplicated"),
        ])
    func nonsense(_ text: String, _ code: String) throws {
        #expect(try Wire.response("\(text)\r\n\r\n") == code)
        #expect(try Wire.response("\(text)\r\n\r\n", to: .head) == code)
    }

    @Test(
        "The body ends where the request, the status and the fields together say",
        arguments: [
            ("200 OK\r\nContent-Length: 5", KnownMethod.get, BodyFraming.length(5), true),
            ("200 OK\r\nTransfer-Encoding: chunked", .get, .chunked, true),
            ("200 OK", .get, .untilClose, false), ("200 OK\r\nConnection: close\r\nContent-Length: 5", .get, .length(5), false),
            ("200 OK\r\nContent-Length: 5", .head, .none, true), ("200 OK", .head, .none, true),
            ("204 No Content", .get, .none, true),
            ("304 Not Modified\r\nContent-Length: 5", .get, .none, true), ("103 Early Hints", .get, .none, true),
            // What it announces would be taken for the next answer.
            ("204 x\r\nTransfer-Encoding: chunked", .get, .none, false), ("204 x\r\nContent-Length: 40", .get, .none, false),
            ("204 x\r\nContent-Length: 0", .get, .none, true),
            // Only under their very names.
            ("200 OK\r\nContent_Length: 3\r\nTransfer.Encoding: chunked", .get, .untilClose, false),
        ])
    func framing(_ text: String, _ method: KnownMethod, _ framing: BodyFraming, _ isPersistent: Bool) throws {
        var head = ResponseHead(names: try Wire.names())
        let input = ByteBuffer(string: "HTTP/1.1 \(text)\r\n\r\n")
        #expect(head.parse(input, answering: method) == .complete(length: input.readableBytes))
        #expect(head.framing == framing)
        #expect(head.isPersistent == isPersistent)
    }

    @Test("A connection to an HTTP/1.0 upstream is not used again")
    func oldVersion() throws {
        var head = ResponseHead(names: try Wire.names())
        _ = head.parse(
            ByteBuffer(string: "HTTP/1.0 200 OK\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n"), answering: .get)
        #expect(head.isPersistent == false)
        #expect(head.minorVersion == 0 && head.status == 200)
    }

    @Test("Interim responses are known, and 101 is none of them")
    func interim() throws {
        var head = ResponseHead(names: try Wire.names())
        for (status, isInterim) in [(100, true), (103, true), (199, true), (101, false), (200, false)] {
            _ = head.parse(ByteBuffer(string: "HTTP/1.1 \(status) x\r\n\r\n"), answering: .get)
            #expect(head.isInterim == isInterim && head.status == status)
        }
    }

    @Test("A head of 64 KiB passes and a longer one is nonsense; every prefix is incomplete")
    func size() throws {
        let start = "HTTP/1.1 200 OK\r\nX: "
        let filling = String(repeating: "v", count: 64 * 1024 - start.utf8.count - 4)
        #expect(try Wire.response(start + filling + "\r\n\r\n") == "ok")
        #expect(try Wire.response(start + filling + "v\r\n\r\n") == "head_too_large")
        let whole = Array("HTTP/1.1 200 OK\r\nA : b\r\nC:\r\n\r\n".utf8)
        for count in 0..<whole.count {
            #expect(try Wire.response(String(decoding: whole[..<count], as: UTF8.self)) == "incomplete")
        }
    }
}

import HTTPWire
import NIOCore
import Testing

@Suite("What legacy servers answer (RFC 9110 section 8.6, RFC 9112 sections 5.2 and 6; H1-05, H1-06, H1-07, H1-12, H1-13)")
struct LegacyResponseTests {
    /// What a client of HTTP/1.1 gets for a head, or the code of what is wrong with it.
    private static func clean(_ text: String, _ tolerance: ResponseTolerance = [], _ body: BodyFraming? = nil, persists: Bool? = nil) throws -> String
    {
        var head = ResponseHead(names: try Wire.names())
        var bytes = ByteBuffer(bytes: text.unicodeScalars.map { UInt8($0.value) })
        bytes.writeString("rest")
        switch head.read(&bytes, answering: .get, tolerating: tolerance) {
        case .incomplete: return "incomplete"
        case .refused(let fault): return fault.rawValue
        case .complete(let raw):
            #expect(String(buffer: bytes) == "rest")
            if let body { #expect(head.framing == body) }
            if let persists { #expect(head.isPersistent == persists) }
            var output = ByteBuffer()
            head.write(from: raw, to: &output, minorVersion: 1, close: false)
            // What is written is what the strict rules take.
            #expect(try Wire.response(String(buffer: output)) == "ok")
            return String(buffer: output)
        }
    }

    private static let all: ResponseTolerance = [.repeatedChunked, .lengthBesideChunked, .chunkedInHTTP10, .bareLF, .controlCharacters]

    @Test(
        "One Content-Length is made of several equal ones",
        arguments: [
            "Content-Length: 5\r\nContent-Length: 5", "Content-Length: 5, 5", "Content-Length: 5,5 ,\t5",
            "Content-Length: 5, 5\r\ncontent-length : 5",
            "Content-Length: 5 \t",
        ])
    func equalLengths(_ lines: String) throws {
        let written = try Self.clean("HTTP/1.1 200 OK\r\n\(lines)\r\nA: b\r\n\r\n", [], .length(5), persists: true)
        #expect(written == "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\n\r\n")
        // Never from a client.
        if lines != "Content-Length: 5 \t" { #expect(try Wire.fields(lines) != "ok") }
    }

    @Test(
        "Of unequal or malformed ones none is made, whatever is tolerated",
        arguments: [
            ("Content-Length: 5\r\nContent-Length: 6", "content_length_duplicated"), ("Content-Length: 5, 6", "content_length_duplicated"),
            ("Content-Length: 5, 5\r\nContent-Length: 6", "content_length_duplicated"), ("Content-Length: 5, 05", "content_length_duplicated"),
            ("Content-Length: 5,", "content_length_invalid"), ("Content-Length: ,5", "content_length_invalid"),
            ("Content-Length: 5,,5", "content_length_invalid"), ("Content-Length: 5 5", "content_length_invalid"),
            ("Content-Length:\r\nContent-Length: 5", "content_length_invalid"), ("Content-Length: 5\r\nContent-Length: +5", "content_length_invalid"),
            ("Content-Length: 5\r\nContent-Length: 18446744073709551621", "content_length_invalid"),
            ("Content-Length: 5;5", "content_length_invalid"),
            // A folded line that says where the body ends is not joined: readers differ about it.
            ("Content-Length: 5\r\n 5", "line_folded"), ("Content-Length:\r\n 5", "line_folded"), ("Transfer-Encoding :\r\n chunked", "line_folded"),
        ])
    func unequalLengths(_ lines: String, _ code: String) throws {
        for tolerance in [[], Self.all] { #expect(try Self.clean("HTTP/1.1 200 OK\r\n\(lines)\r\n\r\n", tolerance) == code) }
    }

    @Test(
        "A folded line is joined by a space",
        arguments: [
            ("A: b\r\n c", "A: b c"), ("A: b \r\n\t \tc\r\n d", "A: b  c d"), ("A:\r\n b", "A: b"),
            ("A: b\r\n Content-Length: 9", "A: b Content-Length: 9"),
            ("Set-Cookie: a=b;\r\n path=/\r\nX: y", "Set-Cookie: a=b; path=/\r\nX: y"),
        ])
    func folded(_ lines: String, _ clean: String) throws {
        #expect(
            try Self.clean("HTTP/1.1 200 OK\r\n\(lines)\r\nContent-Length: 5\r\n\r\n", [], .length(5), persists: true)
                == "HTTP/1.1 200 OK\r\n\(clean)\r\nContent-Length: 5\r\n\r\n")
    }

    @Test(
        "But not where readers differ about it",
        arguments: ["HTTP/1.1 200 OK\r\n A: b", "HTTP/1.1 200 OK\r\nA: b\r\n ", "HTTP/1.1 200 OK\r\nA: b\r\n \t\r\nC: d", "HTTP/1.1 200 OK\r\n "])
    func notFolded(_ head: String) throws {
        for tolerance in [[], Self.all] { #expect(try Self.clean("\(head)\r\n\r\n", tolerance) == "line_folded") }
    }

    /// A word, what it is for, and what it makes of that.
    static let words: [(ResponseTolerance, String, fault: String, clean: String, BodyFraming)] = [
        (.repeatedChunked, "200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: Chunked", "transfer_encoding_duplicated", chunked, .chunked),
        (.repeatedChunked, "200 OK\r\nTransfer-Encoding: chunked, chunked", "transfer_encoding_invalid", chunked, .chunked),
        (.lengthBesideChunked, "200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5", "framing_te_and_cl", chunked, .chunked),
        (.lengthBesideChunked, "200 OK\r\nContent-Length: 5, 5\r\nTransfer-Encoding: chunked", "framing_te_and_cl", chunked, .chunked),
        (.bareLF, "200 OK\nContent-Length: 5\r\nA: b", "bare_lf", "200 OK\r\nA: b\r\nContent-Length: 5", .length(5)),
        (.bareLF, "200\nA: b\n c\nContent-Length: 5", "bare_lf", "200 \r\nA: b c\r\nContent-Length: 5", .length(5)),
        (
            .controlCharacters, "200 O\u{1}K\r\nContent-Length: 5\r\nA: b\0c\u{7f}", "field_value_invalid", "200 O K\r\nA: b c\r\nContent-Length: 5",
            .length(5)
        ),
    ]
    private static let chunked = "200 OK\r\nTransfer-Encoding: chunked"

    @Test("What is tolerated by its own word is taken by that alone and written clean", arguments: words)
    func tolerated(_ word: ResponseTolerance, _ head: String, _ fault: String, _ clean: String, _ body: BodyFraming) throws {
        let head = "HTTP/1.1 \(head)\r\n\r\n"
        #expect(try Self.clean(head) == fault)
        #expect(try Self.clean(head, Self.all.subtracting(word)) == fault)
        #expect(try Self.clean(head, word, body, persists: word == .controlCharacters) == "HTTP/1.1 \(clean)\r\n\r\n")
    }

    @Test("HTTP/1.0 has chunks by a word, and its connection is never used again")
    func chunkedInHTTP10() throws {
        let head = "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n"
        #expect(try Self.clean(head, Self.all.subtracting(.chunkedInHTTP10)) == "transfer_encoding_in_http10")
        #expect(try Self.clean(head, .chunkedInHTTP10, .chunked, persists: false) == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    }

    @Test(
        "No word is for anything else than it says",
        arguments: [
            ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "transfer_encoding_duplicated"),
            ("Transfer-Encoding: gzip, chunked", "transfer_encoding_unknown"), ("Transfer-Encoding: chunked, gzip", "transfer_encoding_invalid"),
            ("Transfer-Encoding: chunked,, chunked", "transfer_encoding_invalid"), ("Transfer-Encoding: chunked,", "transfer_encoding_invalid"),
            ("Transfer-Encoding: \u{b}chunked", "field_value_invalid"),
            ("Transfer-Encoding: chunked\r\nContent-Length: 5, 6", "content_length_duplicated"),
            ("Transfer-Encoding: chunked\r\nContent-Length: x", "content_length_invalid"), ("Content-Length: 5\0", "field_value_invalid"),
            ("Content-Length: 5\r", "bare_cr"),
            ("A\0: b", "field_value_invalid"), ("A\rB: c", "bare_cr"), ("A b: c", "field_name_invalid"), ("no colon", "field_name_invalid"),
            ("Content-Length\0: 5", "field_value_invalid"), (": b", "field_name_invalid"),
        ])
    func intolerable(_ lines: String, _ code: String) throws {
        // With a fold, so that the head is mended and parsed again.
        for start in ["", "A: b\r\n c\r\n"] {
            let outcome = try Self.clean("HTTP/1.1 200 OK\r\n\(start)\(lines)\r\n\r\n", Self.all)
            #expect(outcome == code || (["field_value_invalid", "bare_cr"].contains(code) && outcome == "field_name_invalid"))
        }
        #expect(try Self.clean("HTTP/1.1\u{0}200 OK\r\n\r\n", Self.all) == "status_line_malformed")
    }

    @Test("A CR that ends no line becomes a space, and the connection is not used again")
    func bareCR() throws {
        let head = "HTTP/1.1 200 O\rK\r\nA: b\r\r\nContent-Length: 5\r\n\r\n"
        #expect(try Self.clean(head) == "bare_cr")
        #expect(
            try Self.clean(head, .controlCharacters, .length(5), persists: false) == "HTTP/1.1 200 O K\r\nA: b\r\nContent-Length: 5\r\n\r\n")
    }

    @Test("Every prefix of a head that must be mended is incomplete, and a head is never longer than 64 KiB")
    func size() throws {
        let whole = "HTTP/1.1 200 OK\nA: b\r\n c\0d\nE: f\r\n\n"
        for count in 0..<whole.utf8.count {
            var head = ResponseHead(names: try Wire.names())
            var bytes = ByteBuffer(string: String(decoding: Array(whole.utf8)[..<count], as: UTF8.self))
            guard case .incomplete = head.read(&bytes, answering: .get, tolerating: Self.all) else {
                Issue.record("\(count) octets")
                continue
            }
            #expect(bytes.readableBytes == count)
        }
        let filling = String(repeating: "v", count: 64 * 1024)
        #expect(try Self.clean("HTTP/1.1 200 OK\r\nA: b\r\n \(filling)\r\n\r\n") == "head_too_large")
        // With CR at each line it would be longer than it may be.
        let lines = String(repeating: "A: \(String(repeating: "v", count: 76))\n", count: 816)
        #expect(try Self.clean("HTTP/1.1 200 OK\n\(lines)\n", .bareLF) == "head_too_large")
    }

    @Test("A thousand fields are taken from an upstream, and not one more; from a client still a hundred")
    func fields() throws {
        func lines(_ count: Int) -> String { String(repeating: "A: b\r\n", count: count) }
        #expect(try Wire.response("HTTP/1.1 200 OK\r\n\(lines(1000))\r\n") == "ok")
        #expect(try Wire.response("HTTP/1.1 200 OK\r\n\(lines(1001))\r\n") == "fields_too_many")
        #expect(try Wire.request("GET / HTTP/1.1\r\nHost: a\r\n\(lines(99))\r\n") == "ok")
        #expect(try Wire.request("GET / HTTP/1.1\r\nHost: a\r\n\(lines(100))\r\n") == "fields_too_many")
    }
}

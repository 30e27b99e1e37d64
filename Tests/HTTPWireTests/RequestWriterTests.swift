import HTTPWire
import NIOCore
import Testing

@Suite("The request as the upstream gets it (FW-05, FW-07, FW-09, FW-10, FW-14, FW-17, H1-25, H1-26)")
struct RequestWriterTests {
    @Test("Target, names and values keep their octets; spacing and version are ours; our fields come last")
    func whole() throws {
        let text =
            "PURGE /a%2Fb//c/../d?x=%41;y HTTP/1.1\r\nhOsT: A.example:80\r\nACCEPT:a\r\nX-Empty:\r\nX-Tab:\t a\tb \t\r\nUtf: \u{e9}\r\n\r\n"
        let expected =
            "PURGE /a%2Fb//c/../d?x=%41;y HTTP/1.1\r\nHost: A.example:80\r\nACCEPT: a\r\nX-Empty: \r\nX-Tab: a\tb\r\nUtf: \u{e9}\r\n"
            + "Via: 1.1 holdfast\r\n\(Wire.trustedLine)\r\n"
        #expect(try Wire.forwarded(text) == expected)
    }

    @Test("HTTP/1.0 and later minor versions go on as HTTP/1.1, and Via tells what was received after what was there")
    func versions() throws {
        #expect(
            try Wire.forwarded("GET / HTTP/1.0\r\nHost: a\r\nVia: 1.0 fred\r\n\r\n", trusted: "")
                == "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.0 fred\r\nVia: 1.0 holdfast\r\n\r\n")
        #expect(
            try Wire.forwarded("GET / HTTP/1.9\r\nHost: a\r\n\r\n", trusted: "")
                == "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 holdfast\r\n\r\n")
    }

    @Test("The framing is written anew, once, whatever Connection and spelling tried")
    func framing() throws {
        #expect(
            try Wire.forwarded("POST / HTTP/1.1\r\nHost: a\r\ncontent-length:007\r\nContent_Length: 9\r\n\r\n", trusted: "")
                == "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\nVia: 1.1 holdfast\r\n\r\n")
        #expect(
            try Wire.forwarded(
                "POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: CHUNKED\r\nTE: trailers\r\nTrailer: X\r\n\r\n", trusted: "")
                == "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nVia: 1.1 holdfast\r\n\r\n")
        #expect(
            try Wire.forwarded("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\n\r\n", trusted: "")
                == "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9223372036854775807\r\nVia: 1.1 holdfast\r\n\r\n")
    }

    @Test("Authorization passes octet for octet, or not at all")
    func authorization() throws {
        let text = "GET / HTTP/1.1\r\nHost: a\r\nAUTHORIZATION:  bearer  a.b-c_d~== \r\n\r\n"
        #expect(
            try Wire.forwarded(text, trusted: "")
                == "GET / HTTP/1.1\r\nHost: a\r\nAUTHORIZATION: bearer  a.b-c_d~==\r\nVia: 1.1 holdfast\r\n\r\n")
        #expect(
            try Wire.forwarded(text, removesAuthorization: true, trusted: "")
                == "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 holdfast\r\n\r\n")
    }

    @Test("Max-Forwards goes down for OPTIONS and TRACE, and is nobody's business elsewhere")
    func maxForwards() throws {
        #expect(
            try Wire.forwarded("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 5\r\n\r\n", trusted: "")
                == "OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 4\r\nVia: 1.1 holdfast\r\n\r\n")
        #expect(
            try Wire.forwarded("GET / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 5x\r\n\r\n", trusted: "")
                == "GET / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 5x\r\nVia: 1.1 holdfast\r\n\r\n")
        #expect(try Wire.request("OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: 5x\r\n\r\n") == "max_forwards_invalid")
        #expect(try Wire.request("TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: -1\r\n\r\n") == "max_forwards_invalid")
        var head = RequestHead(names: try Wire.names())
        _ = Array("OPTIONS / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n".utf8).withUnsafeBytes { head.parse($0) }
        #expect(head.maxForwards == 0)
    }

    @Test("An upgrade to h2c is not offered to the upstream")
    func h2c() throws {
        let lines = ["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA"]
        #expect(try Wire.survivors(lines) == [])
    }

    @Test("Only the head is written, into a buffer that may already hold something, and nothing of the body")
    func position() throws {
        var head = RequestHead(names: try Wire.names())
        var input = ByteBuffer(string: "junkPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody")
        input.moveReaderIndex(forwardBy: 4)
        #expect(head.parse(input) == .complete(length: input.readableBytes - 4))
        let rewrite = try #require(RequestRewrite(pseudonym: "holdfast", removesAuthorization: false))
        var output = ByteBuffer(string: "before|")
        head.write(from: input, to: &output, rewrite, trusted: [])
        #expect(String(buffer: output) == "before|POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nVia: 1.1 holdfast\r\n\r\n")
        #expect(input.readableBytes == head.length + 4)
    }

    @Test("A head of the greatest size, of the shortest fields, fits the room computed for it")
    func greatest() throws {
        let lines = (0..<99).map { _ in "a:b\r\n" }.joined()
        let forwarded = try #require(try Wire.forwarded("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n"))
        #expect(forwarded.split(separator: "\r\n").filter { $0 == "a: b" }.count == 99)
    }

    @Test("The next message on the same value owes nothing to the one before")
    func reuse() throws {
        var head = RequestHead(names: try Wire.names())
        let first =
            "OPTIONS http://h/x?y HTTP/1.0\r\nMax-Forwards: 3\r\nAuthorization: x\r\nCookie: a\r\nSSL-X: y\r\nConnection: cookie\r\nContent-Length: 3\r\n\r\n"
        let second = "GET /z HTTP/1.1\r\nHost: b\r\n\r\n"
        _ = Array(first.utf8).withUnsafeBytes { head.parse($0) }
        #expect(head.identityFields == 1 && head.authorizationCount == 1 && head.protectedNominations == 1)
        #expect(Array(second.utf8).withUnsafeBytes { head.parse($0) } == .complete(length: second.utf8.count))
        #expect(head.identityFields == 0 && head.authorizationCount == 0 && head.protectedNominations == 0)
        #expect(head.maxForwards == nil && head.query == nil && head.framing == BodyFraming.none && head.isPersistent)
        #expect(head.form == .origin && head.authorization == nil && head.fieldCount == 1)
    }

    @Test("A pseudonym that is no token is refused", arguments: ["", "a b", "a\r\nX: y", "a,b", "é"])
    func pseudonym(_ name: String) {
        #expect(RequestRewrite(pseudonym: name, removesAuthorization: false) == nil)
        #expect(RequestRewrite(pseudonym: "holdfast", removesAuthorization: false) != nil)
    }
}

import HTTPWire
import Testing

@Suite("Where a request body ends (RFC 9112 section 6; H1-07 to H1-11, FW-16, FW-20)")
struct RequestFramingTests {
    private func framing(_ lines: String...) throws -> BodyFraming? {
        var head = RequestHead(names: try Wire.names())
        let text = "POST / HTTP/1.1\r\nHost: a\r\n" + lines.map { $0 + "\r\n" }.joined() + "\r\n"
        guard case .complete = Array(text.utf8).withUnsafeBytes({ head.parse($0) }) else { return nil }
        return head.framing
    }

    @Test("Each framing is told")
    func told() throws {
        #expect(try framing() == BodyFraming.none)
        #expect(try framing("Content-Length: 0") == .length(0))
        #expect(try framing("content-length: 0042 ") == .length(42))
        #expect(try framing("Content-Length: 9223372036854775807") == .length(.max))
        #expect(try framing("Transfer-Encoding: chunked") == .chunked)
        #expect(try framing("TRANSFER-ENCODING:\tChunKed ") == .chunked)
    }

    @Test("Transfer-Encoding beside Content-Length is refused in both orders (H1-07)")
    func both() throws {
        #expect(try Wire.fields("Transfer-Encoding: chunked", "Content-Length: 5") == "framing_te_and_cl")
        #expect(try Wire.fields("Content-Length: 5", "Transfer-Encoding: chunked") == "framing_te_and_cl")
        #expect(try Wire.fields("Content-Length: 0", "Transfer-Encoding: x") == "framing_te_and_cl")
    }

    @Test("Transfer-Encoding in HTTP/1.0 is refused (H1-08)")
    func oldVersion() throws {
        #expect(
            try Wire.request("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n") == "transfer_encoding_in_http10")
        #expect(try Wire.request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n") == "ok")
    }

    @Test(
        "Only `chunked`, alone and once, is a transfer coding; one we do not know is 501 where the end would still be certain (H1-09, H1-10)",
        arguments: [
            ("identity", "transfer_encoding_invalid"), ("chunked, identity", "transfer_encoding_invalid"),
            ("xchunked", "transfer_encoding_invalid"),
            ("chunked;q=1", "transfer_encoding_invalid"), ("chunked, chunked", "transfer_encoding_invalid"),
            ("\"chunked\"", "transfer_encoding_invalid"),
            ("", "transfer_encoding_invalid"), (",", "transfer_encoding_invalid"), ("chunked,", "transfer_encoding_invalid"),
            (", chunked", "transfer_encoding_invalid"), ("chunke", "transfer_encoding_invalid"),
            ("chunked chunked", "transfer_encoding_invalid"),
            ("gzip", "transfer_encoding_invalid"), ("gzip;x, chunked", "transfer_encoding_invalid"),
            ("gzip, chunked, chunked", "transfer_encoding_invalid"), ("\u{0b}chunked", "field_value_invalid"),
            ("gzip, chunked", "transfer_encoding_unknown"), ("identity,chunked", "transfer_encoding_unknown"),
        ])
    func codings(_ value: String, _ code: String) throws {
        #expect(try Wire.fields("Transfer-Encoding: \(value)") == code)
        #expect(WireFault.transferEncodingUnknown.status == 501)
    }

    @Test(
        "Content-Length is digits and nothing else (H1-11)",
        arguments: [
            "+5", "-1", "0x5", "5 5", "5,6", "5, 5", "18446744073709551617", "9223372036854775808", "00000000000000000005", "",
            "5.0", "5e1", "\u{663}",
            "5;x", "five",
        ])
    func lengths(_ value: String) throws {
        #expect(try Wire.fields("Content-Length: \(value)") == "content_length_invalid")
        #expect(try Wire.fields("Content-Length: 5") == "ok")
    }

    @Test("A field that may stand once stands once (FW-20)")
    func duplicates() throws {
        #expect(try Wire.fields("Content-Length: 5", "Content-Length: 5") == "content_length_duplicated")
        #expect(try Wire.fields("Transfer-Encoding: chunked", "Transfer-Encoding: chunked") == "transfer_encoding_duplicated")
        for line in ["Content-Type: a/b", "DPoP: x", "Expect: 100-continue", "Max-Forwards: 1"] {
            #expect(try Wire.fields(line) == "ok")
            #expect(try Wire.fields(line, "A: b", line) == "field_duplicated")
        }
    }

    @Test("Fields that may repeat do, and Authorization is counted for policy to judge")
    func repeats() throws {
        #expect(try Wire.fields("Accept: a", "Accept: b", "Cookie: a=b", "Cookie: c=d", "Via: 1.0 x", "Via: 1.0 y") == "ok")
        var head = RequestHead(names: try Wire.names())
        let octets = Array("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nauthorization: Bearer y\r\n\r\n".utf8)
        _ = octets.withUnsafeBytes { head.parse($0) }
        #expect(head.authorizationCount == 2)
        #expect(head.authorization.map { String(decoding: octets[$0], as: UTF8.self) } == "Bearer x")
    }

    @Test("An expectation other than 100-continue is 417, and 100-continue counts only where a body will come")
    func expectations() throws {
        #expect(try Wire.fields("Expect: 200-ok") == "expectation_unknown")
        #expect(try Wire.fields("Expect: 100-continue, x") == "expectation_unknown")
        #expect(WireFault.expectationUnknown.status == 417)
        for (text, expects) in [
            ("HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n", true),
            ("HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n", true),
            ("HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n", false),
            ("HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", false),
            ("HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", false),
        ] {
            var head = RequestHead(names: try Wire.names())
            _ = Array("POST / \(text)".utf8).withUnsafeBytes { head.parse($0) }
            #expect(head.expectsContinue == expects, "\(text)")
        }
    }
}

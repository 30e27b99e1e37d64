import HTTPWire
import NIOCore
import Testing

@Suite("Host and the absolute form (RFC 9112 section 3.2; H1-01, H1-02)")
struct HostTests {
    @Test(
        "One valid Host is accepted",
        arguments: [
            "a", "a.example", "A.Example.:8443", "a_b-c~d", "127.0.0.1", "a:0", "a:00080", "a:65535", "[::1]", "[::]:443",
            "[1:2:3:4:5:6:7:8]",
            "[2001:db8::ff]", "[::ffff:192.0.2.1]:80", "[1:2:3:4:5:6:1.2.3.4]", "[1::8]", "[1:2:3:4:5:6:7::]",
        ])
    func accepts(_ host: String) throws {
        #expect(try Wire.request("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == "ok")
        #expect(try Wire.request("GET http://\(host)/ HTTP/1.1\r\nHost: x\r\n\r\n") == "ok")
    }

    @Test(
        "An invalid Host is refused, in the field and in the target",
        arguments: [
            "a b", "a,b", "u@h", "h/x", "h:99999", "h:65536", "h:", "h:+1", "h:1:2", ":80", "h%41", "h;x", "h*", "h\u{e9}",
            "[::1", "::1", "[]", "[:]",
            "[:::]", "[1:2]", "[1:2:3:4:5:6:7:8:9]", "[1::2::3]", "[12345::]", "[::g]", "[::1%25eth0]", "[v1.x]", "[::1.2.3]",
            "[::1.2.3.256]",
            "[::1.2.3.4.5]", "[1.2.3.4]", "[::1]x", "[::1]:", "[::1]:x", "[1:2:3:4:5:6:7:1.2.3.4]", "[1:]", "[:1]", "[::1.2.3.]",
        ])
    func refuses(_ host: String) throws {
        #expect(try Wire.request("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == "host_invalid")
        guard !host.contains("/") else { return }
        #expect(try Wire.request("GET http://\(host)/ HTTP/1.1\r\nHost: x\r\n\r\n") != "ok")
    }

    @Test("No Host, an empty one and two are refused, even when they agree (H1-01)")
    func count() throws {
        #expect(try Wire.request("GET / HTTP/1.1\r\n\r\n") == "host_missing")
        #expect(try Wire.request("GET / HTTP/1.2\r\n\r\n") == "host_missing")
        #expect(try Wire.request("GET http://a/ HTTP/1.1\r\n\r\n") == "host_missing")
        #expect(try Wire.request("GET / HTTP/1.1\r\nHost:\r\n\r\n") == "host_invalid")
        #expect(try Wire.request("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n") == "host_duplicated")
        #expect(try Wire.request("GET / HTTP/1.1\r\nHost: a\r\nhOST: b\r\n\r\n") == "host_duplicated")
    }

    @Test("The upstream's own Host takes the place of the client's where that is asked for, and is the only one")
    func replaced() throws {
        let rewrite = try #require(RequestRewrite(pseudonym: "p", removesAuthorization: false, defaultHost: "api:8080", replacesHost: true))
        for line in ["GET /x HTTP/1.1\r\nHost: a\r\n\r\n", "GET https://b/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x HTTP/1.0\r\n\r\n"] {
            let source = ByteBuffer(string: line)
            var head = RequestHead(limits: .request, names: try StripList(trustedHeader: "X-T"))
            guard case .complete = head.parse(source) else {
                Issue.record("\(line)")
                continue
            }
            var out = ByteBuffer()
            head.write(from: source, to: &out, rewrite, trusted: [])
            #expect(String(buffer: out).hasPrefix("GET /x HTTP/1.1\r\nHost: api:8080\r\nVia: 1."))
        }
    }

    @Test("HTTP/1.0 may leave Host out, and the upstream then gets its own (RFC 9112 section 3.2)")
    func oldVersion() throws {
        #expect(
            try Wire.forwarded("GET /x HTTP/1.0\r\n\r\n", trusted: "") == "GET /x HTTP/1.1\r\nHost: localhost\r\nVia: 1.0 holdfast\r\n\r\n")
        #expect(
            try Wire.forwarded("GET /x HTTP/1.0\r\nHost: a\r\n\r\n", trusted: "") == "GET /x HTTP/1.1\r\nHost: a\r\nVia: 1.0 holdfast\r\n\r\n")
        #expect(try Wire.request("GET / HTTP/1.0\r\nHost:\r\n\r\n") == "host_invalid")
        #expect(try Wire.request("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n") == "host_duplicated")
    }

    @Test("The host of an absolute target replaces Host, and the target becomes origin-form (H1-02)")
    func absolute() throws {
        #expect(
            try Wire.forwarded("GET https://b:81/x?y HTTP/1.1\r\nHost: a\r\n\r\n", trusted: "")
                == "GET /x?y HTTP/1.1\r\nHost: b:81\r\nVia: 1.1 holdfast\r\n\r\n")
        #expect(
            try Wire.forwarded("GET http://b HTTP/1.1\r\nHost: a\r\n\r\n", trusted: "")
                == "GET / HTTP/1.1\r\nHost: b\r\nVia: 1.1 holdfast\r\n\r\n")
        #expect(
            try Wire.forwarded("GET http://b?q HTTP/1.0\r\n\r\n", trusted: "")
                == "GET /?q HTTP/1.1\r\nHost: b\r\nVia: 1.0 holdfast\r\n\r\n")
    }
}

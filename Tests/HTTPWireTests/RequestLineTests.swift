import HTTPWire
import Testing

@Suite("Request line (RFC 9112 sections 2.2 and 3; H1-15, H1-16, H1-17)")
struct RequestLineTests {
    @Test(
        "A line by the grammar is accepted",
        arguments: [
            "GET / HTTP/1.1", "GET / HTTP/1.0", "GET / HTTP/1.2", "PURGE /x HTTP/1.1", "get / HTTP/1.1", "M-SEARCH /a HTTP/1.1",
            "GET /a%2Fb//c/../d?x=%41;y HTTP/1.1", "GET /?filter[a]={b}|^`%zz HTTP/1.1", "GET /~a!$&'()*+,;=:@ HTTP/1.1",
            "GET //evil.example/ HTTP/1.1", "GET http://b.example HTTP/1.1", "GET HTTPS://b.example:8443/x?y HTTP/1.1",
            "OPTIONS * HTTP/1.1", "CONNECT a:443 HTTP/1.1", "options * HTTP/1.1", "connect a:443 HTTP/1.1", "connect / HTTP/1.1",
            "POST /a[0]{b}|c^d`e<f>\"g\"\\h?i[0]{j}|k^l`m<n>\"o\"\\p HTTP/1.1",
        ])
    func accepts(_ line: String) throws {
        #expect(try Wire.request("\(line)\r\nHost: a\r\n\r\n") == "ok")
    }

    @Test(
        "Anything else is refused, by its own code (H1-16)",
        arguments: [
            ("GET  / HTTP/1.1", "request_line_malformed"), ("GET / HTTP/1.1 ", "request_line_malformed"),
            ("GET /  HTTP/1.1", "request_line_malformed"), ("GET /", "request_line_malformed"),
            ("GET / HTTP/1.2x", "request_line_malformed"), ("GET / http/1.1", "request_line_malformed"),
            ("GET / HTTP/11", "request_line_malformed"), ("GET / HTTP/1.", "request_line_malformed"),
            ("GET / HTTPS/1.1", "request_line_malformed"), ("GET /a b HTTP/1.1", "request_line_malformed"),
            ("GET / HTTP/2.0", "version_unsupported"), ("PRI * HTTP/2.0", "target_invalid"),
            ("GET / HTTP/0.9", "version_unsupported"),
            (" GET / HTTP/1.1", "method_invalid"), ("G(T / HTTP/1.1", "method_invalid"), ("GET\t/ HTTP/1.1", "method_invalid"),
            ("G\u{e9}T / HTTP/1.1", "method_invalid"), ("GET", "method_invalid"),
            ("GET a HTTP/1.1", "target_invalid"), ("GET * HTTP/1.1", "target_invalid"), ("OPTIONS *x HTTP/1.1", "target_invalid"),
            ("GET /\t HTTP/1.1", "target_invalid"), ("GET /\u{7f} HTTP/1.1", "target_invalid"),
            ("GET /\0 HTTP/1.1", "target_invalid"),
            ("GET /\u{e9} HTTP/1.1", "target_invalid"), ("GET /#f HTTP/1.1", "target_invalid"),
            ("GET /?q#f HTTP/1.1", "target_invalid"),
            ("GET /%2 HTTP/1.1", "target_invalid"),
            ("GET /%zz HTTP/1.1", "target_invalid"), ("GET /%% HTTP/1.1", "target_invalid"),
            ("GET ftp://b/ HTTP/1.1", "target_invalid"), ("GET http:/b HTTP/1.1", "target_invalid"),
            ("GET http:/// HTTP/1.1", "target_invalid"),
            ("GET http://u@b/ HTTP/1.1", "target_invalid"), ("GET http://b:99999/ HTTP/1.1", "target_invalid"),
            ("GET http://?x HTTP/1.1", "target_invalid"), ("GET a:443 HTTP/1.1", "target_invalid"),
            ("CONNECT / HTTP/1.1", "target_invalid"), ("CONNECT a HTTP/1.1", "target_invalid"),
            ("CONNECT a:443?x HTTP/1.1", "target_invalid"),
        ])
    func refuses(_ line: String, _ code: String) throws {
        #expect(try Wire.request("\(line)\r\nHost: a\r\n\r\n") == code)
    }

    @Test("Every visible octet of ASCII but # goes on as it came, in a path and in a query (FW-10)", arguments: 0x21...0x7e as ClosedRange<UInt8>)
    func targetOctets(octet: UInt8) throws {
        let character = octet == UInt8(ascii: "%") ? "%25" : String(UnicodeScalar(octet))
        for target in ["/a\(character)b", "/a?b\(character)c", "/\(character)"] {
            let text = "GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n"
            if octet == UInt8(ascii: "#") {
                #expect(try Wire.request(text) == "target_invalid")
            } else {
                #expect(try Wire.forwarded(text)?.hasPrefix("GET \(target) HTTP/1.1\r\n") == true)
            }
        }
    }

    @Test("A known method in another case is told apart from an unknown one and from itself")
    func miscased() throws {
        func isMiscased(_ method: String) throws -> Bool {
            var head = RequestHead(names: try Wire.names())
            _ = Array("\(method) / HTTP/1.1\r\nHost: a\r\n\r\n".utf8).withUnsafeBytes { head.parse($0) }
            return head.isMethodMiscased && head.method == .other
        }
        for method in ["get", "gET", "Head", "pOST", "put", "deletE", "patch", "OPTIOnS", "trace", "Connect"] { #expect(try isMiscased(method)) }
        for method in ["GET", "HEAD", "OPTIONS", "TRACE", "gets", "ge", "propfind", "POS\u{1}", "g!t", "'ET", "P5T"] {
            #expect(try !isMiscased(method), "\(method)")
        }
    }

    @Test("A method of 32 octets passes and a longer one is 501, before its end is seen")
    func methodLength() throws {
        #expect(try Wire.request(String(repeating: "M", count: 32) + " / HTTP/1.1\r\nHost: a\r\n\r\n") == "ok")
        #expect(try Wire.request(String(repeating: "M", count: 33)) == "method_too_long")
        #expect(WireFault.methodTooLong.status == 501)
    }

    @Test("A target of 8 KiB passes and a longer one is 414, before its end is seen (H1-15)")
    func targetLength() throws {
        let target = "/" + String(repeating: "a", count: 8191)
        #expect(try Wire.request("GET \(target) HTTP/1.1\r\nHost: a\r\n\r\n") == "ok")
        #expect(try Wire.request("GET \(target)a") == "target_too_long")
        #expect(WireFault.targetTooLong.status == 414)
    }

    @Test("Up to two empty lines before the request are passed over, a third is not (H1-17)")
    func emptyLines() throws {
        let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        #expect(try Wire.request("\r\n" + request) == "ok")
        #expect(try Wire.request("\r\n\r\n" + request) == "ok")
        #expect(try Wire.request("\r\n\r\n\r\n" + request) == "empty_lines_excessive")
        #expect(try Wire.request("\n" + request) == "bare_lf")
        #expect(try Wire.request("\r" + request) == "bare_cr")
    }

    @Test("Method, target, path and query are told by where they lie")
    func ranges() throws {
        let text = "POST http://b.example:81/p/q?x=1?y HTTP/1.0\r\nHost: a\r\n\r\n"
        var head = RequestHead(names: try Wire.names())
        let octets = Array(text.utf8)
        let progress = octets.withUnsafeBytes { head.parse($0) }
        func piece(_ range: Range<Int>) -> String { String(decoding: octets[range], as: UTF8.self) }
        #expect(progress == .complete(length: octets.count))
        #expect(head.method == .post)
        #expect(piece(head.methodRange) == "POST")
        #expect(head.form == .absolute)
        #expect(piece(head.target) == "http://b.example:81/p/q?x=1?y")
        #expect(piece(head.path) == "/p/q")
        #expect(head.query.map(piece) == "x=1?y")
        #expect(piece(head.host) == "b.example:81")
        #expect(head.minorVersion == 0)
    }

    @Test(
        "Known methods are known by their exact spelling",
        arguments: [
            ("GET", KnownMethod.get), ("HEAD", .head), ("POST", .post), ("PUT", .put), ("DELETE", .delete), ("PATCH", .patch),
            ("OPTIONS", .options), ("TRACE", .trace), ("get", .other), ("GETS", .other), ("PROPFIND", .other),
            ("OPTIONSX", .other),
        ])
    func knownMethods(_ name: String, _ method: KnownMethod) throws {
        var head = RequestHead(names: try Wire.names())
        _ = Array("\(name) / HTTP/1.1\r\nHost: a\r\n\r\n".utf8).withUnsafeBytes { head.parse($0) }
        #expect(head.method == method)
    }

    @Test("Every prefix of a request is incomplete, never refused and never complete")
    func prefixes() throws {
        let octets = Array("\r\nOPTIONS http://a/b?c HTTP/1.1\r\nHost: a:1\r\nX-Y:  z \r\nEmpty:\r\n\r\n".utf8)
        for count in 0..<octets.count { #expect(try Wire.request(Array(octets[..<count])) == "incomplete", "\(count)") }
        #expect(try Wire.request(octets) == "ok")
    }
}

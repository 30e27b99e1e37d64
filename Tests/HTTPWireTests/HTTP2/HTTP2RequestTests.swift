import HTTPWire
import NIOCore
import Testing

@Suite("Requests of HTTP/2 in HTTP/1.1's form (RFC 9113 section 8)")
struct HTTP2RequestTests {
    private func request(_ fields: [(String, String)], endsStream: Bool = true, offersWebSocket: Bool = false) -> String {
        var reading = HTTP2Reading()
        return reading.request(fields, endsStream: endsStream, offersWebSocket: offersWebSocket)
    }

    /// `GET /` of `a` with further fields: what stands between Host and the empty line, or the fault.
    private func with(_ fields: (String, String)..., endsStream: Bool = true) -> String {
        let outcome = request(Block.get + fields, endsStream: endsStream)
        let opening = "GET / HTTP/1.1\r\nhost: a\r\n"
        return outcome.hasPrefix(opening) && outcome.hasSuffix("\r\n\r\n") ? String(outcome.dropFirst(opening.count).dropLast()) : outcome
    }

    /// `GET /` of `a` with one pseudo-field of another value, or without it.
    private func with(pseudo name: String, _ value: String?) -> String {
        request(Block.get.compactMap { $0.0 == name ? value.map { (name, $0) } : $0 })
    }

    @Test("Fields that are of a connection are refused, each, and TE with anything but trailers (H2-01)")
    func connectionFields() {
        for name in ["connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"] {
            for value in ["", "close", "chunked", "trailers"] { #expect(with((name, value)) == "malformed connection_field_forbidden") }
        }
        for value in ["", "gzip", "trailers, gzip", "trailers;q=1", "trailer"] {
            #expect(with(("te", value)) == "malformed connection_field_forbidden")
        }
        #expect(with(("te", "trailers")) == "te: trailers\r\n")
        for name in ["trailer", "http2-settings", "keep-alives", "connections", "upgrad", "proxy-authorization"] {
            #expect(with((name, "x")) == "\(name): x\r\n")
        }
    }

    @Test("A name is a token without capital letters (H2-02)")
    func names() {
        for octet in UInt8.min...UInt8.max {
            for (before, after) in [("", ""), ("a", "b"), ("abcdefgh", ""), ("abcdefg", "hijklmnopq")] {
                let name = Array(before.utf8) + [octet] + Array(after.utf8)
                let isName =
                    octet < 0x7f && !("A"..."Z").contains(UnicodeScalar(octet))
                    && "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz".utf8.contains(octet)
                var reading = HTTP2Reading()
                let outcome = reading.request(Block.of(Block.get) + [0] + Block.string(name) + Block.string("v"))
                if octet == 0x3a, before.isEmpty {
                    #expect(outcome == "malformed pseudo_field_misplaced" || outcome == "malformed pseudo_field_unknown")
                } else {
                    #expect((outcome == "malformed field_name_invalid") == !isName, "\(octet)")
                    #expect(isName == outcome.hasPrefix("GET / HTTP/1.1\r\n"), "\(octet)")
                }
            }
        }
        #expect(with(("", "x")) == "malformed field_name_invalid")
        for name in ["Foo", "a b", "a:b", "a\r\nb", "cookie ", " host", "content-Length"] {
            #expect(with((name, "x")) == "malformed field_name_invalid")
        }
    }

    @Test("A value has no control character anywhere, and no blank at its ends (H2-03)")
    func values() {
        for value in ["x\r\nTH: forged", "x\n", "\r", "\0", "a\0b", "\u{7f}", "x\u{1}y"] {
            for filling in ["", "f", String(repeating: "f", count: 100)] {
                for name in ["x", "cookie", "user-agent"] { #expect(with((name, filling + value + filling)) == "malformed field_value_invalid") }
            }
        }
        for value in [" ", "\t", " x", "x ", "\tx", "x\t", String(repeating: "f", count: 100) + " "] {
            #expect(with(("x", value)) == "malformed field_value_invalid")
        }
        for value in ["", "x", "a b", "a\tb", "é", "\u{80}\u{ff}", "a: b", String(repeating: "v", count: 1000)] {
            #expect(with(("x", value)) == "x: \(value)\r\n")
        }
    }

    @Test("Each pseudo-field is there once, before all others, and none that is not known (H2-04)")
    func pseudoFields() {
        for name in [":method", ":scheme", ":path"] {
            #expect(with(pseudo: name, nil) == "malformed pseudo_field_missing")
            let again = Block.get.filter { $0.0 == name }
            #expect(request(Block.get + again) == "malformed pseudo_field_repeated")
        }
        #expect(request(Block.get + [(":authority", "a")]) == "malformed pseudo_field_repeated")
        for name in [":status", ":protocol", ":foo", ":", ":Method", ":paths", "::path"] {
            #expect(request(Block.get + [(name, "200")]) == "malformed pseudo_field_unknown", "\(name)")
        }
        for late in Block.get {
            let early = Block.get.filter { $0.0 != late.0 }
            let outcome = request(early + [("x", "y"), late])
            #expect(outcome == (late.0 == ":authority" ? "malformed pseudo_field_misplaced" : "malformed pseudo_field_missing"))
            #expect(request(Block.get + [("x", "y"), late]) == "malformed pseudo_field_misplaced")
        }
        #expect(request([("x", "y")] + Block.get) == "malformed pseudo_field_missing")
        #expect(request([]) == "malformed pseudo_field_missing")
        #expect(request(Block.get.reversed()) == "GET / HTTP/1.1\r\nhost: a\r\n\r\n")
    }

    @Test(
        "What a request line is made of is checked before there is one (H2-05)",
        arguments: [
            (":method", "GET / HTTP/1.1\r\n", "malformed method_invalid"), (":method", "", "malformed method_invalid"),
            (":method", "G T", "malformed method_invalid"), (":method", "GET\t", "malformed method_invalid"),
            (":method", "G\u{e9}T", "malformed method_invalid"),
            (":method", String(repeating: "M", count: 33), "refused method_too_long"),
            (":path", "/ HTTP/1.1\r\nHost: x", "malformed target_invalid"), (":path", "", "malformed target_invalid"),
            (":path", "a", "malformed target_invalid"), (":path", "http://b/", "malformed target_invalid"),
            (":path", "/a b", "malformed target_invalid"),
            (":path", "/#", "malformed target_invalid"), (":path", "/\u{7f}", "malformed target_invalid"),
            (":path", "/\t", "malformed target_invalid"),
            (":path", "/é", "malformed target_invalid"), (":path", "*", "malformed target_invalid"), (":path", "*x", "malformed target_invalid"),
            (":path", "/" + String(repeating: "p", count: 8192), "refused target_too_long"),
            (":scheme", "http", "malformed scheme_invalid"), (":scheme", "", "malformed scheme_invalid"),
            (":scheme", "https:", "malformed scheme_invalid"),
            (":scheme", "ftp", "malformed scheme_invalid"), (":scheme", "https\r\n", "malformed scheme_invalid"),
            (":authority", "a@b", "malformed host_invalid"), (":authority", "", "malformed host_invalid"),
            (":authority", "a b", "malformed host_invalid"),
            (":authority", "a/b", "malformed host_invalid"), (":authority", "a:", "malformed host_invalid"),
            (":authority", "a:65536", "malformed host_invalid"),
            (":authority", "a\r\nx: y", "malformed host_invalid"), (":authority", "a,b", "malformed host_invalid"),
            (":authority", "[::1", "malformed host_invalid"),
            (":authority", String(repeating: "a", count: 513), "malformed host_invalid"),
        ])
    func pseudoValues(_ name: String, _ value: String, _ outcome: String) {
        #expect(with(pseudo: name, value) == outcome)
    }

    @Test("What they may be becomes the line as it came (H2-05)")
    func lines() {
        #expect(with(pseudo: ":path", "/a%2Fb?x=\"y\"&{z}") == "GET /a%2Fb?x=\"y\"&{z} HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(with(pseudo: ":path", "/" + String(repeating: "p", count: 8191)).hasPrefix("GET /ppp"))
        #expect(with(pseudo: ":method", "M-SEARCH") == "M-SEARCH / HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(with(pseudo: ":method", String(repeating: "M", count: 32)).hasPrefix("MMM"))
        #expect(with(pseudo: ":scheme", "HTTPS") == "GET / HTTP/1.1\r\nhost: a\r\n\r\n")
        #expect(with(pseudo: ":authority", "[::1]:8443") == "GET / HTTP/1.1\r\nhost: [::1]:8443\r\n\r\n")
        #expect(
            request([(":method", "OPTIONS"), (":scheme", "https"), (":authority", "a"), (":path", "*")]) == "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n")
    }

    @Test("Host says what :authority says, and it is :authority that goes on (H2-06)")
    func hostBesideAuthority() {
        func both(_ authority: String, _ host: String) -> String {
            request([(":method", "GET"), (":scheme", "https"), (":authority", authority), (":path", "/"), ("x", "y"), ("host", host)])
        }
        for (authority, host) in [
            ("a", "a"), ("A.example:443", "a.example"), ("a.example", "A.EXAMPLE:443"), ("a:8443", "A:8443"), ("[::1]:443", "[::1]"),
        ] {
            #expect(both(authority, host) == "GET / HTTP/1.1\r\nhost: \(authority)\r\nx: y\r\n\r\n")
        }
        for (authority, host) in [
            ("a", "b"), ("a", ""), ("a", "a:8443"), ("a:443", "a:8443"), ("a", "a:4433"), ("a", "a:"), ("aa", "a"), ("a", "a.example"), ("x", ":443"),
        ] {
            #expect(both(authority, host) == "malformed host_differs", "\(authority) \(host)")
        }
        #expect(with(("host", "a"), ("host", "a")) == "malformed host_duplicated")
    }

    @Test("Host alone will do, and neither is 400 (H2-07)")
    func hostAlone() {
        let rest = Block.get.filter { $0.0 != ":authority" }
        #expect(request(rest + [("x", "y"), ("host", "b:8443")]) == "GET / HTTP/1.1\r\nx: y\r\nhost: b:8443\r\n\r\n")
        #expect(request(rest) == "refused host_missing")
        #expect(request(rest + [("x", "y")]) == "refused host_missing")
        #expect(request(rest + [("host", "b"), ("host", "b")]) == "malformed host_duplicated")
        #expect(WireFault.hostMissing.status == 400)
    }

    @Test("Cookies become one line, in their order, wherever they stand (H2-08)")
    func cookies() {
        #expect(with(("cookie", "a=1")) == "cookie: a=1\r\n")
        #expect(with(("cookie", "a=1"), ("cookie", "b=2"), ("cookie", "c=3")) == "cookie: a=1; b=2; c=3\r\n")
        #expect(with(("x", "1"), ("cookie", "a=1"), ("cookie", "b=2"), ("y", "2")) == "x: 1\r\ncookie: a=1; b=2\r\ny: 2\r\n")
        #expect(
            with(("cookie", "a=1"), ("x", "1"), ("cookie", "b=2"), ("cookie", "c=3"), ("y", "2"), ("cookie", "d=4"))
                == "x: 1\r\ny: 2\r\ncookie: a=1; b=2; c=3; d=4\r\n")
        #expect(with(("cookie", ""), ("x", "1"), ("cookie", "a=1")) == "x: 1\r\ncookie: ; a=1\r\n")
        #expect(with(("cookie", "a=1"), ("xcookie", "1"), ("cookie", ""), ("z", "cookie: no")) == "xcookie: 1\r\nz: cookie: no\r\ncookie: a=1; \r\n")
        let many = (0..<500).map { ("cookie", "c\($0)=\($0)") }
        #expect(request(Block.get + many) == "GET / HTTP/1.1\r\nhost: a\r\ncookie: \(many.map(\.1).joined(separator: "; "))\r\n\r\n")
        // The table has each of them as it came.
        var reading = HTTP2Reading()
        _ = reading.request(Block.of(Block.get) + Block.field("cookie", "a=1", .indexed) + Block.field("cookie", "b=2", .indexed))
        #expect(
            reading.request(Block.of(Block.get) + Block.indexed(62) + Block.indexed(63)) == "GET / HTTP/1.1\r\nhost: a\r\ncookie: b=2; a=1\r\n\r\n")
    }

    @Test("A body whose length is not told is framed by us, and one whose length is told is not (H2-10)")
    func framing() {
        #expect(with() == "")
        #expect(with(endsStream: false) == "transfer-encoding: chunked\r\n")
        #expect(with(("content-length", "5"), endsStream: false) == "content-length: 5\r\n")
        #expect(with(("content-length", "0")) == "content-length: 0\r\n")
        #expect(with(("content-length", "5")) == "malformed content_length_differs")
        #expect(with(("content-length", "5"), ("content-length", "5"), endsStream: false) == "malformed content_length_duplicated")
        for value in ["", "-1", "+5", "5,5", "0x5", "99999999999999999999"] {
            #expect(with(("content-length", value), endsStream: false) == "malformed content_length_invalid")
        }
    }

    @Test("The length that DATA must have is told beside the head (H2-09)")
    func contentLength() {
        var decoder = HPACKDecoder()
        var head = ByteBuffer()
        func facts(_ fields: [(String, String)]) -> HTTP2RequestBlock {
            Block.of(Block.get + fields).withUnsafeBytes { decoder.request($0, endsStream: false, into: &head) }
        }
        #expect(facts([("content-length", "7")]) == .request(HTTP2RequestFacts(contentLength: 7)))
        #expect(facts([]) == .request(HTTP2RequestFacts()))
    }

    @Test("CONNECT is left to the judge in the form that it has in HTTP/1.1, and must be whole (H2-18)")
    func connect() {
        #expect(request([(":method", "CONNECT"), (":authority", "b:443")], endsStream: false) == "CONNECT b:443 HTTP/1.1\r\nhost: b:443\r\n\r\n")
        #expect(request([(":method", "CONNECT")]) == "malformed pseudo_field_missing")
        #expect(request([(":method", "CONNECT"), (":authority", "b:443"), (":scheme", "https"), (":path", "/")]) == "malformed target_invalid")
    }

    @Test("An extended CONNECT is the GET by which HTTP/1.1 opens a WebSocket, where it was offered (H2-18)")
    func extendedConnect() {
        let fields = [(":method", "CONNECT"), (":protocol", "websocket"), (":scheme", "https"), (":path", "/chat"), (":authority", "a")]
        let head = "GET /chat HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\r\n"
        let version = [("sec-websocket-version", "13")]
        #expect(request(fields + version, endsStream: false, offersWebSocket: true) == head)
        #expect(request(fields + version, endsStream: false) == "malformed pseudo_field_unknown")
        for name in [":scheme", ":path", ":authority"] {
            #expect(request(fields.filter { $0.0 != name }, endsStream: false, offersWebSocket: true) == "malformed pseudo_field_missing")
        }
        func replacing(_ name: String, _ value: String) -> String {
            request(fields.map { $0.0 == name ? (name, value) : $0 }, endsStream: false, offersWebSocket: true)
        }
        #expect(replacing(":method", "GET") == "malformed pseudo_field_unknown")
        #expect(replacing(":protocol", "connect-udp") == "refused protocol_unknown")
        #expect(WireFault.protocolUnknown.status == 501)
        #expect(request(Block.get, endsStream: false, offersWebSocket: true).hasSuffix("transfer-encoding: chunked\r\n\r\n"))
        var reading = HTTP2Reading()
        let outcome = Block.of(fields).withUnsafeBytes { reading.decoder.request($0, endsStream: false, offersWebSocket: true, into: &reading.head) }
        #expect(outcome == .request(HTTP2RequestFacts(opensWebSocket: true)))
    }
}

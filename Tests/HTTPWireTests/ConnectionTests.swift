import HTTPWire
import Testing

@Suite("Connection and what it names (RFC 9110 section 7.6.1; FW-01 to FW-03, CC-17, CC-18, H1-23, TLS-08)")
struct ConnectionTests {
    private func head(_ text: String, _ look: (borrowing RequestHead) -> Void) throws {
        var head = RequestHead(names: try Wire.names())
        let progress = Array(text.utf8).withUnsafeBytes { head.parse($0) }
        #expect(progress == .complete(length: text.utf8.count))
        look(head)
    }

    @Test(
        "A client may go on unless it speaks HTTP/1.0 or says close",
        arguments: [
            ("1.1", "", true), ("1.1", "Connection: keep-alive\r\n", true), ("1.1", "Connection: close\r\n", false),
            ("1.1", "Connection: x, CLOSE\r\n", false), ("1.1", "Connection: x\r\nConnection: Close\r\n", false),
            ("1.1", "Connection: closed\r\n", true), ("1.0", "", false), ("1.0", "Connection: keep-alive\r\n", false),
        ])
    func persistence(_ version: String, _ line: String, _ isPersistent: Bool) throws {
        try head("GET / HTTP/\(version)\r\nHost: a\r\n\(line)\r\n") { #expect($0.isPersistent == isPersistent) }
    }

    @Test("Fields that Connection names are removed, in whatever case and order, and Connection itself (FW-01)")
    func nominated() throws {
        #expect(try Wire.survivors(["X-A: 1", "Connection: x-a, X-B ,,close", "X-B: 2", "x-a: 3", "X-AB: 4"]) == ["X-AB: 4"])
        #expect(try Wire.survivors(["X-A: 1", "Connection: x_a", "X-AA: 2"]) == ["X-A: 1", "X-AA: 2"])
    }

    @Test(
        "Hop-by-hop fields are removed without being named (FW-02, FW-18)",
        arguments: [
            "Keep-Alive: timeout=5", "Proxy-Connection: keep-alive", "TE: trailers", "Trailer: X", "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABk",
            "Proxy-Authorization: Basic eA==", "Proxy-Authenticate: Basic", "Proxy-Authentication-Info: x", "Proxy: http://evil/",
            "Expect: 100-continue",
        ])
    func hopByHop(_ line: String) throws {
        #expect(
            try Wire.survivors([line, line.uppercased().replacing("EXPECT", with: "X-A"), "Accept: x"])?.contains {
                $0.hasPrefix(line.prefix(5))
            } == false)
        #expect(try Wire.survivors([line, "Accept: x"]) == ["Accept: x"])
    }

    @Test(
        "Connection cannot take Host, Content-Length or Transfer-Encoding away: 400 (FW-03)",
        arguments: ["host", "Content-Length", "TRANSFER-ENCODING"])
    func framing(_ name: String) throws {
        #expect(try Wire.fields("Content-Length: 1", "Connection: close, \(name)") == "connection_names_framing")
    }

    @Test(
        "Connection cannot take away what the judgement or the backend relies on; the attempt is counted (TLS-08)",
        arguments: ["Authorization: Bearer x", "Cookie: a=b", "Early-Data: 1"])
    func protected(_ line: String) throws {
        let name = line.prefix { $0 != ":" }
        #expect(try Wire.survivors([line, "Connection: close, \(name)"]) == [line])
        try head("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\nConnection: close, \(name)\r\n\r\n") {
            #expect($0.protectedNominations == 1)
        }
        try head("GET / HTTP/1.1\r\nHost: a\r\n\(line)\r\nConnection: close\r\n\r\n") { #expect($0.protectedNominations == 0) }
    }

    @Test("Our trusted field reaches the upstream once, whatever Connection names")
    func trusted() throws {
        let text =
            "GET / HTTP/1.1\r\nHost: a\r\nConnection: close, \(Wire.trustedName), Client-Cert\r\n\(Wire.trustedName): forged\r\n\r\n"
        #expect(try Wire.forwarded(text) == "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.1 holdfast\r\n\(Wire.trustedLine)\r\n")
        try head(text) {
            #expect($0.protectedNominations == 2)
            #expect($0.identityFields == 1)
        }
    }

    @Test("Options that are no tokens are refused", arguments: ["a b", "\"close\"", "close;x", ":path", "a/b"])
    func malformed(_ value: String) throws {
        #expect(try Wire.fields("Connection: \(value)") == "connection_malformed")
    }

    @Test("More options than could be meant are refused, in one field or in several", arguments: ["x", "te", "close", "cookie"])
    func tooMany(_ option: String) throws {
        let most = Array(repeating: option, count: 16).joined(separator: ",")
        #expect(try Wire.fields("Connection: \(most)") == "ok")
        #expect(try Wire.fields("Connection: \(most),\(option)") == "connection_malformed")
        #expect(try Wire.fields("Connection: a, \(option)", "Connection: \(most)") == "connection_malformed")
    }
}

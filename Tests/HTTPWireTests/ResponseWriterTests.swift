import HTTPWire
import Testing

@Suite("The response as the client gets it (FW-04, FW-15, CC-04, CC-07, H1-22, H1-23)")
struct ResponseWriterTests {
    @Test("Fields keep their order, spelling and number; hop-by-hop and nominated ones go (FW-04)")
    func whole() throws {
        let text =
            "HTTP/1.0 299 Odd  One\r\nset-cookie: a=b\r\nConnection: x-int, close, content-length\r\nX-Int: secret\r\nSet-Cookie: c=d\r\nKeep-Alive: x\r\n"
            + "WWW-Authenticate: Bearer realm=\"a, b\" , error=\"x\"\r\nWWW-Authenticate:Basic\r\nProxy-Authenticate: x\r\nUpgrade: h2c\r\nContent-Length: 05\r\n\r\n"
        let answer = try #require(try Wire.toClient(text))
        #expect(
            answer.text
                == "HTTP/1.1 299 Odd  One\r\nset-cookie: a=b\r\nSet-Cookie: c=d\r\n"
                + "WWW-Authenticate: Bearer realm=\"a, b\" , error=\"x\"\r\nWWW-Authenticate: Basic\r\nContent-Length: 5\r\n\r\n")
        #expect(answer.body == .length(5))
    }

    @Test(
        "Client-Cert, its chain and our own field never reach a client; other names do",
        arguments: ["Client-Cert", "client_cert_chain", "x-CLIENT-cert_sha256"])
    func trusted(_ name: String) throws {
        let text = "HTTP/1.1 204 x\r\n\(name): x\r\nX-Forwarded-User: y\r\nDPoP: z\r\n\r\n"
        #expect(try Wire.toClient(text)?.text == "HTTP/1.1 204 x\r\nX-Forwarded-User: y\r\nDPoP: z\r\n\r\n")
    }

    @Test(
        "A Vary that names a field only we can set becomes `*`; any other stays",
        arguments: [
            ("accept, client-cert", "*"), ("Client-Cert-Chain", "*"), ("X-CLIENT-CERT-SHA256 ,accept", "*"),
            ("accept,,Accept-Encoding", "accept,,Accept-Encoding"),
            ("*", "*"), ("client-certs", "client-certs"), ("", ""),
        ])
    func vary(_ value: String, _ sent: String) throws {
        #expect(try Wire.toClient("HTTP/1.1 204 x\r\nVary: \(value)\r\n\r\n")?.text == "HTTP/1.1 204 x\r\nVary: \(sent)\r\n\r\n")
    }

    @Test("A body without a length is chunked to HTTP/1.1, and ends with the connection to HTTP/1.0")
    func unknownLength() throws {
        for fields in ["", "Transfer-Encoding: chunked\r\n"] {
            let new = try #require(try Wire.toClient("HTTP/1.1 200 OK\r\n\(fields)\r\n"))
            #expect(new.text == "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" && new.body == .chunked)
            let old = try #require(try Wire.toClient("HTTP/1.1 200 OK\r\n\(fields)\r\n", minorVersion: 0))
            #expect(old.text == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" && old.body == .untilClose)
        }
    }

    @Test("Responses without a body keep the length they tell of, where they may tell one")
    func bodiless() throws {
        #expect(
            try Wire.toClient("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", answering: .head)?.text
                == "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
        #expect(
            try Wire.toClient("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", answering: .head)?.text
                == "HTTP/1.1 200 OK\r\n\r\n")
        #expect(
            try Wire.toClient("HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n")?.text
                == "HTTP/1.1 304 x\r\nContent-Length: 5\r\n\r\n")
        for status in [103, 204] {
            let answer = try #require(try Wire.toClient("HTTP/1.1 \(status) x\r\nContent-Length: 5\r\nLink: y\r\n\r\n"))
            #expect(answer.text == "HTTP/1.1 \(status) x\r\nLink: y\r\n\r\n" && answer.body == .none)
        }
    }

    @Test("`Connection: close` is said when told, but not in an interim response; our own fields come last")
    func close() throws {
        #expect(
            try Wire.toClient("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", close: true, extra: "X-Ours: y\r\n")?.text
                == "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\nX-Ours: y\r\n\r\n")
        #expect(try Wire.toClient("HTTP/1.1 103 x\r\n\r\n", close: true)?.text == "HTTP/1.1 103 x\r\n\r\n")
    }
}

import HTTPWire
import NIOCore
import Testing

@Suite("Answers as header blocks (RFC 9113 sections 8.2 and 8.3.2), read by swift-nio-http2")
struct HTTP2AnswerTests {
    private func block(_ text: String, answering method: KnownMethod = .get, extra: String = "") throws -> [String]? {
        var head = ResponseHead(names: try Wire.names())
        let input = ByteBuffer(string: text)
        guard case .complete = head.parse(input, answering: method) else { return nil }
        var output = ByteBuffer()
        head.writeBlock(from: input, to: &output, extra: Array(extra.utf8))
        return try NIOCoding.fields(output)
    }

    @Test("Names go out in lower case, values as they came, and no field twice or out of order (H2-22)")
    func fields() throws {
        let text = """
            HTTP/1.1 200 Fine\r
            Server: Apache/2.4\r
            Set-Cookie: a=1; Path=/\r
            Content-Type: application/json\r
            SET-COOKIE: b=2\r
            X-Custom_Name.1: \u{e9} a  b\r
            Empty:\r
            Content-Length: 12\r
            Via: 1.1 x\r
            ETag: "x"\r
            \r

            """
        #expect(
            try block(text, extra: "Date: Thu, 26 Nov 2026 22:00:00 GMT\r\nX-FAPI-Interaction-Id: 7\r\n") == [
                ":status: 200", "server: Apache/2.4", "set-cookie: a=1; Path=/", "content-type: application/json", "set-cookie: b=2",
                "x-custom_name.1: \u{e9} a  b", "empty: ", "via: 1.1 x", "etag: \"x\"", "content-length: 12",
                "date: Thu, 26 Nov 2026 22:00:00 GMT", "x-fapi-interaction-id: 7",
            ])
    }

    @Test("What is of the upstream's connection stays there, and what its Connection names (H2-22)")
    func connectionFields() throws {
        let text = """
            HTTP/1.1 200 OK\r
            Connection: keep-alive, X-Hop, close\r
            Keep-Alive: timeout=5\r
            Proxy-Connection: keep-alive\r
            Upgrade: h2c\r
            TE: trailers\r
            Trailer: grpc-status\r
            Transfer-Encoding: chunked\r
            X-Hop: 1\r
            X-Stays: 2\r
            \r

            """
        #expect(try block(text) == [":status: 200", "x-stays: 2"])
        #expect(
            try block(
                "HTTP/1.0 200 OK\r\nConnection: X-Hop\r\n\r\n", extra: "Connection: close\r\nKeep-Alive: 1\r\nTransfer-Encoding: chunked\r\nX: y\r\n")
                == [":status: 200", "x: y"])
    }

    @Test("Every status is told in three digits, those of the static table by their index")
    func statuses() throws {
        for status in 200..<600 {
            var output = ByteBuffer()
            HTTP2AnswerWriter.writeBlock(status: status, to: &output)
            #expect(try NIOCoding.fields(output) == [":status: \(status)"])
            #expect(output.readableBytes == ([200, 204, 206, 304, 400, 404, 500].contains(status) ? 1 : 5))
        }
        var output = ByteBuffer()
        HTTP2AnswerWriter.writeBlock(status: 100, to: &output)
        #expect(try NIOCoding.fields(output) == [":status: 100"])
    }

    @Test("The length is told where it is known, also of a body that is not sent")
    func lengths() throws {
        #expect(try block("HTTP/1.1 200 OK\r\nContent-Length: 007\r\n\r\n") == [":status: 200", "content-length: 7"])
        #expect(
            try block("HTTP/1.1 200 OK\r\nContent-Length: 1234567890123\r\n\r\n", answering: .head) == [
                ":status: 200", "content-length: 1234567890123",
            ])
        #expect(try block("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n") == [":status: 304", "content-length: 9"])
        #expect(try block("HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\n") == [":status: 204"])
        #expect(try block("HTTP/1.1 200 OK\r\n\r\n") == [":status: 200"])
        #expect(try block("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n") == [":status: 103", "link: </x>"])
    }

    @Test("A field of ours that an upstream sends is left out, and a Vary by the certificate becomes `*`, as over HTTP/1.1")
    func ownFields() throws {
        let text = "HTTP/1.1 200 OK\r\n\(Wire.trustedName): forged\r\nClient-Cert: x\r\nVary: Accept, Client-Cert\r\nvary: Accept\r\n\r\n"
        #expect(try block(text) == [":status: 200", "vary: *", "vary: Accept"])
    }

    @Test("Every name of the static table is told by its index, in whatever case it came, and reads back as itself")
    func staticNames() throws {
        let names = [
            "accept-ranges", "access-control-allow-origin", "age", "allow", "cache-control", "content-disposition", "content-encoding",
            "content-language",
            "content-length", "content-location", "content-range", "content-type", "date", "etag", "expires", "last-modified", "link", "location",
            "refresh", "retry-after", "server", "set-cookie", "strict-transport-security", "vary", "via", "www-authenticate",
        ]
        for name in names {
            for spelled in [name, name.uppercased()] {
                var output = ByteBuffer()
                HTTP2AnswerWriter.writeBlock(status: 200, fields: Array("\(spelled): x\r\n".utf8), to: &output)
                #expect(try NIOCoding.fields(output) == [":status: 200", "\(name): x"])
                #expect(output.readableBytes <= 5)
            }
            var output = ByteBuffer()
            HTTP2AnswerWriter.writeBlock(status: 200, fields: Array("\(name)x: y\r\n".utf8), to: &output)
            #expect(try NIOCoding.fields(output) == [":status: 200", "\(name)x: y"])
        }
    }

    @Test(
        "Names and values of every length around the steps of an integer read back as they are",
        arguments: [1, 126, 127, 128, 254, 255, 256, 16_510, 16_511, 40_000])
    func lengthSteps(_ length: Int) throws {
        let long = String(repeating: "n", count: length)
        let lines = "\(long): x\r\nx: \(long)\r\nlocation: \(long)\r\n"
        var output = ByteBuffer()
        HTTP2AnswerWriter.writeBlock(status: 200, fields: Array(lines.utf8), to: &output)
        #expect(try NIOCoding.fields(output) == [":status: 200", "\(long): x", "x: \(long)", "location: \(long)"])
    }

    @Test("An answer of our own is told from HTTP/1.1's form of it, and its body follows")
    func ownAnswers() throws {
        let head =
            "HTTP/1.1 401 Unauthorized\r\nDate: now\r\nContent-Type: application/problem+json\r\nContent-Length: 4\r\nConnection: close\r\n\r\n"
        let answer = ByteBuffer(string: head + "{\n}\n")
        var output = ByteBuffer()
        #expect(HTTP2AnswerWriter.writeBlock(of: answer, to: &output) == head.utf8.count)
        #expect(try NIOCoding.fields(output) == [":status: 401", "date: now", "content-type: application/problem+json", "content-length: 4"])
        output.clear()
        #expect(HTTP2AnswerWriter.writeBlock(of: ByteBuffer(string: "HTTP/1.1 204 No Content\r\n\r\n"), to: &output) == 27)
        #expect(try NIOCoding.fields(output) == [":status: 204"])
        for text in [
            "", "HTTP/1.1", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nX: y\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\nX y\r\n\r\n",
        ] {
            #expect(HTTP2AnswerWriter.writeBlock(of: ByteBuffer(string: text), to: &output) == nil)
        }
    }
}

@Suite("Trailers of an answer (RFC 9110 section 6.5, RFC 9113 section 8.1)")
struct HTTP2AnswerTrailerTests {
    private func block(_ lines: String) throws -> [String]? {
        var output = ByteBuffer()
        let isAny = ResponseHead(names: try Wire.names()).writeTrailerBlock(Array(lines.utf8), to: &output)
        #expect(isAny == (output.readableBytes > 0))
        return isAny ? try NIOCoding.fields(output) : nil
    }

    @Test("What a gRPC server says passes, and nothing that HTTP would heed (H2-22)")
    func fields() throws {
        #expect(
            try block("grpc-status: 0\r\nGrpc-Message: all  well \r\nX-Checksum: 7\r\n") == [
                "grpc-status: 0", "grpc-message: all  well", "x-checksum: 7",
            ])
        let forbidden = [
            "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "TE", "Trailer", "Host", "Content-Type", "Content-Encoding",
            "Content-Range", "Set-Cookie", "Authorization", "WWW-Authenticate", "Cache-Control", "Expires", "Location", "Vary", "Date", "Via", "Age",
            "Proxy-Authenticate", "Expect", "Max-Forwards", "Retry-After", "Cookie", Wire.trustedName, "Client-Cert",
        ]
        for name in forbidden {
            #expect(try block("\(name): 1\r\n") == nil, "\(name)")
            #expect(try block("\(name.lowercased()): 1\r\ngrpc-status: 5\r\n") == ["grpc-status: 5"], "\(name)")
        }
        #expect(try block("") == nil)
    }
}

import HTTPWire
import NIOCore
import Testing

@Suite("Which answers are compressed (CO-01, CO-02, CO-03)")
struct CompressionTests {
    private func wish(_ lines: String, version: String = "1.1") throws -> CompressionWish {
        var head = RequestHead(names: try Wire.names())
        let input = ByteBuffer(string: "GET / HTTP/\(version)\r\nHost: a\r\n\(lines)\r\n")
        guard case .complete = head.parse(input) else { throw ChannelError.inputClosed }
        return input.withUnsafeReadableBytes { head.compressionWish($0) }
    }

    @Test(
        "A client gets gzip where it says so, and wants it no less than the answer as it is (CO-01)",
        arguments: [
            ("gzip", true), ("GZIP", true), ("x-gzip", true), ("br, gzip;q=0.5, deflate", true), ("gzip;q=0.001", true), ("gzip ; q=1.000", true),
            ("gzip;Q=1.", true), ("*", true), ("*;q=0.3", true), ("*;q=0, gzip", true), ("identity;q=0, *", true), ("identity;q=0.5, gzip", true),
            (",, gzip ,", true),
            ("", false), ("identity", false), ("br", false), ("gzip;q=0", false), ("gzip;q=0.000", false), ("*, gzip;q=0", false), ("*;q=0", false),
            ("gzip;q=0.4, identity;q=0.5", false), ("identity, *;q=0.5", false), ("gzip, gzip;q=0", false), ("gzipped", false), ("gzi", false),
            ("gzip;q=1.001", false), ("gzip;q=2", false), ("gzip;q=", false), ("gzip;q", false), ("gzip;", false), ("gzip;q=0.1234", false),
            ("gzip;q=-1", false), ("gzip;q=1;x=y", false), ("gzip;x=y", false), ("gzip q=1", false), ("gzip;q=.5", false), ("gzip;q=1x", false),
        ])
    func accepts(value: String, expected: Bool) throws {
        #expect(try wish("Accept-Encoding: \(value)\r\n").acceptsGzip == expected)
    }

    @Test("Fields that stand twice are one list; HTTP/1.0 and who forbids it get nothing compressed (CO-01)")
    func request() throws {
        #expect(try wish("Accept-Encoding: br\r\naccept-encoding: gzip\r\n").acceptsGzip)
        #expect(try !wish("Accept-Encoding: gzip\r\nAccept-Encoding: gzip;q=0\r\n").acceptsGzip)
        #expect(try !wish("").acceptsGzip && !wish("Accept-Encoding: gzip\r\n", version: "1.0").acceptsGzip)
        #expect(try !wish("Accept-Encoding: gzip\r\nCache-Control: max-age=0, No-Transform\r\n").acceptsGzip)
        #expect(try wish("Accept-Encoding: gzip\r\nCache-Control: no-transforms\r\n").acceptsGzip)
        #expect(try wish("If-None-Match: \"a\", W/\"b\"\r\n").showsWeakTag && !wish("If-None-Match: \"a\"\r\n").showsWeakTag)
    }

    private static let terms = CompressionTerms(
        types: ["application/json", "text/*"].compactMap { CompressionTerms.MediaType($0) }, minimum: 1000, level: 4)

    private func choice(
        _ lines: String, status: Int = 200, to method: KnownMethod = .get, _ wish: CompressionWish = CompressionWish(acceptsGzip: true),
        _ terms: CompressionTerms = terms
    ) throws -> CompressionChoice {
        var head = ResponseHead(names: try Wire.names())
        let input = ByteBuffer(string: "HTTP/1.1 \(status) x\r\n\(lines)\r\n")
        guard case .complete = head.parse(input, answering: method) else { throw ChannelError.inputClosed }
        return input.withUnsafeReadableBytes { head.compressionChoice($0, under: terms, for: wish) }
    }

    private static let json = "Content-Type: application/json\r\n"

    @Test(
        "By its media type, where nothing speaks against it (CO-02)",
        arguments: [
            (json, .gzip), ("Content-Type: Application/JSON ; charset=utf-8\r\n", .gzip), ("Content-Type: text/html\r\n", .gzip),
            (json + "Content-Length: 1000\r\n", .gzip), (json + "Transfer-Encoding: chunked\r\n", .gzip),
            (json + "Cache-Control: private=\"x\", max-age=3\r\n", .gzip),
            ("", .never), ("Content-Type: application/jsonp\r\n", .never), ("Content-Type: image/png\r\n", .never),
            ("Content-Type: text\r\n", .never),
            ("Content-Type: text/event-stream\r\n", .never), ("Content-Type: application/grpc\r\n", .never), (json + json, .never),
            (json + "Content-Length: 999\r\n", .never), (json + "Content-Length: 0\r\n", .never), (json + "Content-Encoding: br\r\n", .never),
            (json + "content-encoding: identity\r\n", .never), (json + "Cache-Control: public, NO-TRANSFORM\r\n", .never),
            (json + "Content-Range: bytes 0-1999/9000\r\n", .never),
        ] as [(String, CompressionChoice)])
    func response(lines: String, expected: CompressionChoice) throws {
        #expect(try choice(lines) == expected && choice(lines, to: .head) == expected)
        // Who wants none gets none, and caches are told where another would.
        let refused = CompressionWish(acceptsGzip: false)
        #expect(try choice(lines, refused) == (expected == .gzip ? .varies(weakensTag: false) : .never))
    }

    @Test("Events only by their name, and gRPC never (CO-02)")
    func named() throws {
        let terms = CompressionTerms(
            types: ["text/event-stream", "application/*"].compactMap { CompressionTerms.MediaType($0) }, minimum: 1, level: 1)
        let wish = CompressionWish(acceptsGzip: true)
        #expect(try choice("Content-Type: text/event-stream\r\n", wish, terms) == .gzip)
        #expect(try choice("Content-Type: application/grpc+proto\r\n", wish, terms) == .never)
        #expect(try choice("Content-Type: application/x\r\n", wish, terms) == .gzip)
    }

    @Test("Of statuses, those that have a whole body (CO-02)")
    func statuses() throws {
        for status in [200, 201, 404, 500, 999] { #expect(try choice(Self.json, status: status) == .gzip) }
        for status in [101, 103, 204, 205, 206] { #expect(try choice(Self.json, status: status) == .never) }
        // It confirms what the client has, by the tag that the client has of it.
        let weak = CompressionWish(acceptsGzip: true, showsWeakTag: true)
        #expect(try choice("", status: 304, weak) == .varies(weakensTag: true) && choice("", status: 304) == .varies(weakensTag: false))
        #expect(try choice("Content-Type: image/png\r\n", status: 304, weak) == .never)
        #expect(try choice("Cache-Control: no-transform\r\n", status: 304, weak) == .never)
    }

    private func changed(_ text: String, isCompressed: Bool = true, to method: KnownMethod = .get) throws -> String {
        var head = ResponseHead(names: try Wire.names())
        let input = ByteBuffer(string: text)
        guard case .complete = head.parse(input, answering: method) else { throw ChannelError.inputClosed }
        return String(buffer: input.withUnsafeReadableBytes { head.changed($0, isCompressed: isCompressed) })
    }

    @Test("A compressed answer says nothing that is true of other octets (CO-03)")
    func head() throws {
        let gone =
            "Content-Length: 5000\r\nAccept-Ranges: bytes\r\nContent-MD5: x\r\nDigest: x\r\nContent-Digest: x\r\nREPR-DIGEST: x\r\n"
        #expect(
            try changed("HTTP/1.0 299 Odd One\r\nA: b\r\n\(gone)ETag: \"x\"\r\nConnection: A\r\nSet-Cookie: c\r\n\r\n")
                == "HTTP/1.1 299 Odd One\r\nA: b\r\nETag: W/\"x\"\r\nConnection: A\r\nSet-Cookie: c\r\nTransfer-Encoding: chunked\r\n\r\n")
        for tag in ["W/\"x\"", "\"\""] {
            let weak = tag.hasPrefix("W") ? tag : "W/" + tag
            #expect(try changed("HTTP/1.1 200\r\netag:\(tag)\r\n\r\n").contains("\r\nETag: \(weak)\r\n"))
        }
        #expect(try !changed("HTTP/1.1 200 x\r\nETag: x\r\nETag:\r\n\r\n").contains("ETag"))
        // Confirmed by a weak tag: the rest stands.
        #expect(
            try changed("HTTP/1.1 304 x\r\nETag: \"x\"\r\nContent-Length: 7\r\nDigest: y\r\n\r\n", isCompressed: false)
                == "HTTP/1.1 304 x\r\nETag: W/\"x\"\r\nDigest: y\r\nContent-Length: 7\r\n\r\n")
    }

    @Test("A head of fields without blanks, each of which grows, is written whole")
    func growth() throws {
        let lines = (0..<400).map { _ in "ETag:\"\"\r\n" }.joined()
        let text = try changed("HTTP/1.1 200\r\n\(lines)\r\n")
        #expect(text.hasSuffix("\r\n\r\n") && text.ranges(of: "ETag: W/\"\"\r\n").count == 400)
    }

    @Test("Caches are told once that an answer varies (CO-03)")
    func varies() throws {
        func known(_ lines: String) throws -> Bool {
            var head = ResponseHead(names: try Wire.names())
            let input = ByteBuffer(string: "HTTP/1.1 200 x\r\n\(lines)\r\n")
            guard case .complete = head.parse(input, answering: .get) else { throw ChannelError.inputClosed }
            return input.withUnsafeReadableBytes { head.variesByEncoding($0) }
        }
        #expect(try known("Vary: a, Accept-Encoding\r\n") && known("Vary: a\r\nvary: *\r\n"))
        #expect(try !known("Vary: accept\r\n") && !known("") && !known("Connection: vary\r\nVary: accept-encoding\r\n"))
    }

    @Test("Trailers lose what is true of other octets (CO-03)")
    func trailers() {
        func kept(_ text: String) -> String { String(decoding: ResponseHead.compressedTrailers(Array(text.utf8)), as: UTF8.self) }
        #expect(kept("A: b\r\nContent-Digest: x\r\nETag: y\r\nC: d\r\n") == "A: b\r\nC: d\r\n")
        #expect(kept("") == "" && kept("Digest: x\r\n") == "" && kept("A: digest: x\r\n") == "A: digest: x\r\n")
    }
}

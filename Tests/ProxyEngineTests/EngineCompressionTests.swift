import HTTPWire
import NIOCore
import Telemetry
import Testing

@testable import ProxyEngine

@Suite("Answers that are compressed on their way (CO-03, CO-05)", .timeLimit(.minutes(10)))
struct EngineCompressionTests {
    private static let terms = CompressionTerms(
        types: ["application/json", "text/event-stream"].compactMap { CompressionTerms.MediaType($0) }, minimum: 10, level: 4)
    private static let accepts = "Accept-Encoding: gzip\r\n"
    private static let text = String(repeating: "{\"name\": \"value\"}, ", count: 500)

    private func bench() throws -> EngineBench { try EngineBench(compression: Self.terms) }

    private func answer(_ text: String = text, _ fields: String = "", type: String = "application/json") -> String {
        "HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nContent-Length: \(text.utf8.count)\r\n\(fields)\r\n\(text)"
    }

    @Test("A client that takes gzip gets it, and its connection and the API's serve the next request (CO-03)")
    func compressed() throws {
        let bench = try bench()
        let client = try bench.connect()
        for _ in 0..<2 {
            client.asks("/", method: "GET", Self.accepts)
            #expect(bench.upstreams[0].wire.take().contains("Accept-Encoding: gzip\r\n"))
            bench.upstreams[0].answers(answer(Self.text, "ETag: \"x\"\r\nAccept-Ranges: bytes\r\nDate: then\r\n"))
            let got = try #require(ReadAnswer(client.wire.takeOctets()))
            #expect(
                got.head == "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: W/\"x\"\r\nDate: then\r\n"
                    + "Transfer-Encoding: chunked\r\nVary: Accept-Encoding\r\nContent-Encoding: gzip\r\n\r\n")
            let body = try #require(Gunzip.read(got.body))
            #expect(got.isWhole && body.isWhole && String(decoding: body.octets, as: UTF8.self) == Self.text && got.body.count < 500)
        }
        #expect(bench.upstreams.count == 1 && bench.loop.compressors.used == 0)
        let counted = bench.counters.metrics
        #expect(counted.responsesCompressed == 2 && counted.compressionsActive == 0 && counted.responseBodyOctets < 1000)
    }

    @Test("Who does not take it, or sends HTTP/1.0, gets the answer as it came, and caches are told (CO-03)")
    func untouched() throws {
        let bench = try bench()
        let client = try bench.connect()
        client.asks()
        bench.upstreams[0].answers(answer(Self.text, "ETag: \"x\"\r\nVary: Origin\r\nDate: then\r\n"))
        let got = client.wire.take()
        #expect(got.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: \"x\"\r\nVary: Origin\r\nDate: then\r\n"))
        #expect(got.contains("Content-Length: \(Self.text.utf8.count)\r\nVary: Accept-Encoding\r\n\r\n{") && got.hasSuffix(Self.text))
        client.asks("/", method: "GET", Self.accepts)
        bench.upstreams[0].answers(answer(Self.text, type: "image/png"))
        #expect(!client.wire.take().contains("Vary"))
        client.asks("/", method: "GET", Self.accepts)
        bench.upstreams[0].answers(answer(Self.text, "Vary: Accept-Encoding\r\nContent-Encoding: br\r\n"))
        let coded = client.wire.take()
        #expect(coded.ranges(of: "Vary").count == 1 && coded.hasSuffix(Self.text))
        let old = try bench.connect()
        old.wire.sends("GET / HTTP/1.0\r\nHost: api\r\n\(Self.accepts)\r\n")
        bench.upstreams[0].answers(answer())
        #expect(old.wire.take().hasSuffix(Self.text))
    }

    @Test("Where nothing is configured, nothing is looked at")
    func off() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks("/", method: "GET", Self.accepts)
        bench.upstreams[0].answers(answer())
        let got = client.wire.take()
        #expect(!got.contains("Vary") && got.hasSuffix(Self.text))
    }

    @Test("The answer to HEAD says what that to GET says, and holds no place (CO-04)")
    func head() throws {
        let bench = try bench()
        let client = try bench.connect()
        client.asks("/", method: "HEAD", Self.accepts)
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\nETag: \"x\"\r\nDate: then\r\n\r\n")
        #expect(
            client.wire.take() == "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nETag: W/\"x\"\r\nDate: then\r\n"
                + "Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\n\r\n")
        client.asks()
        bench.passes(.seconds(2))
        #expect(bench.loop.compressors.used == 0)
    }

    @Test("304 names the entity tag as the client has it (CO-03)", arguments: [("W/\"x\"", "W/\"x\""), ("\"x\"", "\"x\"")])
    func notModified(shown: String, told: String) throws {
        let bench = try bench()
        let client = try bench.connect()
        client.asks("/", method: "GET", Self.accepts + "If-None-Match: \(shown)\r\n")
        #expect(bench.upstreams[0].wire.take().contains("If-None-Match: \(shown)\r\n"))
        bench.upstreams[0].answers("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nDate: then\r\n\r\n")
        #expect(client.wire.take() == "HTTP/1.1 304 Not Modified\r\nETag: \(told)\r\nDate: then\r\nVary: Accept-Encoding\r\n\r\n")
    }

    @Test("Each read of the API can be read by the client at once (CO-05)")
    func events() throws {
        let bench = try bench()
        let client = try bench.connect()
        client.asks("/", method: "GET", Self.accepts)
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        var got = client.wire.takeOctets()
        for event in ["one", "two"] {
            bench.upstreams[0].answers("4\r\n\(event)\n\r\n")
            got += client.wire.takeOctets()
            let text = try #require(ReadAnswer(got).flatMap { Gunzip.text($0.body) })
            #expect(text == (event == "one" ? "one\n" : "one\ntwo\n"))
        }
        #expect(bench.loop.compressors.used == 1 && bench.counters.metrics.compressionsActive == 1)
        bench.upstreams[0].answers("0\r\n\r\n")
        let whole = try #require(ReadAnswer(got + client.wire.takeOctets()))
        #expect(whole.isWhole && Gunzip.read(whole.body)?.isWhole == true && bench.loop.compressors.used == 0)
    }

    @Test("An answer that ends early does not look whole, and its place is given back (CO-05)")
    func cut() throws {
        let bench = try bench()
        let client = try bench.connect()
        client.asks("/", method: "GET", Self.accepts)
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{\"a\": 1}")
        bench.upstreams[0].wire.leaves()
        let got = try #require(ReadAnswer(client.wire.takeOctets()))
        #expect(!got.isWhole && Gunzip.read(got.body)?.isWhole == false && !client.wire.isOpen && bench.loop.compressors.used == 0)
        // Nor where the client goes.
        let other = try bench.connect()
        other.asks("/", method: "GET", Self.accepts)
        bench.upstreams[1].answers("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n{")
        #expect(bench.loop.compressors.used == 1)
        other.wire.leaves()
        #expect(bench.loop.compressors.used == 0)
    }

    @Test("A client that does not read stops the API, and holds what one read has brought (CO-05)")
    func stopped() throws {
        let bench = try bench()
        let client = try bench.connect()
        client.wire.stopsReading()
        client.asks("/", method: "GET", Self.accepts)
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n\(Self.text)")
        let exchange = try #require(client.connection.exchange)
        let isBlocked = exchange.state.isOutputBlocked
        #expect(isBlocked)
        client.wire.readsAgain()
        let isStillBlocked = exchange.state.isOutputBlocked
        #expect(!isStillBlocked)
        let got = try #require(ReadAnswer(client.wire.takeOctets()))
        #expect(Gunzip.text(got.body) == Self.text)
    }

    @Test("Where all places are taken, the answer goes out as it came, and its fields are those of one (CO-05)")
    func full() throws {
        let bench = try bench()
        let client = try bench.connect()
        var held: [GzipStream] = []
        while let stream = bench.loop.compressors.take(for: client.connection.client.key, level: 4) { held.append(stream) }
        #expect(held.count == CompressorPool.share)
        client.asks("/", method: "GET", Self.accepts)
        bench.upstreams[0].answers(answer(Self.text, "ETag: \"x\"\r\n"))
        let got = client.wire.take()
        #expect(got.contains("ETag: \"x\"\r\n") && got.contains("Vary: Accept-Encoding\r\n") && got.hasSuffix(Self.text))
        #expect(bench.counters.metrics.compressionsLeftOut == 1 && bench.counters.metrics.responsesCompressed == 0)
    }

    @Test("A head that would be too long with it passes as it came")
    func longHead() throws {
        let bench = try bench()
        let client = try bench.connect()
        // As many fields as a head may have, none of which goes.
        let most = (0..<(WireLimits.response.fields - 1)).map { "A\($0): b\r\n" }.joined()
        client.asks("/", method: "GET", Self.accepts)
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\(most)\r\n\(Self.text)")
        bench.upstreams[0].wire.ends()
        let got = try #require(ReadAnswer(client.wire.takeOctets()))
        #expect(got.isWhole && got.body == Array(Self.text.utf8) && got.head.contains("A7: b\r\n") && !got.head.contains("gzip"))
        #expect(bench.loop.compressors.used == 0)
    }

    @Test("Over HTTP/2 as well, with its trailers but for digests (CO-03)")
    func http2() throws {
        let bench = try bench()
        let client = try bench.connectHTTP2()
        let stream = client.asks("/", ("accept-encoding", "br, gzip"))
        bench.upstreams[0].answers(
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nETag: \"x\"\r\n\r\n")
        let count = String(Self.text.utf8.count, radix: 16)
        bench.upstreams[0].answers("\(count)\r\n\(Self.text)\r\n0\r\nContent-Digest: x\r\nChecksum: y\r\n\r\n")
        let frames = client.reads("content-encoding", "vary", "etag", "content-length", "checksum", "content-digest")
        #expect(frames.first == "head \(stream) 200 gzip Accept-Encoding W/\"x\" - - -")
        #expect(frames.last == "head \(stream) - - - - - y - end")
        let body = try #require(Gunzip.read(client.bodies[stream] ?? []))
        #expect(body.isWhole && String(decoding: body.octets, as: UTF8.self) == Self.text)
        let plain = client.asks("/")
        bench.upstreams[0].answers(answer())
        #expect(client.reads("content-encoding", "vary").first == "head \(plain) 200 - Accept-Encoding")
        #expect(client.bodies[plain] == Array(Self.text.utf8))
    }
}

@Suite("The host that an API is told", .timeLimit(.minutes(10)))
struct EngineHostTests {
    @Test("Where Host is replaced, X-Forwarded-Host and Forwarded name the client's (XF-03)")
    func replaced() throws {
        let bench = try EngineBench(replacesHost: true) { $0.forwarded = [.address, .host, .standard] }
        let client = try bench.connect()
        client.wire.sends("GET / HTTP/1.1\r\nHost: pay.example.com:8443\r\nX-Forwarded-Host: evil\r\n\r\n")
        let got = bench.upstreams[0].wire.take()
        #expect(
            got.contains("\r\nHost: api.internal\r\n") && got.contains("\r\nX-Forwarded-Host: pay.example.com:8443\r\nX-Forwarded-Port: 8443\r\n"))
        #expect(got.contains(";host=\"pay.example.com:8443\"\r\n") && !got.contains("evil"))
    }
}

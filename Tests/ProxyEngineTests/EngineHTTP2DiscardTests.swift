import HTTPWire
import NIOCore
import Testing

@testable import ProxyEngine

@Suite("The rest of a body whose request has been answered over HTTP/2", .timeLimit(.minutes(10)))
struct EngineHTTP2DiscardTests {
    private static let part = [UInt8](repeating: 0x61, count: 16_384)

    /// Sends `count` parts, as the windows allow.
    private func upload(_ client: FakeHTTP2Client, _ stream: UInt32, _ count: Int, until end: (String) -> Bool = { _ in false }) -> [String] {
        var heard: [String] = []
        var room = HTTP2Limits().streamWindow
        for _ in 0..<count {
            if room < Self.part.count {
                let news = client.reads()
                heard += news
                room += news.filter { $0.hasPrefix("window \(stream) ") }.compactMap { Int($0.split(separator: " ")[2]) }.reduce(0, +)
            }
            if heard.contains(where: end) || room < Self.part.count { break }
            client.sends(client.data(stream, Self.part))
            room -= Self.part.count
        }
        return heard + client.reads()
    }

    @Test("may end by itself, with windows for it, and the connection serves on (RFC 9113 section 8.1)", arguments: ["/", "/denied"])
    func ends(path: String) throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let stream = client.asks(path, method: "POST", ends: false)
        if path == "/" { bench.upstreams[0].answers() }
        #expect(client.reads().first?.hasPrefix("head 1 ") == true && client.connection.streams.isEmpty)
        let heard = upload(client, stream, 40)
        #expect(heard.contains { $0.hasPrefix("window 1 ") } && !heard.contains { $0.hasPrefix("reset") })
        client.sends(client.data(stream, [1, 2, 3], ends: true))
        #expect(client.connection.state.openStreams == 0)
        client.asks("/denied")
        #expect(client.reads().first == "head 3 401")
    }

    @Test("may end with trailers, or by the client's reset", arguments: [true, false])
    func otherEnds(trailers: Bool) throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let stream = client.asks("/denied", method: "POST", ends: false)
        client.sends(client.data(stream, Self.part))
        client.sends(trailers ? FakeHTTP2Client.frame(1, 5, stream, client.block([("x", "y")])) : client.reset(stream))
        #expect(client.connection.state.openStreams == 0 && !client.reads().contains { $0.hasPrefix("reset") || $0.hasPrefix("goaway") })
    }

    @Test("is not wanted where it is long, by what was announced or by what comes")
    func long() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.asks("/denied", method: "POST", ends: false, ("content-length", "5000000"))
        #expect(client.reads().last == "reset 1 noError" && client.connection.state.openStreams == 0)
        let stream = client.asks("/denied", method: "POST", ends: false)
        let heard = upload(client, stream, 400) { $0.hasPrefix("reset") }
        #expect(heard.contains("reset 3 noError") && client.connection.state.openStreams == 0)
        client.sends(client.data(stream, Self.part, ends: true))
        #expect(client.reads().allSatisfy { $0.hasPrefix("window 0 ") }, "what was under way is no fault")
    }

    @Test("is not waited for long")
    func time() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.asks("/denied", method: "POST", ends: false)
        bench.passes(.seconds(9))
        #expect(!client.reads().contains("reset 1 noError") && client.connection.state.discardEnd != nil)
        bench.passes(.seconds(2))
        #expect(client.reads() == ["reset 1 noError"] && client.connection.state.openStreams == 0 && client.wire.isOpen)
        client.asks("/denied", method: "POST", ends: false)
        bench.passes(.seconds(6))
        let stream = client.asks("/denied", method: "POST", ends: false)
        _ = client.reads()
        bench.passes(.seconds(5))
        #expect(client.reads() == ["reset 3 noError"], "each has a time of its own")
        client.sends(client.data(stream, [1], ends: true))
        bench.passes(.seconds(12))
        #expect(!client.reads().contains { $0.hasPrefix("reset") })
    }

    @Test("counts among the client's streams, and holds nothing")
    func counts() throws {
        let bench = try EngineBench { $0.http2.streams = 2 }
        let client = try bench.connectHTTP2()
        for _ in 0..<2 { client.asks("/denied", method: "POST", ends: false) }
        client.asks("/denied")
        #expect(client.reads().last == "reset 5 refusedStream")
        client.sends(client.data(1, [], ends: true))
        client.asks("/denied")
        #expect(client.reads().contains("head 7 401"))
    }
}

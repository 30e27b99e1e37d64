import Foundation
import HTTPWire
import NIOCore
import Telemetry
import Testing

@testable import ProxyEngine

@Suite("A request over HTTP/2, its body and its answer's", .timeLimit(.minutes(10)))
struct EngineHTTP2BodyTests {
    @Test("has a body that is handed on as it comes")
    func body() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let stream = client.asks(method: "POST", ends: false, ("content-length", "6"))
        client.sends(client.data(stream, Array("abc".utf8)))
        client.sends(client.data(stream, Array("def".utf8), ends: true))
        #expect(bench.upstreams[0].wire.take().hasSuffix("\r\n\r\nabcdef"))
        bench.upstreams[0].answers()
        #expect(client.reads() == ["head 1 200", "data 1 2 end"])
        let chunked = client.asks(method: "POST", ends: false)
        client.sends(client.data(chunked, Array("abc".utf8)) + FakeHTTP2Client.frame(1, 5, chunked, client.block([("x-checksum", "1")])))
        let forwarded = bench.upstreams[0].wire.take()
        #expect(forwarded.contains("Transfer-Encoding: chunked") && forwarded.hasSuffix("3\r\nabc\r\n0\r\n\r\n"), "trailers end here")
    }

    @Test("has a body that is as long as was said, or is aborted at the upstream (H2-09)", arguments: [3, 7])
    func contentLength(_ count: Int) throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let stream = client.asks(method: "POST", ends: false, ("content-length", "5"))
        client.sends(client.data(stream, [UInt8](repeating: 0x61, count: count), ends: true))
        #expect(client.reads().first == "head 1 400")
        #expect(!bench.upstreams[0].wire.isOpen)
        let logged = try bench.logged()
        #expect(logged == ["400 refused content_length_differs"])
    }

    @Test("has a body of which a client sends no more than the upstream takes, and is told of room as it does")
    func uploadBackpressure() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let stream = client.asks(method: "POST", ends: false)
        _ = client.reads()
        bench.upstreams[0].wire.stopsReading()
        let frame = client.data(stream, [UInt8](repeating: 0x61, count: 16_384))
        for _ in 0..<8 { client.sends(frame) }
        #expect(client.reads() == [], "nothing of it was taken")
        bench.upstreams[0].wire.readsAgain()
        let told = client.reads()
        #expect(told.contains { $0.hasPrefix("window \(stream) ") })
        for _ in 0..<8 { client.sends(frame) }
        #expect(client.connection.streams.count == 1)
        #expect(bench.upstreams[0].wire.take().count > 16 * 16_384)
    }

    @Test("has a body beyond the window reset, and its upstream's work stopped")
    func windowExceeded() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let stream = client.asks(method: "POST", ends: false)
        bench.upstreams[0].wire.stopsReading()
        for _ in 0..<9 { client.sends(client.data(stream, [UInt8](repeating: 0x61, count: 16_384))) }
        #expect(client.reads().first == "reset 1 flowControlError")
        #expect(!bench.upstreams[0].wire.isOpen)
    }

    @Test("whose answer is larger than the windows waits for them, and the upstream is not read from meanwhile")
    func downloadBackpressure() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2([(4, 1000)])
        client.asks()
        let part = String(repeating: "a", count: 5000)
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + part)
        #expect(client.reads() == ["head 1 200", "data 1 1000"])
        #expect(client.isBlocked(1))
        client.sends(client.window(1, 3999))
        #expect(client.reads() == ["data 1 3999"])
        client.sends(client.window(1, 9999))
        #expect(client.reads() == ["data 1 1"])
        #expect(!client.isBlocked(1))
        bench.upstreams[0].answers(part)
        #expect(client.reads() == ["data 1 5000 end"])
        #expect(client.bodies[1]?.count == 10_000)
    }

    @Test("whose windows stay shut is cut in the end, and so is an answer of ours")
    func neverOpened() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2([(4, 0)])
        client.asks()
        client.asks("/denied")
        bench.upstreams[0].answers()
        #expect(client.reads() == ["head 3 401", "head 1 200"])
        bench.passes(.seconds(25))
        #expect(Set(client.reads()) == ["reset 1 cancel", "reset 3 cancel"])
        #expect(client.connection.streams.isEmpty)
        let logged = try bench.logged()
        #expect(logged == ["401 refused token_expired", "200 client read_timeout"])
    }

    @Test("shares the connection fairly with others that wait")
    func fair() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2([(4, 1 << 20)])
        client.sends(client.request("/a") + client.request("/b"))
        let body = String(repeating: "a", count: 60_000)
        for upstream in bench.upstreams { upstream.answers("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + body) }
        let told = client.reads()
        let order = told.filter { $0.hasPrefix("data") }.map { $0.split(separator: " ")[1] }
        #expect(order.contains("3"), "65,535 octets in all, and the second has its part")
        client.sends(client.window(0, 1 << 20))
        _ = client.reads()
        #expect(client.bodies[1]?.count == 60_000 && client.bodies[3]?.count == 60_000)
    }
}

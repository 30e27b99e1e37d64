import BindingPolicy
import Foundation
import HTTPWire
import NIOCore
import Telemetry
import Testing

@testable import ProxyEngine

@Suite("A connection that goes on with WebSocket", .timeLimit(.minutes(10)))
struct EngineUpgradeTests {
    private static let key = "dGhlIHNhbXBsZSBub25jZQ=="
    private static let offer = "Connection: keep-alive, Upgrade\r\nUpgrade: h2c, websocket\r\nSec-WebSocket-Key: \(key)\r\n"
    private static let answer =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: of-\(key)\r\n\r\n"
    private static let frame = "\u{1}\u{2}hi"

    /// Invalid UTF-8 is read back as this.
    private static func close(_ code: UInt16) -> String { String(decoding: WebSocketFrames.close(code), as: UTF8.self) }

    private func connect(_ bench: EngineBench) throws -> FakeClient {
        let peer = AuthenticatedPeer(thumbprint: FakeJudge.thumbprint, validFrom: 0, validUntil: .infinity)
        bench.gate.reviewed = peer
        return try bench.connect(as: peer)
    }

    private func tunnel(_ bench: EngineBench) throws -> FakeClient {
        let client = try connect(bench)
        client.asks("/ws", method: "GET", Self.offer)
        bench.upstreams[0].answers(Self.answer)
        #expect(client.wire.take().hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
        _ = bench.upstreams[0].wire.take()
        return client
    }

    @Test("It is judged like any other before the upstream hears of it (WS-01)")
    func judged() throws {
        let bench = try EngineBench()
        let client = try connect(bench)
        client.asks("/denied", method: "GET", Self.offer)
        #expect(client.status() == 401 && bench.upstreams.isEmpty && client.wire.isOpen)
    }

    @Test("Only websocket is offered, once, and the key goes on (WS-02)")
    func offer() throws {
        let bench = try EngineBench()
        try connect(bench).asks("/ws", method: "GET", Self.offer)
        let request = bench.upstreams[0].wire.take()
        #expect(request.contains("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n") && request.contains("Sec-WebSocket-Key: \(Self.key)\r\n"))
        #expect(!request.contains("h2c") && !request.contains("keep-alive") && request.components(separatedBy: "pgrade:").count == 2)
    }

    @Test("A route that says nothing of it offers nothing, and a 101 is then nonsense (WS-02)")
    func notOffered() throws {
        let bench = try EngineBench()
        let client = try connect(bench)
        client.asks("/token", method: "GET", Self.offer)
        #expect(!bench.upstreams[0].wire.take().contains("pgrade"))
        bench.upstreams[0].answers(Self.answer)
        #expect(client.status() == 502 && bench.upstreamFaults == [.unaskedUpgrade])
    }

    @Test("A 101 that proves nothing is nonsense (WS-03)", arguments: ["Accept: wrong", "Other: of-\(key)"])
    func wrongAccept(field: String) throws {
        let bench = try EngineBench()
        let client = try connect(bench)
        client.asks("/ws", method: "GET", Self.offer)
        bench.upstreams[0].answers("HTTP/1.1 101 x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-\(field)\r\n\r\n")
        #expect(client.status() == 502 && bench.upstreamFaults == [.wrongUpgrade] && !bench.upstreams[0].wire.isOpen)
    }

    @Test("Any other answer is an ordinary one, and both connections stay (WS-03)")
    func declined() throws {
        let bench = try EngineBench()
        let client = try connect(bench)
        client.asks("/ws", method: "GET", Self.offer)
        bench.upstreams[0].answers("HTTP/1.1 426 Upgrade Required\r\nUpgrade: other\r\nContent-Length: 0\r\n\r\n")
        #expect(client.status() == 426 && client.wire.isOpen && bench.upstreams[0].wire.isOpen)
        client.asks("/token")
        bench.upstreams[0].answers()
        #expect(client.status() == 200)
    }

    @Test("Whatever either side sends goes to the other, as it is (WS-03)")
    func octets() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        client.wire.sends("GET / HTTP/1.1\r\n")
        #expect(bench.upstreams[0].wire.take() == "GET / HTTP/1.1\r\n")
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\n\r\n")
        #expect(client.wire.take() == "HTTP/1.1 200 OK\r\n\r\n")
        bench.upstreams[0].wire.ends()
        #expect(client.wire.hasEnded && !bench.upstreams[0].wire.isOpen)
        #expect(try bench.logged() == ["101 ok"])
    }

    @Test("What a client sends before it is answered waits, and what comes with the answer is passed on (WS-03)")
    func early() throws {
        let bench = try EngineBench()
        let client = try connect(bench)
        client.wire.sends("GET /ws HTTP/1.1\r\nHost: api\r\n\(Self.offer)\r\n\(Self.frame)")
        #expect(bench.upstreams[0].wire.take().hasSuffix("\r\n\r\n"))
        bench.upstreams[0].answers(Self.answer + "early")
        #expect(bench.upstreams[0].wire.take() == Self.frame && client.wire.take().hasSuffix("\r\n\r\nearly"))
    }

    @Test("A client that ends its side is passed on, and hears the upstream still (WS-03)")
    func halfClose() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        client.wire.sends(Self.frame)
        client.wire.ends()
        #expect(bench.upstreams[0].wire.take() == Self.frame && bench.upstreams[0].wire.hasEnded)
        bench.upstreams[0].answers(Self.frame)
        #expect(client.wire.take() == Self.frame)
    }

    @Test("A side that does not read holds the other back (WS-03)")
    func backpressure() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        bench.upstreams[0].wire.stopsReading()
        let part = String(repeating: "x", count: 100_000)
        for _ in 0..<3 { client.wire.sends(part) }
        #expect(!client.connection.input.isEmpty, "it is not read from")
        bench.upstreams[0].wire.readsAgain()
        #expect(bench.upstreams[0].wire.take().utf8.count == 300_000)
        #expect(client.connection.input.isEmpty)
    }

    @Test("A client that does not read may still send, as what it sends makes no answer (WS-03)")
    func blockedClient() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        client.wire.stopsReading()
        for _ in 0..<8 { bench.upstreams[0].answers(String(repeating: "y", count: 100_000)) }
        #expect(client.connection.isReading)
        client.wire.sends(Self.frame)
        #expect(bench.upstreams[0].wire.take() == Self.frame)
        client.wire.readsAgain()
        #expect(client.wire.take().utf8.count == 800_000)
    }

    @Test("The bound of bodies is none of what a tunnel carries (WS-03)")
    func bodyLimit() throws {
        let bench = try EngineBench { $0.maxBody = 10 }
        let client = try tunnel(bench)
        for _ in 0..<10 { client.wire.sends(Self.frame) }
        #expect(bench.upstreams[0].wire.take() == String(repeating: Self.frame, count: 10) && client.wire.isOpen)
    }

    @Test("Where nothing passes for long it ends with 1001 (WS-04)")
    func idle() throws {
        let bench = try EngineBench()
        bench.judge.tokenLife = 100_000
        let client = try tunnel(bench)
        bench.passes(bench.loop.generation.settings.responseTimeout + .seconds(2))
        #expect(client.wire.take() == Self.close(1001) && client.wire.hasEnded && !bench.upstreams[0].wire.isOpen)
        #expect(try bench.logged() == ["101 client tunnel_idle"])
    }

    @Test("An upstream that switches while we drain is too late: the client is told so at once (WS-04)")
    func switchedInDrain() throws {
        let bench = try EngineBench()
        let client = try connect(bench)
        client.asks("/ws", method: "GET", Self.offer)
        bench.loop.announceEnd()
        _ = bench.loop.drain()
        bench.upstreams[0].answers(Self.answer)
        let heard = client.wire.take()
        #expect(heard.hasPrefix("HTTP/1.1 101 ") && heard.hasSuffix(Self.close(1001)) && client.wire.hasEnded)
        #expect(try bench.logged() == ["101 drained tunnel_drained"])
    }

    @Test("The end of a tunnel blames no address: the upstream has answered (UP-03)")
    func blamesNobody() throws {
        let bench = try EngineBench(addresses: 2, AddressTerms(failures: 1))
        for _ in 0..<12 {
            let client = try connect(bench)
            client.asks("/ws", method: "GET", Self.offer)
            let upstream = try #require(bench.upstreams.last)
            upstream.answers(Self.answer)
            upstream.wire.leaves()
            #expect(!client.wire.isOpen)
        }
        #expect(bench.counters.metrics.upstreamAddressesLeftAlone == 0)
    }

    @Test("The end of the token is a Close with 1008, between two frames (WS-04)")
    func expires() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        bench.upstreams[0].answers(Self.frame)
        bench.passes(.milliseconds(2900))
        #expect(client.wire.take() == Self.frame)
        bench.passes(.seconds(1))
        #expect(client.wire.take() == Self.close(1008) && client.wire.hasEnded && !bench.upstreams[0].wire.isOpen)
        #expect(try bench.logged() == ["101 refused right_ended"])
    }

    @Test("… and never in the middle of one, or behind another (WS-04)", arguments: ["\u{1}\u{5}hi", "\u{8}\u{0}"])
    func unfinished(sent: String) throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        bench.upstreams[0].answers(sent)
        bench.passes(.seconds(4))
        #expect(client.wire.take() == sent && !client.wire.isOpen && !bench.upstreams[0].wire.isOpen)
    }

    @Test("A certificate that is denied ends it (WS-04)")
    func denied() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        bench.gate.reviewed = AuthenticatedPeer(withdrawn: .certificateDenied, thumbprint: FakeJudge.thumbprint)
        bench.loop.publish(try bench.generation(2))
        bench.passes(.seconds(1))
        #expect(client.wire.take() == Self.close(1008) && client.wire.hasEnded)
    }

    @Test("Our own end is a Close with 1001 (WS-04)")
    func drains() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        bench.loop.announceEnd()
        #expect(client.wire.take().isEmpty && client.wire.isOpen)
        _ = bench.loop.drain()
        #expect(client.wire.take() == Self.close(1001) && client.wire.hasEnded && !bench.upstreams[0].wire.isOpen)
        #expect(try bench.logged() == ["101 drained tunnel_drained"])
    }
}

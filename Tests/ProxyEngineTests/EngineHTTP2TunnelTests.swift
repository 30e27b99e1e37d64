import BindingPolicy
import Foundation
import HTTPWire
import NIOCore
import Testing

@testable import ProxyEngine

@Suite("WebSocket on a stream of HTTP/2", .timeLimit(.minutes(10)))
struct EngineHTTP2TunnelTests {
    private static let frame: [UInt8] = [0x81, 0x02, 0x68, 0x69]

    private func connect(_ bench: EngineBench) throws -> FakeHTTP2Client {
        let peer = AuthenticatedPeer(thumbprint: FakeJudge.thumbprint, validFrom: 0, validUntil: .infinity)
        bench.gate.reviewed = peer
        return try bench.connectHTTP2(as: peer)
    }

    /// The key of ours that the upstream was sent, and the whole of its request.
    private func key(_ bench: EngineBench) throws -> (key: String, request: String) {
        let request = bench.upstreams[0].wire.take()
        let line = try #require(request.components(separatedBy: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") })
        return (String(line.dropFirst(19)), request)
    }

    private func answer(_ key: String, _ fields: String = "") -> String {
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: of-\(key)\r\n\(fields)\r\n"
    }

    private func tunnel(_ bench: EngineBench) throws -> FakeHTTP2Client {
        let client = try connect(bench)
        client.opens("/ws")
        bench.upstreams[0].answers(answer(try key(bench).key))
        #expect(client.reads().last == "head 1 200")
        return client
    }

    @Test("Is offered by a setting, where any is allowed; else what asks for it is malformed (WS-06)")
    func setting() throws {
        let client = try EngineBench().connectHTTP2(greets: false)
        #expect(
            client.connection.state.settings(headerList: 1, offersWebSocket: client.connection.offersWebSocket).contains {
                $0 == (.enableConnectProtocol, 1)
            })
        let without = try EngineBench { $0.webSocketAccept = nil }
        let other = try without.connectHTTP2()
        other.opens("/ws")
        #expect(other.reads().contains("reset 1 protocolError") && without.upstreams.isEmpty)
    }

    @Test("The upstream is asked by an upgrade with a key of ours, and the client hears 200 without what answers the key (WS-06)")
    func opens() throws {
        let bench = try EngineBench()
        let client = try connect(bench)
        client.opens("/ws", ("sec-websocket-version", "13"), ("sec-websocket-protocol", "chat"), ("sec-websocket-key", "theirs"))
        let (key, request) = try key(bench)
        #expect(request.hasPrefix("GET /ws HTTP/1.1\r\nHost: api\r\n") && request.contains("\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"))
        #expect(request.contains("sec-websocket-protocol: chat\r\n") && !request.contains("theirs") && !request.contains("chunked"))
        #expect(Data(base64Encoded: key)?.count == 16)
        bench.upstreams[0].answers(answer(key, "Sec-WebSocket-Protocol: chat\r\n") + "early")
        let heard = client.reads("sec-websocket-protocol", "sec-websocket-accept", "upgrade", "connection")
        #expect(heard == ["head 1 200 chat - - -", "data 1 5"])
        client.sends(client.data(1, Self.frame))
        #expect(bench.upstreams[0].wire.takeOctets() == Self.frame)
        client.sends(client.data(1, [], ends: true))
        #expect(bench.upstreams[0].wire.hasEnded)
        bench.upstreams[0].wire.ends()
        #expect(client.reads() == ["data 1 0 end"])
        #expect(try bench.logged() == ["200 ok"])
    }

    @Test("Two of them have two keys, and other streams of the connection go on beside them (WS-06)")
    func beside() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        client.asks("/")
        bench.upstreams[1].answers()
        #expect(client.reads() == ["head 3 200", "data 3 2 end"])
        client.sends(client.data(1, Self.frame))
        #expect(bench.upstreams[0].wire.takeOctets() == Self.frame)
    }

    @Test(
        "It is judged like any other, and refused where its route allows none (WS-06)",
        arguments: [("/denied", "401"), ("/token", "501"), ("/", "501")])
    func refused(path: String, status: String) throws {
        let bench = try EngineBench()
        let client = try connect(bench)
        client.opens(path)
        #expect(client.reads().first == "head 1 \(status)" && bench.upstreams.isEmpty)
    }

    @Test(
        "An upstream's success that is no 101 would look like a tunnel; what else it says is passed on (WS-06)",
        arguments: [(200, "502"), (204, "502"), (403, "403"), (426, "426")])
    func answered(status: Int, heard: String) throws {
        let bench = try EngineBench()
        let client = try connect(bench)
        client.opens("/ws")
        bench.upstreams[0].answers("HTTP/1.1 \(status) x\r\n\(status == 204 ? "" : "Content-Length: 0\r\n")\r\n")
        #expect(client.reads().first?.hasPrefix("head 1 \(heard)") == true)
        #expect(bench.upstreamFaults == (heard == "502" ? [.unaskedTunnel] : []))
    }

    @Test("A 101 that does not prove to have read our key is nonsense (WS-06)")
    func wrong() throws {
        let bench = try EngineBench()
        let client = try connect(bench)
        client.opens("/ws")
        bench.upstreams[0].answers(answer("theirs"))
        #expect(client.reads().first == "head 1 502" && bench.upstreamFaults == [.wrongUpgrade])
    }

    @Test("What a client sends before it is answered waits (WS-06)")
    func early() throws {
        let bench = try EngineBench()
        let client = try connect(bench)
        client.opens("/ws")
        client.sends(client.data(1, Self.frame))
        let (key, request) = try key(bench)
        #expect(request.hasSuffix("\r\n\r\n"))
        bench.upstreams[0].answers(answer(key))
        #expect(bench.upstreams[0].wire.takeOctets() == Self.frame)
    }

    @Test("Nothing but data belongs to it (WS-06)")
    func trailers() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        client.sends(FakeHTTP2Client.frame(1, 5, 1, client.block([("x", "y")])))
        #expect(client.reads() == ["reset 1 protocolError"] && !bench.upstreams[0].wire.isOpen)
    }

    @Test("A client that resets it ends the upstream's part, and an upstream that is lost resets it (WS-06)")
    func ends() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        client.sends(client.reset(1))
        #expect(!bench.upstreams[0].wire.isOpen)
        client.opens("/ws")
        let request = bench.upstreams[1].wire.take()
        let line = try #require(request.components(separatedBy: "\r\n").first { $0.hasPrefix("Sec-WebSocket-Key: ") })
        bench.upstreams[1].answers(answer(String(line.dropFirst(19))))
        bench.upstreams[1].wire.leaves()
        #expect(client.reads() == ["head 3 200", "reset 3 cancel"])
    }

    @Test("The end of the token is a Close with 1008 and the end of the stream (WS-04)")
    func expires() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        bench.passes(.seconds(4))
        #expect(client.reads() == ["data 1 4 end", "reset 1 noError"] && client.bodies[1] == WebSocketFrames.close(1008))
        #expect(!bench.upstreams[0].wire.isOpen && client.wire.isOpen)
        #expect(try bench.logged() == ["200 refused right_ended"])
    }

    @Test("Our own end is a Close with 1001 (WS-04)")
    func drains() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        bench.loop.announceEnd()
        _ = bench.loop.drain()
        #expect(client.reads().contains("data 1 4 end") && client.bodies[1] == WebSocketFrames.close(1001))
        #expect(try bench.logged() == ["200 drained tunnel_drained"])
    }

    @Test("A client whose window is full holds the upstream back, and an upstream that does not read the client (WS-06)")
    func backpressure() throws {
        let bench = try EngineBench()
        let client = try tunnel(bench)
        for _ in 0..<2 { bench.upstreams[0].answers(String(repeating: "x", count: 60_000)) }
        _ = client.reads()
        #expect(client.bodies[1]?.count == 65_535 && client.isBlocked(1))
        client.sends(client.window(0, 100_000) + client.window(1, 100_000))
        _ = client.reads()
        #expect(client.bodies[1]?.count == 120_000 && !client.isBlocked(1))
        bench.upstreams[0].wire.stopsReading()
        var sent = 0
        while sent < HTTP2Limits().streamWindow {
            client.sends(client.data(1, [UInt8](repeating: 7, count: 16_384)))
            sent += 16_384
        }
        #expect(!client.reads().contains { $0.hasPrefix("window 1 ") }, "no more may come than the window has")
        bench.upstreams[0].wire.readsAgain()
        #expect(bench.upstreams[0].wire.takeOctets().count == sent && client.reads().contains { $0.hasPrefix("window 1 ") })
    }
}

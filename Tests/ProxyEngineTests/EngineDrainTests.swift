import NIOCore
import NIOEmbedded
import Telemetry
import Testing

@testable import ProxyEngine

@Suite("The end of an engine", .timeLimit(.minutes(10)))
struct EngineDrainTests {
    @Test("that is announced makes each answer the last on its connection")
    func announced() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks()
        bench.loop.announceEnd()
        bench.upstreams[0].answers()
        #expect(client.wire.take().contains("Connection: close\r\n") && client.wire.hasEnded)
    }

    @Test("lets what runs finish, and closes what is idle after a moment")
    func drains() throws {
        let bench = try EngineBench()
        let (busy, idle, late) = (try bench.connect(), try bench.connect(), try bench.connect())
        busy.asks()
        var isDrained = false
        bench.loop.drain().assumeIsolated().whenComplete { _ in isDrained = true }
        late.asks()
        bench.passes(.milliseconds(1200))
        #expect(idle.wire.hasEnded && idle.wire.isOpen && !isDrained)
        for upstream in bench.upstreams { upstream.answers() }
        #expect(busy.status() == 200 && late.status() == 200, "a request that was on its way is served")
        for client in [busy, idle, late] { client.wire.leaves() }
        bench.eventLoop.run()
        #expect(isDrained)
    }

    @Test("cuts what does not finish, visibly")
    func cuts() throws {
        let bench = try EngineBench()
        let (busy, head) = (try bench.connect(), try bench.connect())
        busy.asks()
        head.wire.sends("GET / HT")
        _ = bench.loop.drain()
        bench.passes(.milliseconds(1200))
        #expect(head.wire.hasEnded && head.wire.take().isEmpty)
        bench.loop.stop()
        #expect(!busy.wire.isOpen && !bench.upstreams[0].wire.isOpen)
        let logged = try bench.logged()
        #expect(logged == ["0 drained draining", "0 drained drain_timeout"])
    }
}

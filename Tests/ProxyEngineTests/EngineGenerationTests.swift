import BindingPolicy
import Foundation
import HTTPWire
import NIOCore
import NIOEmbedded
import Telemetry
import Testing

@testable import ProxyEngine

@Suite("A generation that is replaced", .timeLimit(.minutes(10)))
struct EngineGenerationTests {
    @Test("judges and finishes what began under it, and is freed with its last request")
    func pinned() throws {
        let bench = try EngineBench()
        let clients = try (0..<3).map { _ in try bench.connect() }
        clients[0].asks("/later")
        clients[1].asks("/slow")
        weak let old = bench.loop.generation
        let strict = FakeJudge()
        bench.loop.publish(try bench.generation(2, judge: strict) { $0.thumbprintHeader = "X-Other" })
        clients[2].asks("/later")
        #expect(bench.judge.lookups.count == 1 && strict.lookups.count == 1)
        bench.judge.afterLookup = FakeJudge.permit
        bench.judge.lookups[0].ends()
        strict.lookups[0].ends()
        #expect(clients[2].status() == 401, "by the new one")
        #expect(old != nil)
        for upstream in bench.upstreams { upstream.answers() }
        #expect(clients[0].status() == 200 && clients[1].status() == 200)
        #expect(old == nil, "nobody holds it any more")
        #expect(bench.upstreams.allSatisfy { !$0.wire.isOpen }, "nor its connections")
    }

    @Test("is not looked at by what begins after it")
    func replaced() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks()
        bench.upstreams[0].answers()
        weak let old = bench.loop.generation
        #expect(!bench.upstreams[0].wire.take().contains("X-Forwarded-For"))
        bench.loop.publish(try bench.generation(2) { $0.forwarded = .address })
        #expect(old == nil && !bench.upstreams[0].wire.isOpen)
        client.asks()
        #expect(bench.upstreams[1].wire.take().contains("X-Forwarded-For: 192.0.2.1\r\n"))
        bench.upstreams[1].answers()
        #expect(bench.loop.generation.number == 2 && client.wire.take().components(separatedBy: "200 OK").count == 3)
    }

    @Test("leaves its connections to the next, where the upstream stays the same")
    func sameUpstream() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks()
        bench.upstreams[0].answers()
        weak let old = bench.loop.generation
        bench.loop.publish(try bench.generation(2, keeping: bench.loop.generation) { $0.forwarded = .address })
        #expect(old == nil && bench.upstreams[0].wire.isOpen)
        _ = bench.upstreams[0].wire.take()
        client.asks()
        #expect(bench.upstreams.count == 1 && bench.upstreams[0].wire.take().contains("X-Forwarded-For"), "by the new one's terms")
        bench.upstreams[0].answers()
        bench.loop.publish(try bench.generation(3))
        #expect(!bench.upstreams[0].wire.isOpen, "nobody sends anything there any more")
        #expect(bench.counters.snapshot.upstreamRequests["default"] == 2)
    }

    @Test("still has its requests told when they have waited for a connection too long")
    func waiting() throws {
        let bench = try EngineBench(connections: 1)
        let clients = try (0..<2).map { _ in try bench.connect() }
        for client in clients { client.asks() }
        bench.loop.publish(try bench.generation(2))
        bench.passes(.seconds(2))
        #expect(clients[1].status() == 503)
    }
}

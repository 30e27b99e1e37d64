import BindingPolicy
import Foundation
import NIOCore
import Telemetry
import Testing

@testable import ProxyEngine

@Suite("An upstream of several addresses", .timeLimit(.minutes(10)))
struct EngineAddressesTests {
    private let upload = "Content-Length: 5\r\n"

    /// Asks one request after the other, each answered.
    private func served(_ bench: EngineBench, _ client: FakeClient, _ count: Int) -> [Int] {
        (0..<count).compactMap { _ in
            client.asks()
            let upstream = bench.upstreams.first { $0.wire.isOpen && !$0.wire.take().isEmpty }
            upstream?.answers()
            return client.status() == 200 ? upstream?.address : nil
        }
    }

    @Test("is asked at each of them, and keeps a connection to each")
    func shared() throws {
        let bench = try EngineBench(addresses: 3)
        let client = try bench.connect()
        #expect(served(bench, client, 9) == [0, 1, 2, 0, 1, 2, 0, 1, 2] && bench.upstreams.count == 3)
    }

    @Test("of which one is dead fails no request, and that one is asked less and less")
    func dead() throws {
        let bench = try EngineBench(addresses: 3, AddressTerms(failures: 2, rest: .seconds(10)))
        bench.refusing = [1]
        let client = try bench.connect()
        let first = served(bench, client, 30)
        #expect(first.count == 30 && Set(first) == [0, 2] && bench.upstreamFaults.isEmpty)
        #expect(bench.counters.metrics.upstreamAddressesLeftAlone == 1)
        client.asks(method: "POST", upload)
        client.wire.sends("12345")
        #expect(bench.upstreams.contains { $0.wire.take().hasSuffix("12345") })
        for upstream in bench.upstreams { upstream.answers() }
        #expect(client.status() == 200)
        bench.refusing = []
        bench.passes(.seconds(11))
        #expect(Set(served(bench, client, 12)) == [0, 1, 2], "it is back")
    }

    @Test("of which all are dead is asked all the same, and the request is told")
    func allDead() throws {
        let bench = try EngineBench(addresses: 3, AddressTerms(failures: 1))
        bench.refusing = [0, 1, 2]
        let client = try bench.connect()
        for _ in 0..<5 {
            client.asks()
            #expect(client.status() == 504)
        }
        bench.refusing = [0, 2]
        #expect(served(bench, client, 3) == [1, 1, 1], "none is left alone while there is no other")
    }

    @Test("one of which is found down is asked no more until it is found up")
    func down() throws {
        let bench = try EngineBench(addresses: 2)
        let client = try bench.connect()
        bench.health[0].note(isDown: true)
        #expect(served(bench, client, 4) == [1, 1, 1, 1])
        bench.health[0].note(isDown: false)
        bench.passes(.seconds(1))
        #expect(Set(served(bench, client, 4)) == [0, 1])
        for one in bench.health { one.note(isDown: true) }
        #expect(Set(served(bench, client, 4)) == [0, 1])
    }

    @Test("that dies under a request that may come twice has it sent to another, and not one that may not")
    func killed() throws {
        let bench = try EngineBench(addresses: 2)
        let clients = try (0..<2).map { _ in try bench.connect() }
        clients[0].asks()
        let lost = bench.upstreams[0]
        lost.wire.leaves()
        #expect(bench.upstreams.count == 2 && bench.upstreams[1].address != lost.address)
        #expect(bench.upstreams[1].wire.take().hasPrefix("GET / "))
        bench.upstreams[1].answers()
        #expect(clients[0].status() == 200)
        #expect(bench.counters.snapshot.upstreamRetries["default"] == 1)
        clients[1].asks(method: "POST", upload)
        clients[1].wire.sends("12345")
        let asked = try #require(bench.upstreams.first { $0.wire.isOpen && $0.wire.take().hasPrefix("POST") })
        let opened = bench.upstreams.count
        asked.wire.leaves()
        #expect(clients[1].status() == 502 && bench.upstreams.count == opened, "an octet was written")
    }

    @Test("repeats a share of requests only, so that none that is in trouble gets twice as many")
    func budget() throws {
        let bench = try EngineBench(connections: 100, addresses: 2, AddressTerms(failures: 1000))
        let clients = try (0..<40).map { _ in try bench.connect() }
        for client in clients {
            client.asks()
            for upstream in bench.upstreams where upstream.wire.isOpen { upstream.wire.leaves() }
            for upstream in bench.upstreams where upstream.wire.isOpen { upstream.wire.leaves() }
        }
        #expect(clients.allSatisfy { $0.status() == 502 })
        let retries = bench.counters.snapshot.upstreamRetries["default"] ?? 0
        #expect((10...18).contains(retries), "\(retries)")
    }

    @Test("or of one: whatever a request is, it is sent again where a connection fails before an octet of it was written")
    func untouched() throws {
        for addresses in 1...2 {
            let bench = try EngineBench(addresses: addresses)
            let client = try bench.connect()
            _ = served(bench, client, addresses)
            for upstream in bench.upstreams { upstream.wire.breaks = true }
            client.asks(method: "POST", upload)
            client.wire.sends("12345")
            let asked = try #require(bench.upstreams.last { $0.wire.isOpen })
            #expect(asked.wire.take().hasSuffix("\r\n\r\n12345"))
            asked.answers()
            #expect(client.status() == 200)
            client.asks(method: "POST", "Content-Length: 20000\r\n")
            #expect(client.wire.isOpen)
        }
    }

    @Test("or of one: whose connections are each one client's serves no two on one of them, and waits for nobody's")
    func isolated() throws {
        let bench = try EngineBench(connections: 2, isolates: true)
        let clients = try ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map { try bench.connect(from: $0) }
        func ask(_ client: FakeClient) -> Int? {
            client.asks()
            let number = bench.upstreams.firstIndex { $0.wire.isOpen && !$0.wire.take().isEmpty }
            if let number { bench.upstreams[number].answers() }
            return client.status() == 200 ? number : nil
        }
        #expect([0, 1, 0, 1, 1].map { ask(clients[$0]) } == [0, 1, 0, 1, 1])
        #expect(ask(clients[2]) == 2 && !bench.upstreams[0].wire.isOpen, "the oldest makes room")
        #expect(ask(clients[1]) == 1 && ask(clients[0]) == 3)
        let again = try bench.connect(from: "192.0.2.2")
        clients[1].wire.leaves()
        #expect(ask(again) == 1, "by who it is, whatever connection it comes on")
    }

    @Test("that changes keeps the connections of those that stay, and lets what runs on the others finish")
    func adopted() throws {
        let bench = try EngineBench(addresses: 3)
        let clients = try (0..<2).map { _ in try bench.connect() }
        #expect(served(bench, clients[0], 2) == [0, 1])
        clients[1].asks()
        #expect(bench.upstreams.map(\.address) == [0, 1, 2])
        let pool = try #require(bench.loop.generation.upstream(.default)).pool
        pool.adopt(bench.addresses(of: .default, 1..<2))
        #expect(bench.upstreams.map(\.wire.isOpen) == [false, true, true])
        bench.upstreams[2].answers()
        #expect(clients[1].status() == 200 && !bench.upstreams[2].wire.isOpen)
        #expect(served(bench, clients[0], 2) == [1, 1] && bench.upstreams.count == 3)
        pool.adopt([])
        pool.adopt(bench.addresses(of: .default, 0..<3))
        #expect(Set(served(bench, clients[0], 6)) == [0, 1, 2])
    }

    @Test("is left a second before it closes a connection by its own word")
    func keepAlive() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        func ask() {
            client.asks()
            bench.upstreams.last?.answers("HTTP/1.1 200 OK\r\nKeep-Alive: timeout=5, max=9\r\nContent-Length: 0\r\n\r\n")
        }
        ask()
        bench.passes(.milliseconds(3500))
        ask()
        #expect(bench.upstreams.count == 1 && bench.upstreams[0].wire.isOpen)
        bench.passes(.milliseconds(4200))
        #expect(!bench.upstreams[0].wire.isOpen)
        ask()
        #expect(bench.upstreams.count == 2 && client.wire.take().components(separatedBy: "200 OK").count == 4)
    }

    @Test("keeps none that serves nobody longer than the time for that, whatever stood before it")
    func idle() throws {
        let bench = try EngineBench(connections: 4)
        let clients = try (0..<3).map { _ in try bench.connect() }
        for (client, method) in zip(clients, ["HEAD", "GET", "GET"]) { client.asks(method: method) }
        // The first rests for a second, and stands behind the others then.
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        bench.passes(.milliseconds(500))
        bench.upstreams[1].answers()
        bench.upstreams[2].answers()
        bench.passes(.milliseconds(29_600))
        #expect(bench.upstreams.map(\.wire.isOpen) == [false, true, true])
        bench.passes(.milliseconds(500))
        #expect(bench.upstreams.allSatisfy { !$0.wire.isOpen })
    }
}

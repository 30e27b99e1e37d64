import BindingPolicy
import HTTPWire
import NIOCore
import Testing

@testable import ProxyEngine

@Suite("What a client may have of the proxy")
struct ClientLimitsTests {
    private static func limits(_ change: (inout ClientLimits) -> Void) -> ClientLimits {
        var limits = ClientLimits()
        change(&limits)
        return limits
    }

    // MARK: Bodies

    @Test("A body whose length is more than is taken is refused before anything is forwarded, and one of that length passes")
    func length() throws {
        let bench = try EngineBench { $0.maxBody = 5 }
        let client = try bench.connect()
        client.wire.sends("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 6\r\nExpect: 100-continue\r\n\r\n")
        let answer = client.wire.take()
        #expect(answer.hasPrefix("HTTP/1.1 413 Content Too Large\r\n") && answer.contains("body_too_large") && answer.contains("Connection: close"))
        #expect(client.wire.hasEnded && bench.upstreams.isEmpty)
        let other = try bench.connect()
        other.wire.sends("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 5\r\n\r\nhello")
        #expect(bench.upstreams[0].wire.take().hasSuffix("\r\n\r\nhello"))
        bench.upstreams[0].answers()
        #expect(other.status() == 200)
    }

    @Test("So is a body without a length once more has come, and the upstream never sees its end")
    func chunks() throws {
        let bench = try EngineBench { $0.maxBody = 5 }
        let client = try bench.connect()
        client.wire.sends("POST / HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        #expect(bench.upstreams[0].wire.take().hasSuffix("5\r\nhello\r\n"))
        client.wire.sends("1\r\n!\r\n0\r\n\r\n")
        #expect(client.status() == 413 && client.wire.hasEnded)
        #expect(bench.upstreams[0].wire.take() == "" && !bench.upstreams[0].wire.isOpen)
        let exact = try bench.connect()
        exact.wire.sends("POST / HTTP/1.1\r\nHost: api\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
        #expect(bench.upstreams[1].wire.take().hasSuffix("5\r\nhello\r\n0\r\n\r\n"))
    }

    // MARK: Requests

    @Test("Requests beyond the rate are answered 429 with a time, by certificate or address, on whatever connection")
    func rate() throws {
        let bench = try EngineBench { $0.clientLimits = Self.limits { $0.rate = RequestAllowance.Rate(perSecond: 0.5, burst: 2) } }
        let client = try bench.connect(), other = try bench.connect()
        for one in [client, other] {
            one.asks()
            bench.upstreams[0].answers()
            #expect(one.status() == 200)
        }
        client.asks()
        let answer = client.wire.take()
        #expect(answer.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n") && answer.contains("Retry-After: 2\r\n") && answer.contains("rate_exceeded"))
        #expect(!client.wire.hasEnded)
        bench.passes(.seconds(2))
        client.asks("/denied")
        #expect(client.status() == 401, "a refusal costs one too")
        client.asks()
        #expect(client.status() == 429)
    }

    @Test("Requests of a token's client count for that, and those without one for their certificate")
    func clientID() throws {
        let bench = try EngineBench {
            $0.clientLimits = Self.limits {
                $0.rate = RequestAllowance.Rate(perSecond: 1, burst: 1)
                $0.subject = .clientID
            }
        }
        let client = try bench.connect()
        client.asks("/denied")
        #expect(client.status() == 401, "who it is has not been shown")
        client.asks()
        bench.upstreams[0].answers()
        #expect(client.status() == 200)
        client.asks()
        #expect(client.status() == 429)
    }

    @Test("Requests under way are bounded, and an end of whatever kind makes room")
    func underWay() throws {
        let bench = try EngineBench { $0.clientLimits = Self.limits { $0.requests = 1 } }
        let clients = try (0..<3).map { _ in try bench.connect() }
        clients[0].asks()
        clients[1].asks()
        #expect(clients[1].status() == 429)
        bench.upstreams[0].answers()
        #expect(clients[0].status() == 200)
        clients[1].asks()
        clients[1].wire.leaves()
        clients[2].asks("/denied")
        #expect(clients[2].status() == 401)
        clients[2].asks()
        #expect(clients[2].status() == nil, "it is under way")
    }

    // MARK: Connections

    @Test("Connections of a client are bounded for as long as they last; others' are not")
    func connections() {
        let ledger = ClientLedger()
        let limits = Self.limits { $0.connections = 2 }
        var places = (0..<2).compactMap { _ in ledger.connect(.address("a"), limits) }
        #expect(places.count == 2 && ledger.connect(.address("a"), limits) == nil && ledger.connect(.address("b"), limits) != nil)
        places.removeLast()
        #expect(ledger.connect(.address("a"), limits) != nil)
        #expect((0..<100).compactMap { _ in ledger.connect(.address("c"), .none) }.count == 100)
    }

    @Test("What is remembered of parties is bounded, and gone once it makes no difference")
    func book() {
        var book = AllowanceBook<Int>()
        let rate = RequestAllowance.Rate(perSecond: 1, burst: 1)
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        for party in 0..<AllowanceBook<Int>.bound + 100 { _ = book.take(party, rate, at: start) }
        #expect(book.count <= AllowanceBook<Int>.bound)
        let last = AllowanceBook<Int>.bound + 99
        let wait = book.take(last, rate, at: start)
        #expect(wait == 1, "the latest is known")
        for _ in 0..<AllowanceBook<Int>.bound { _ = book.take(-1, rate, at: start + .seconds(1)) }
        #expect(book.count <= 2)
    }
}

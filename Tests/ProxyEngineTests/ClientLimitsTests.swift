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

    private static func network(_ address: String) throws -> ClientKey {
        .network(ClientNetwork(try SocketAddress(ipAddress: address, port: 1)))
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

    @Test("A token's client counts on whatever connection, and beside no other's; what is refused counts for nobody")
    func namedClient() throws {
        let bench = try EngineBench {
            $0.clientLimits = Self.limits {
                $0.rate = RequestAllowance.Rate(perSecond: 1, burst: 1)
                $0.subject = .clientID
            }
        }
        let first = try bench.connect(), second = try bench.connect()
        first.asks("/of/one")
        bench.upstreams[0].answers()
        #expect(first.status() == 200)
        second.asks("/of/one")
        #expect(second.status() == 429)
        second.asks("/of/other")
        bench.upstreams[0].answers()
        #expect(second.status() == 200)
        first.asks("/")
        bench.upstreams[0].answers()
        #expect(first.status() == 200, "without a token's client it is another party")
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
    func connections() throws {
        let ledger = ClientLedger()
        let limits = Self.limits { $0.connections = 2 }
        let (a, b, c) = (try Self.network("192.0.2.1"), try Self.network("192.0.2.2"), try Self.network("192.0.2.3"))
        var places = (0..<2).compactMap { _ in ledger.connect(a, limits) }
        #expect(places.count == 2 && ledger.connect(a, limits) == nil && ledger.connect(b, limits) != nil)
        places.removeLast()
        #expect(ledger.connect(a, limits) != nil)
        #expect((0..<100).compactMap { _ in ledger.connect(c, .none) }.count == 100)
    }

    @Test("Who shows no certificate counts by network, as one party can choose its address in IPv6")
    func networks() throws {
        #expect(try Self.network("2001:db8:1:2::1") == Self.network("2001:db8:1:2:ffff::2"))
        #expect(try Self.network("2001:db8:1:2::1") != Self.network("2001:db8:1:3::1"))
        #expect(try Self.network("192.0.2.1") == Self.network("::ffff:192.0.2.1") && Self.network("192.0.2.1") != Self.network("192.0.2.2"))
    }

    @Test("However many strangers there are, they take no place of those who have shown a certificate")
    func strangers() throws {
        let ledger = ClientLedger()
        let rate = RequestAllowance.Rate(perSecond: 0.001, burst: 1)
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
        let known = ClientKey.certificate(FakeJudge.thumbprint)
        #expect(ledger.take(for: known, rate, at: start) == nil)
        for number in 0..<AllowanceBook<Int>.bound * 2 {
            _ = ledger.take(for: try Self.network("10.\(number >> 16).\(number >> 8 & 255).\(number & 255)"), rate, at: start)
        }
        #expect(ledger.take(for: known, rate, at: start) != nil)
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

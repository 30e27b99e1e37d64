import BindingPolicy
import NIOCore
import Telemetry
import Testing

@testable import ProxyEngine

@Suite("No answer outlives the right to it", .timeLimit(.minutes(10)))
struct EngineRightTests {
    private static let stream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    private static let event = "9\r\ndata: 1\n\n\r\n"

    /// Until when its certificate is valid: seconds from the bench's beginning.
    private func holder(_ bench: EngineBench, validFor seconds: Double = .infinity) -> AuthenticatedPeer {
        let peer = AuthenticatedPeer(
            thumbprint: FakeJudge.thumbprint, validFrom: 0, validUntil: bench.time.clock.seconds() + seconds)
        bench.gate.reviewed = peer
        return peer
    }

    /// A client with an event stream under way.
    private func streaming(_ bench: EngineBench, _ path: String, as peer: AuthenticatedPeer) throws -> FakeClient {
        let client = try bench.connect(as: peer)
        client.asks(path)
        bench.upstreams[0].answers(Self.stream + Self.event)
        #expect(client.wire.take().hasSuffix(Self.event))
        return client
    }

    private func isCut(_ client: FakeClient, _ bench: EngineBench) -> Bool {
        !client.wire.isOpen && !bench.upstreams[0].wire.isOpen && !client.wire.take().contains("0\r\n\r\n")
    }

    @Test("An event stream is cut within a second of its token's expiry, leeway included, and not before (WS-05)")
    func tokenExpires() throws {
        let bench = try EngineBench()
        let client = try streaming(bench, "/token", as: holder(bench))
        bench.passes(.milliseconds(2900))
        bench.upstreams[0].answers(Self.event)
        #expect(client.wire.take() == Self.event)
        bench.passes(.seconds(1))
        #expect(isCut(client, bench))
        #expect(try bench.logged() == ["200 refused right_ended"])
        #expect(bench.counters.metrics.rightsEnded == ["token_expired": 1] && bench.counters.metrics.refusals.isEmpty)
    }

    @Test("A long poll that nothing was answered to is refused as a new request would be (WS-05)")
    func longPoll() throws {
        let bench = try EngineBench()
        let client = try bench.connect(as: holder(bench))
        client.asks("/token")
        bench.passes(.seconds(4))
        let answer = client.wire.take()
        #expect(answer.hasPrefix("HTTP/1.1 401 ") && answer.contains("token_expired"))
        #expect(!bench.upstreams[0].wire.isOpen)
        #expect(try bench.logged() == ["401 refused right_ended"])
    }

    @Test("An upload is stopped (WS-05)")
    func upload() throws {
        let bench = try EngineBench()
        let client = try bench.connect(as: holder(bench))
        client.asks("/token", method: "POST", "Content-Length: 100000\r\n")
        client.wire.sends("begun")
        bench.passes(.seconds(4))
        #expect(client.status() == 401 && client.wire.hasEnded && !bench.upstreams[0].wire.isOpen)
    }

    @Test("A client that has been answered is asked anew, and keeps its connection (WS-05)")
    func answered() throws {
        let bench = try EngineBench()
        let client = try bench.connect(as: holder(bench))
        client.asks("/token")
        bench.upstreams[0].answers()
        bench.passes(.seconds(10))
        #expect(client.status() == 200 && client.wire.isOpen && bench.counters.metrics.rightsEnded.isEmpty)
    }

    @Test("Where a route only reports, that is told and nothing is cut (WS-05)")
    func reported() throws {
        let bench = try EngineBench()
        let client = try streaming(bench, "/reported", as: holder(bench))
        bench.passes(.seconds(10))
        bench.upstreams[0].answers(Self.event + "0\r\n\r\n")
        #expect(client.wire.take() == Self.event + "0\r\n\r\n" && client.wire.isOpen)
        #expect(try bench.logged() == ["200 ok"])
        #expect(bench.counters.metrics.wouldRefuse == ["token_expired": 1] && bench.counters.metrics.rightsEnded.isEmpty)
    }

    @Test("A certificate that runs out ends what it was let in for (WS-05)")
    func certificateExpires() throws {
        let bench = try EngineBench()
        let client = try streaming(bench, "/", as: holder(bench, validFor: 5))
        bench.passes(.milliseconds(4900))
        #expect(client.wire.isOpen)
        bench.passes(.seconds(1))
        #expect(isCut(client, bench) && bench.counters.metrics.rightsEnded == ["cert_expired": 1])
    }

    @Test("A generation that denies the certificate ends it, and one that does not leaves it alone (WS-05)")
    func denied() throws {
        let bench = try EngineBench()
        let client = try streaming(bench, "/", as: holder(bench))
        bench.loop.publish(try bench.generation(2))
        bench.passes(.seconds(1))
        #expect(client.wire.isOpen)
        bench.gate.reviewed = AuthenticatedPeer(withdrawn: .certificateDenied, thumbprint: FakeJudge.thumbprint)
        bench.passes(.seconds(1))
        #expect(client.wire.isOpen, "nothing says that there is anything new")
        bench.loop.publish(try bench.generation(3))
        bench.passes(.seconds(1))
        #expect(isCut(client, bench) && bench.counters.metrics.rightsEnded == ["cert_denied": 1])
    }

    @Test("A list that comes in without a reload ends it too (WS-05)")
    func revoked() throws {
        let bench = try EngineBench()
        let client = try streaming(bench, "/", as: holder(bench))
        bench.gate.reviewed = AuthenticatedPeer(withdrawn: .certificateRevoked, thumbprint: FakeJudge.thumbprint)
        bench.gate.trustChanges += 1
        bench.passes(.seconds(1))
        #expect(isCut(client, bench) && bench.counters.metrics.rightsEnded == ["cert_revoked": 1])
    }

    @Test("A verdict that takes time is asked for once, and ends it when it is there (WS-05)", arguments: [true, false])
    func question(isWithdrawn: Bool) throws {
        let bench = try EngineBench()
        let client = try streaming(bench, "/", as: holder(bench))
        bench.gate.asks = true
        bench.gate.trustChanges += 1
        bench.passes(.seconds(3))
        #expect(bench.gate.questions.count == 1 && client.wire.isOpen)
        if isWithdrawn { bench.gate.reviewed = AuthenticatedPeer(withdrawn: .certificateRevoked, thumbprint: FakeJudge.thumbprint) }
        bench.gate.questions[0].ends()
        #expect(client.wire.isOpen != isWithdrawn)
        bench.passes(.seconds(3))
        #expect(bench.gate.questions.count == 1)
    }

    @Test("A question about a client that has gone is given up (WS-05)")
    func gone() throws {
        let bench = try EngineBench()
        let client = try streaming(bench, "/", as: holder(bench))
        bench.gate.asks = true
        bench.gate.trustChanges += 1
        bench.passes(.seconds(1))
        client.wire.leaves()
        #expect(bench.gate.questions.map(\.isAbandoned) == [true])
    }
}

import BindingPolicy
import Foundation
import HTTPWire
import NIOCore
import NIOEmbedded
import Telemetry
import Testing

@testable import ProxyEngine

/// Requests through the whole engine in memory: who is first, and what the others see of it.
@Suite("A request through the engine", .timeLimit(.minutes(10)))
struct EngineExchangeTests {
    private let upload = "Content-Length: 20000\r\n"

    @Test("is forwarded with a permit, answered, and both connections serve the next one")
    func answered() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        for _ in 1...30 {
            client.asks()
            #expect(bench.upstreams.count == 1)
            #expect(bench.upstreams[0].wire.take().hasPrefix("GET / HTTP/1.1\r\n"))
            bench.upstreams[0].answers()
            #expect(client.wire.take().hasSuffix("\r\n\r\nok"))
        }
        #expect(client.wire.isOpen && bench.upstreams[0].wire.isOpen)
        let logged = try bench.logged()
        #expect(logged == [String](repeating: "200 ok", count: 30))
    }

    @Test("whose short body was taken and whose upstream fails at once leaves the next request what it is")
    func shortBody() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        bench.connectFault = .connectTimeout
        client.wire.sends(
            "POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 40\r\n\r\n" + String(repeating: "a", count: 40)
                + "GET /denied HTTP/1.1\r\nHost: api\r\n\r\n")
        #expect(client.wire.take().components(separatedBy: "HTTP/1.1 ").map { $0.prefix(3) } == ["", "504", "401"])
        bench.connectFault = nil
        client.wire.sends("POST / HTTP/1.1\r\nHost: api\r\nContent-Length: 40\r\n\r\n" + String(repeating: "a", count: 40))
        #expect(bench.upstreams[0].wire.take().hasSuffix("\r\n\r\n" + String(repeating: "a", count: 40)))
        client.asks(method: "POST", "Content-Length: 40\r\n")
        bench.upstreams[0].answers()
        bench.upstreams[0].wire.ends()
        client.wire.sends(String(repeating: "a", count: 40) + "GET /denied HTTP/1.1\r\nHost: api\r\n\r\n")
        #expect(client.wire.take().components(separatedBy: "HTTP/1.1 ").map { $0.prefix(3) } == ["", "200", "502", "401"])
    }

    @Test("is not forwarded without one")
    func denied() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks("/denied")
        #expect(client.status() == 401 && bench.upstreams.isEmpty && client.wire.isOpen)
        let logged = try bench.logged()
        #expect(logged == ["401 refused token_expired"])
        #expect(bench.counters.metrics.refusals == ["token_expired": 1])
    }

    @Test("is refused where it cannot be read, and nothing of the connection is read on")
    func malformed() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.wire.sends("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.status() == 400 && client.wire.hasEnded && bench.upstreams.isEmpty)
        let logged = try bench.logged()
        #expect(logged.count == 1)
    }

    @Test("waits for its token's lookup, and is judged by what that brings")
    func lookup() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks("/later")
        client.asks("/next")
        #expect(bench.upstreams.isEmpty && client.wire.take().isEmpty)
        bench.judge.lookups[0].ends()
        #expect(client.status() == 401)
        #expect(bench.upstreams[0].wire.take().hasPrefix("GET /next "), "what waited behind it goes on")
        bench.judge.afterLookup = FakeJudge.permit
        bench.upstreams[0].answers()
        client.asks("/later")
        bench.judge.lookups[1].ends()
        #expect(bench.upstreams[0].wire.take().hasPrefix("GET /later "))
    }

    @Test("whose client leaves during its lookup asks nobody any more")
    func leavesDuringLookup() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks("/later")
        client.wire.leaves()
        #expect(bench.judge.lookups[0].isAbandoned)
        bench.judge.lookups[0].ends()
        #expect(bench.upstreams.isEmpty)
        let logged = try bench.logged()
        #expect(logged == ["0 client client_gone"])
    }

    @Test("whose lookup never ends is refused by time alone")
    func lookupTimesOut() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks("/later")
        bench.passes(EngineSettings.lookupTimeout + .seconds(1))
        #expect(client.status() == 503 && bench.judge.lookups[0].isAbandoned)
        let logged = try bench.logged()
        #expect(logged == ["503 refused introspection_unavailable"])
    }

    @Test("is let go of once it is over, however it ended")
    func letGo() throws {
        let bench = try EngineBench()
        let clients = try (0..<6).map { _ in try bench.connect() }
        for client in clients { client.asks(method: "POST", "Content-Length: 4\r\n") }
        clients[0].wire.sends("body")
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        clients[0].wire.stopsReading()
        bench.upstreams[0].answers(String(repeating: "a", count: 100_000))
        clients[0].wire.readsAgain()
        bench.upstreams[1].wire.ends()
        clients[2].wire.leaves()
        bench.upstreams[3].answers()
        bench.passes(.seconds(35))
        for client in clients { client.wire.leaves() }
        bench.passes(.seconds(120))
        #expect(bench.loop.wheel.count == 0)
    }

    // MARK: The client first

    @Test("whose client leaves takes its upstream connection along")
    func clientLeaves() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks()
        client.wire.leaves()
        #expect(!bench.upstreams[0].wire.isOpen)
        let logged = try bench.logged()
        #expect(logged == ["0 client client_gone"])
    }

    @Test("whose client ends its side is answered all the same")
    func halfClose() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks()
        client.wire.ends()
        bench.upstreams[0].answers()
        #expect(client.status() == 200 && !client.wire.isOpen && bench.upstreams[0].wire.isOpen)
    }

    @Test("whose body is cut off is no request")
    func cutBody() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks(method: "POST", upload)
        client.wire.sends(String(repeating: "a", count: 100))
        client.wire.ends()
        #expect(!bench.upstreams[0].wire.isOpen && client.wire.take().isEmpty)
        let logged = try bench.logged()
        #expect(logged == ["0 client client_gone"])
    }

    @Test("whose body stops arriving is told, and its upstream connection is given up")
    func slowBody() throws {
        let bench = try EngineBench { $0.minimumBodyRate = 0 }
        let client = try bench.connect()
        client.asks(method: "POST", upload)
        bench.passes(.seconds(31))
        #expect(client.status() == 408 && client.wire.hasEnded && !bench.upstreams[0].wire.isOpen)
        let logged = try bench.logged()
        #expect(logged == ["408 client body_timeout"])
    }

    @Test("whose body trickles is told by its rate, and not before the grace")
    func trickle() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks(method: "POST", upload)
        for _ in 1...19 {
            client.wire.sends("a")
            bench.passes(.seconds(1))
        }
        #expect(client.wire.take().isEmpty)
        client.wire.sends("a")
        bench.passes(.seconds(2))
        #expect(client.status() == 408)
    }

    @Test("whose head does not arrive is told; an idle connection is closed without a word")
    func slowHead() throws {
        let bench = try EngineBench()
        let (slow, idle) = (try bench.connect(), try bench.connect())
        slow.wire.sends("GET / HT")
        bench.passes(.seconds(11))
        #expect(slow.status() == 408 && idle.wire.take().isEmpty && !idle.wire.hasEnded)
        bench.passes(.seconds(50))
        #expect(idle.wire.hasEnded && idle.wire.take().isEmpty)
        let logged = try bench.logged()
        #expect(logged == ["408 client head_timeout"])
    }

    @Test("whose client does not read holds the upstream back, and is cut in the end")
    func doesNotRead() throws {
        let bench = try EngineBench { $0.minimumBodyRate = 0 }
        let client = try bench.connect()
        client.asks()
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        client.wire.stopsReading()
        bench.upstreams[0].answers(String(repeating: "a", count: 20000))
        #expect(bench.isPaused(bench.upstreams[0].wire))
        bench.passes(.seconds(10))
        client.wire.readsAgain()
        #expect(!bench.isPaused(bench.upstreams[0].wire) && client.wire.take().hasSuffix("aaa"))
        client.wire.stopsReading()
        bench.upstreams[0].answers(String(repeating: "b", count: 20000))
        bench.passes(.seconds(21))
        #expect(!client.wire.isOpen && !bench.upstreams[0].wire.isOpen)
        let logged = try bench.logged()
        #expect(logged == ["200 client read_timeout"])
    }

    // MARK: The upstream first

    @Test("whose upstream closes before its answer is told")
    func upstreamCloses() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks()
        bench.upstreams[0].wire.ends()
        #expect(client.status() == 502 && client.wire.isOpen)
        let logged = try bench.logged()
        #expect(logged == ["502 upstream upstream_closed"] && bench.upstreamFaults == [.closed])
    }

    @Test("whose kept-alive upstream connection was closed goes out once more, and a POST does not (FW-22)")
    func retried() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks()
        bench.upstreams[0].answers()
        client.asks()
        bench.upstreams[0].wire.ends()
        #expect(bench.upstreams.count == 2)
        bench.upstreams[1].answers()
        #expect(client.wire.take().components(separatedBy: "200 OK").count == 3)
        client.asks(method: "POST", "Content-Length: 0\r\n")
        bench.upstreams[1].wire.ends()
        #expect(client.status() == 502)
    }

    @Test("whose upstream is lost in its answer is cut, and does not look whole (H1-24)")
    func cut() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks()
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        bench.upstreams[0].wire.ends()
        #expect(!client.wire.isOpen && !client.wire.hasEnded)
        let logged = try bench.logged()
        #expect(logged == ["200 upstream upstream_closed"])
    }

    @Test("whose upstream answers early ends the client's connection with the answer")
    func earlyAnswer() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks(method: "POST", upload)
        bench.upstreams[0].answers()
        #expect(client.wire.take().contains("Connection: close\r\n") && client.wire.hasEnded && !bench.upstreams[0].wire.isOpen)
    }

    @Test("whose upstream says nothing is told by time alone")
    func silentUpstream() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks()
        bench.passes(.seconds(21))
        #expect(client.status() == 504 && !bench.upstreams[0].wire.isOpen)
        let logged = try bench.logged()
        #expect(logged == ["504 upstream upstream_timeout"])
    }

    @Test("whose upstream cannot be had is told")
    func unreachable() throws {
        let bench = try EngineBench()
        bench.connectFault = .connectTimeout
        let client = try bench.connect()
        client.asks()
        #expect(client.status() == 504)
        let logged = try bench.logged()
        #expect(logged == ["504 upstream upstream_connect_timeout"])
    }

    @Test("goes to the upstream that its permit names, each with connections and limits of its own")
    func named() throws {
        let bench = try EngineBench(connections: 1)
        let clients = try (0..<3).map { _ in try bench.connect() }
        clients[0].asks("/payments")
        clients[1].asks("/accounts")
        #expect(bench.upstreams.map(\.name) == [FakeJudge.payments, .default])
        bench.upstreams[1].answers()
        clients[2].asks("/payments")
        #expect(clients[1].status() == 200 && bench.upstreams.count == 2, "an idle connection to another upstream is no help")
        bench.upstreams[0].answers()
        #expect(bench.upstreams[0].wire.take().contains("GET /payments"))
        bench.upstreams[0].answers()
        #expect(clients[0].status() == 200 && clients[2].status() == 200)
    }

    @Test("goes nowhere where its permit names no upstream that there is")
    func unnamed() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks("/nowhere")
        #expect(!client.wire.isOpen && bench.upstreams.isEmpty)
        let logged = try bench.logged()
        #expect(logged == ["0 client aborted"])
    }

    @Test("that waits for a connection is served in turn, or told that there are none")
    func saturated() throws {
        let bench = try EngineBench(connections: 1)
        let clients = try (0..<3).map { _ in try bench.connect() }
        for client in clients { client.asks() }
        #expect(bench.upstreams.count == 1)
        bench.upstreams[0].answers()
        #expect(clients[0].status() == 200)
        bench.passes(.seconds(2))
        #expect(clients[1].wire.take().isEmpty && clients[2].status() == 503)
    }

    @Test("that asks whether to send its body hears it from the upstream, or from us")
    func expectations() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks(method: "POST", "Content-Length: 2\r\nExpect: 100-continue\r\n")
        #expect(bench.upstreams[0].wire.take().contains("Expect: 100-continue\r\n"))
        bench.upstreams[0].answers("HTTP/1.1 100 Continue\r\n\r\n")
        #expect(client.wire.take() == "HTTP/1.1 100 Continue\r\n\r\n")
        client.wire.sends("ab")
        bench.upstreams[0].answers()
        #expect(client.status() == 200)
        client.asks(method: "POST", "Content-Length: 2\r\nExpect: 100-continue\r\n")
        bench.passes(.milliseconds(1200))
        #expect(client.wire.take() == "HTTP/1.1 100 Continue\r\n\r\n")
    }
}

extension EngineBench {
    func isPaused(_ wire: Wire) -> Bool {
        wire.channel.options.compactMap { $0.option is ChannelOptions.Types.AutoReadOption ? $0.value as? Bool : nil }.last == false
    }

    // MARK: A connection's age and number of requests

    @Test("A connection's last request by number is answered as the last one, refusals too")
    func requestsOfAConnection() throws {
        let bench = try EngineBench { $0.connectionLife = ConnectionLife.Bounds(requests: 1) }
        let one = try bench.connect()
        one.asks()
        bench.upstreams[0].answers()
        #expect(one.wire.take().contains("Connection: close\r\n") && one.wire.hasEnded)
        let other = try bench.connect()
        other.asks("/denied")
        #expect(other.wire.take().contains("Connection: close\r\n") && other.wire.hasEnded)
    }

    @Test("and so is the first one after its age, while one before it is not")
    func ageOfAConnection() throws {
        let bench = try EngineBench { $0.connectionLife = ConnectionLife.Bounds(age: .seconds(10)) }
        let client = try bench.connect()
        client.asks()
        bench.upstreams[0].answers()
        #expect(!client.wire.take().contains("Connection: close") && !client.wire.hasEnded)
        bench.passes(.seconds(11))
        #expect(!client.wire.hasEnded, "none is closed that waits for its next request")
        client.asks()
        bench.upstreams[0].answers()
        #expect(client.wire.take().contains("Connection: close\r\n") && client.wire.hasEnded)
    }
}

import Foundation
import HTTPWire
import NIOCore
import Telemetry
import Testing

@testable import ProxyEngine

/// Requests over HTTP/2 through the whole engine in memory.
@Suite("A request over HTTP/2", .timeLimit(.minutes(10)))
struct EngineHTTP2Tests {
    @Test("is forwarded in HTTP/1.1 and answered, and both connections serve the next one")
    func answered() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        for _ in 1...30 {
            let stream = client.asks()
            #expect(bench.upstreams.count == 1)
            let forwarded = bench.upstreams[0].wire.take()
            #expect(forwarded.hasPrefix("GET / HTTP/1.1\r\nHost: api\r\n") && forwarded.contains("\r\nVia: 2.0 holdfast-test\r\n"))
            bench.upstreams[0].answers()
            #expect(client.reads("content-length") == ["head \(stream) 200 2", "data \(stream) 2 end"])
        }
        let logged = try bench.logged()
        #expect(logged == [String](repeating: "200 ok", count: 30))
        #expect(client.connection.streams.isEmpty && client.connection.state.openStreams == 0)
    }

    @Test("begins with both sides' settings, ours at once")
    func settings() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2(greets: false)
        let window = HTTP2Limits().connectionWindow - 65_535
        #expect(client.reads() == ["settings", "window 0 \(window)"])
        client.greets()
        #expect(client.reads() == ["settings ack"])
        client.sends(FakeHTTP2Client.frame(6, 0, 0, [1, 2, 3, 4, 5, 6, 7, 8]))
        #expect(client.reads() == ["ping ack"])
    }

    @Test("is judged by itself, whatever others of its connection were (H2-20)")
    func each() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.sends(client.request("/denied") + client.request("/") + client.request("/later"))
        #expect(client.reads() == ["head 1 401", "data 1 \(client.bodies[1]?.count ?? 0) end"])
        bench.upstreams[0].answers()
        #expect(client.reads() == ["head 3 200", "data 3 2 end"])
        bench.judge.lookups[0].ends()
        #expect(client.reads().first == "head 5 401")
        #expect(bench.upstreams.count == 1)
        let logged = try bench.logged()
        #expect(logged == ["401 refused token_expired", "200 ok", "401 refused token_expired"])
    }

    @Test("goes beside others, and what they are answered in one tick goes out in one write")
    func beside() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.sends(client.request("/a") + client.request("/b") + client.request("/c"))
        #expect(bench.upstreams.count == 3)
        bench.upstreams[2].answers()
        bench.upstreams[0].answers()
        #expect(client.wire.takeOctets().isEmpty, "the tick is not over")
        #expect(client.reads() == ["head 5 200", "data 5 2 end", "head 1 200", "data 1 2 end"])
        bench.upstreams[1].answers("HTTP/1.1 204 No Content\r\n\r\n")
        #expect(client.reads() == ["head 3 204 end"])
    }

    @Test("has its answer's end with the last frame where that is known in time, and behind it where it is not")
    func ends() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.asks(method: "HEAD")
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        #expect(client.reads("content-length") == ["head 1 200 9 end"])
        client.asks()
        let other = bench.upstreams.count
        bench.upstreams[other - 1].answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        #expect(client.reads("transfer-encoding") == ["head 3 200 -", "data 3 3"])
        bench.upstreams[other - 1].answers("0\r\n\r\n")
        #expect(client.reads() == ["data 3 0 end"])
        client.asks()
        let third = bench.upstreams.count
        bench.upstreams[third - 1].answers("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        #expect(client.reads() == ["head 5 200 end"])
    }

    @Test("is told what the upstream says before and after its answer")
    func interimAndTrailers() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.asks()
        bench.upstreams[0].answers("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
        #expect(client.reads("link") == ["head 1 103 </a>"])
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nGrpc-Status: 0\r\n\r\n")
        #expect(client.reads("grpc-status") == ["head 1 200 -", "data 1 3", "head 1 - 0 end"])
    }

    @Test("that is none is refused, and the connection goes on (H2-01, H2-09)")
    func malformed() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.sends(client.request("/", [("connection", "close")]))
        let heard = client.reads()
        #expect(heard.first == "head 1 400" && heard.last == "reset 1 protocolError", "a stream error, whatever is said before it")
        client.sends(client.request("/", ends: true, [("content-length", "5")]))
        #expect(client.reads().first == "head 3 400")
        client.sends(client.request("/", method: "POST", ends: false, [("Upper", "x")]))
        #expect(client.reads().map { $0.prefix(7) } == ["head 5 ", "data 5 ", "reset 5"])
        #expect(bench.upstreams.isEmpty)
        client.asks()
        #expect(bench.upstreams.count == 1)
    }

    // MARK: Ends

    @Test("that its client gives up stops the upstream's work")
    func cancelled() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let stream = client.asks()
        client.sends(client.reset(stream))
        #expect(!bench.upstreams[0].wire.isOpen)
        #expect(client.reads() == [])
        client.asks("/later")
        client.sends(client.reset(3))
        #expect(bench.judge.lookups[0].isAbandoned)
        let logged = try bench.logged()
        #expect(logged == ["0 client client_gone", "0 client client_gone"])
    }

    @Test("whose client leaves takes its upstream connections along")
    func leaves() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.asks()
        client.asks()
        client.wire.leaves()
        #expect(bench.upstreams.allSatisfy { !$0.wire.isOpen })
        let logged = try bench.logged()
        #expect(logged == ["0 client client_gone", "0 client client_gone"])
        bench.passes(.seconds(120))
        #expect(bench.loop.wheel.count == 0)
    }

    @Test("whose answer breaks off is reset, so that it does not look whole")
    func brokenOff() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.asks()
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        bench.upstreams[0].wire.ends()
        #expect(client.reads() == ["head 1 200", "data 1 3", "reset 1 internalError"])
        client.asks()
        #expect(bench.upstreams.count == 2)
    }

    @Test("that breaks a rule of the connection ends it, with the last stream and the reason")
    func connectionFault() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.asks()
        client.sends(client.data(7, [1]))
        #expect(client.reads() == ["goaway 1 protocolError"])
        #expect(client.wire.hasEnded && !bench.upstreams[0].wire.isOpen)
        #expect(bench.counters.metrics.http2Faults == ["stream_idle": 1])
        let logged = try bench.logged()
        #expect(logged == ["0 client stream_idle"])
        bench.passes(.seconds(3))
        #expect(!client.wire.isOpen)
    }

    @Test("one of a flood ends the connection calmly (H2-12, H2-14)")
    func floods() throws {
        for (count, fault) in [(200, [String: Int]()), (201, ["too_many_resets": 1])] {
            let bench = try EngineBench()
            let client = try bench.connectHTTP2()
            for _ in 0..<count { client.sends(client.request("/later") + client.reset(client.asked)) }
            #expect(bench.counters.metrics.http2Faults == fault)
            #expect(client.reads() == (fault.isEmpty ? [] : ["goaway \(count * 2 - 1) enhanceYourCalm"]))
            #expect(bench.judge.lookups.allSatisfy { $0.isAbandoned })
        }
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.sends((0..<400).flatMap { _ in FakeHTTP2Client.frame(6, 0, 0, [0, 0, 0, 0, 0, 0, 0, 1]) })
        let told = client.reads()
        #expect(told.last == "goaway 0 enhanceYourCalm" && told.count <= 201)
        #expect(client.wire.hasEnded)
    }
}

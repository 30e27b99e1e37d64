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
        #expect(client.reads().first == "head 1 400")
        client.sends(client.request("/", ends: true, [("content-length", "5")]))
        #expect(client.reads().first == "head 3 400")
        client.sends(client.request("/", method: "POST", ends: false, [("Upper", "x")]))
        #expect(client.reads().map { $0.prefix(7) } == ["head 5 ", "data 5 ", "reset 5"])
        #expect(bench.upstreams.isEmpty)
        client.asks()
        #expect(bench.upstreams.count == 1)
    }

    // MARK: Bodies

    @Test("has a body that is handed on as it comes")
    func body() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let stream = client.asks(method: "POST", ends: false, ("content-length", "6"))
        client.sends(client.data(stream, Array("abc".utf8)))
        client.sends(client.data(stream, Array("def".utf8), ends: true))
        #expect(bench.upstreams[0].wire.take().hasSuffix("\r\n\r\nabcdef"))
        bench.upstreams[0].answers()
        #expect(client.reads() == ["head 1 200", "data 1 2 end"])
        let chunked = client.asks(method: "POST", ends: false)
        client.sends(client.data(chunked, Array("abc".utf8)) + FakeHTTP2Client.frame(1, 5, chunked, client.block([("x-checksum", "1")])))
        let forwarded = bench.upstreams[0].wire.take()
        #expect(forwarded.contains("Transfer-Encoding: chunked") && forwarded.hasSuffix("3\r\nabc\r\n0\r\n\r\n"), "trailers end here")
    }

    @Test("has a body that is as long as was said, or is aborted at the upstream (H2-09)", arguments: [3, 7])
    func contentLength(_ count: Int) throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let stream = client.asks(method: "POST", ends: false, ("content-length", "5"))
        client.sends(client.data(stream, [UInt8](repeating: 0x61, count: count), ends: true))
        #expect(client.reads().first == "head 1 400")
        #expect(!bench.upstreams[0].wire.isOpen)
        let logged = try bench.logged()
        #expect(logged == ["400 refused content_length_differs"])
    }

    @Test("has a body of which a client sends no more than the upstream takes, and is told of room as it does")
    func uploadBackpressure() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let stream = client.asks(method: "POST", ends: false)
        _ = client.reads()
        bench.upstreams[0].wire.stopsReading()
        let frame = client.data(stream, [UInt8](repeating: 0x61, count: 16_384))
        for _ in 0..<8 { client.sends(frame) }
        #expect(client.reads() == [], "nothing of it was taken")
        bench.upstreams[0].wire.readsAgain()
        let told = client.reads()
        #expect(told.contains { $0.hasPrefix("window \(stream) ") })
        for _ in 0..<8 { client.sends(frame) }
        #expect(client.connection.streams.count == 1)
        #expect(bench.upstreams[0].wire.take().count > 16 * 16_384)
    }

    @Test("has a body beyond the window reset, and its upstream's work stopped")
    func windowExceeded() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let stream = client.asks(method: "POST", ends: false)
        bench.upstreams[0].wire.stopsReading()
        for _ in 0..<9 { client.sends(client.data(stream, [UInt8](repeating: 0x61, count: 16_384))) }
        #expect(client.reads().first == "reset 1 flowControlError")
        #expect(!bench.upstreams[0].wire.isOpen)
    }

    @Test("whose answer is larger than the windows waits for them, and the upstream is not read from meanwhile")
    func downloadBackpressure() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2([(4, 1000)])
        client.asks()
        let part = String(repeating: "a", count: 5000)
        bench.upstreams[0].answers("HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + part)
        #expect(client.reads() == ["head 1 200", "data 1 1000"])
        #expect(client.isBlocked(1))
        client.sends(client.window(1, 3999))
        #expect(client.reads() == ["data 1 3999"])
        client.sends(client.window(1, 9999))
        #expect(client.reads() == ["data 1 1"])
        #expect(!client.isBlocked(1))
        bench.upstreams[0].answers(part)
        #expect(client.reads() == ["data 1 5000 end"])
        #expect(client.bodies[1]?.count == 10_000)
    }

    @Test("whose windows stay shut is cut in the end, and so is an answer of ours")
    func neverOpened() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2([(4, 0)])
        client.asks()
        client.asks("/denied")
        bench.upstreams[0].answers()
        #expect(client.reads() == ["head 3 401", "head 1 200"])
        bench.passes(.seconds(25))
        #expect(Set(client.reads()) == ["reset 1 cancel", "reset 3 cancel"])
        #expect(client.connection.streams.isEmpty)
        let logged = try bench.logged()
        #expect(logged == ["401 refused token_expired", "200 client read_timeout"])
    }

    @Test("shares the connection fairly with others that wait")
    func fair() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2([(4, 1 << 20)])
        client.sends(client.request("/a") + client.request("/b"))
        let body = String(repeating: "a", count: 60_000)
        for upstream in bench.upstreams { upstream.answers("HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + body) }
        let told = client.reads()
        let order = told.filter { $0.hasPrefix("data") }.map { $0.split(separator: " ")[1] }
        #expect(order.contains("3"), "65,535 octets in all, and the second has its part")
        client.sends(client.window(0, 1 << 20))
        _ = client.reads()
        #expect(client.bodies[1]?.count == 60_000 && client.bodies[3]?.count == 60_000)
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

    // MARK: Time, and our own end

    @Test("that does not come is waited for as long as any, and the rest of a frame, and the settings' acknowledgement")
    func patience() throws {
        let bench = try EngineBench()
        let idle = try bench.connectHTTP2()
        let silent = try bench.connectHTTP2(greets: false)
        let partial = try bench.connectHTTP2()
        bench.passes(.seconds(5))
        partial.sends(Array(partial.request().prefix(12)))
        bench.passes(.seconds(6))
        #expect(silent.reads().last == "goaway 0 settingsTimeout")
        bench.passes(.seconds(5))
        #expect(partial.reads() == ["goaway 0 enhanceYourCalm"])
        bench.passes(.seconds(30))
        #expect(idle.reads() == [] && idle.wire.isOpen)
        bench.passes(.seconds(16))
        #expect(idle.reads() == ["goaway 0 noError"])
        #expect(idle.wire.hasEnded)
    }

    @Test("that is under way at the end is finished, and none is lost that was on its way")
    func drain() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        client.asks()
        bench.loop.announceEnd()
        #expect(client.reads() == ["goaway 2147483647 noError", "ping"])
        client.asks("/late")
        let ping = HTTP2ConnectionState.departurePing
        client.sends(FakeHTTP2Client.frame(6, 1, 0, (0..<8).reversed().map { UInt8(truncatingIfNeeded: ping >> ($0 * 8)) }))
        #expect(client.reads() == ["goaway 3 noError"])
        client.asks("/too/late")
        #expect(bench.upstreams.count == 2)
        for upstream in bench.upstreams { upstream.answers() }
        #expect(client.reads() == ["head 1 200", "data 1 2 end", "head 3 200", "data 3 2 end"])
        #expect(client.wire.hasEnded)
    }

    @Test("that is the last one ends the connection, also where the client has said goodbye after us")
    func bothLeave() throws {
        let bench = try EngineBench { $0.connectionLife = ConnectionLife.Bounds(requests: 1) }
        let client = try bench.connectHTTP2()
        client.asks()
        bench.passes(.seconds(2))
        #expect(client.reads() == ["goaway 2147483647 noError", "ping", "goaway 1 noError"])
        client.sends(FakeHTTP2Client.frame(7, 0, 0, FakeHTTP2Client.octets(0) + FakeHTTP2Client.octets(0)))
        bench.upstreams[0].answers()
        #expect(client.reads() == ["head 1 200", "data 1 2 end"])
        #expect(client.wire.hasEnded)
    }

    @Test("of a client that makes the table of answers smaller is answered within it, once and for all (RFC 9113 section 4.3.1)")
    func tableSize() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2([(1, 0)])
        for first: UInt8 in [0x20, 0x88] {
            client.asks()
            bench.upstreams[0].answers()
            client.sends([])
            let answer = client.wire.takeOctets()
            #expect(answer.dropFirst(9).first == first)
        }
        client.asks()
        bench.upstreams[0].wire.sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        #expect(client.reads() == ["head 5 200"])
        bench.upstreams[0].wire.sends("2\r\nok\r\n0\r\nX-Checksum: 1\r\n\r\n")
        #expect(client.reads("x-checksum") == ["data 5 2", "head 5 - 1 end"])
    }

    @Test("is not cut because every read ends within one: each is waited for by itself")
    func severed() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        var octets: [UInt8] = []
        for _ in 0..<8 {
            octets += client.request("/denied")
            client.sends(Array(octets.dropLast(3)))
            octets = octets.suffix(3)
            bench.passes(.seconds(4))
        }
        #expect(client.reads().filter { $0.hasPrefix("head") }.count == 7)
        bench.passes(.seconds(11))
        #expect(client.reads() == ["goaway 13 enhanceYourCalm"])
    }

    @Test("whose client ends its side while it does not read ends when it reads again")
    func endedWhilePaused() throws {
        let bench = try EngineBench(connections: 20)
        let client = try bench.connectHTTP2()
        client.asks(method: "POST", ends: false)
        for _ in 0..<8 { client.asks() }
        client.wire.stopsReading()
        for upstream in bench.upstreams.dropFirst() {
            upstream.answers("HTTP/1.1 200 OK\r\nX-Long: \(String(repeating: "a", count: 15_000))\r\nContent-Length: 0\r\n\r\n")
        }
        for _ in 0..<80 where !client.connection.isPaused { client.asks("/denied") }
        #expect(client.connection.isPaused && !client.connection.hasPendingInput)
        client.wire.ends()
        #expect(bench.upstreams[0].wire.isOpen)
        client.wire.readsAgain()
        _ = client.reads()
        #expect(!bench.upstreams[0].wire.isOpen && client.connection.streams.isEmpty)
    }

    @Test("on a connection that nobody uses ends it when the server does")
    func drainIdle() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let drained = bench.loop.drain()
        #expect(client.reads() == ["goaway 2147483647 noError", "ping"])
        bench.passes(.seconds(2))
        #expect(client.reads() == ["goaway 0 noError"])
        client.wire.ends()
        client.wire.leaves()
        bench.passes(.seconds(1))
        try drained.wait()
    }

    @Test("is the last of a connection that has had its number or its time, and what comes before the client hears of it is answered too")
    func life() throws {
        for bounds in [ConnectionLife.Bounds(requests: 2), ConnectionLife.Bounds(age: .seconds(10))] {
            let bench = try EngineBench { $0.connectionLife = bounds }
            let client = try bench.connectHTTP2()
            client.asks()
            bench.upstreams[0].answers()
            #expect(client.reads() == ["head 1 200", "data 1 2 end"])
            bench.passes(.seconds(11))
            client.asks()
            #expect(client.reads() == ["goaway 2147483647 noError", "ping"])
            client.asks("/late")
            let ping = HTTP2ConnectionState.departurePing
            client.sends(FakeHTTP2Client.frame(6, 1, 0, (0..<8).reversed().map { UInt8(truncatingIfNeeded: ping >> ($0 * 8)) }))
            #expect(client.reads() == ["goaway 5 noError"])
            for upstream in bench.upstreams { upstream.answers() }
            #expect(client.reads() == ["head 3 200", "data 3 2 end", "head 5 200", "data 5 2 end"])
            #expect(client.wire.hasEnded)
        }
    }

    @Test("is not the last one before")
    func longLife() throws {
        let bench = try EngineBench { $0.connectionLife = ConnectionLife.Bounds(age: .seconds(10), requests: 3) }
        let client = try bench.connectHTTP2()
        for stream in [1, 3] {
            client.asks()
            bench.upstreams[0].answers()
            #expect(client.reads() == ["head \(stream) 200", "data \(stream) 2 end"])
        }
    }

    // MARK: What is held

    @Test("of a client that does not read makes us hold no more than is said")
    func held() throws {
        let bench = try EngineBench(connections: 100)
        let client = try bench.connectHTTP2([(4, 0)])
        for _ in 0..<100 { client.asks() }
        #expect(bench.upstreams.count == 100)
        let answer = "HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n" + String(repeating: "a", count: 60_000)
        var unread = Array(bench.upstreams.enumerated())
        func answerWhereRead() {
            for (index, upstream) in unread where !client.isBlocked(UInt32(index) * 2 + 1) {
                unread.removeAll { $0.offset == index }
                upstream.answers(answer)
            }
        }
        answerWhereRead()
        #expect(client.connection.output.waiting + client.connection.output.gathered <= EngineSettings.heldAnswers + (64 << 10))
        #expect(unread.count > 90)
        _ = client.reads()
        client.sends(FakeHTTP2Client.frame(4, 0, 0, [0, 4, 0, 16, 0, 0]) + client.window(0, 1 << 28))
        for _ in 0..<100 where !unread.isEmpty {
            _ = client.reads()
            answerWhereRead()
        }
        _ = client.reads()
        #expect(unread.isEmpty && client.connection.streams.isEmpty && client.connection.output.waiting == 0)
        #expect(client.bodies.count == 100 && client.bodies.values.allSatisfy { $0.count == 60_000 })
    }

    @Test("of many with long heads is refused as not processed where those would be held beyond what is said (H2-17)")
    func heldHeads() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        let field = ("x-long", String(repeating: "a", count: 4000))
        for _ in 0..<100 { client.sends(client.request("/later", [field])) }
        let refused = client.reads().filter { $0.hasSuffix(" refusedStream") }.count
        #expect(refused > 30 && refused + bench.judge.lookups.count == 100)
        #expect(client.connection.heldHeads <= EngineSettings.heldHeads)
        bench.judge.lookups[0].ends()
        _ = client.reads()
        client.sends(client.request("/later", [field]))
        #expect(client.reads() == [], "there is room again")
    }

    @Test("of many that come at once waits for its turn")
    func turns() throws {
        let bench = try EngineBench(connections: 100)
        let client = try bench.connectHTTP2()
        client.sends((0..<40).flatMap { _ in client.request() })
        #expect(bench.upstreams.count == EngineSettings.requestsPerTurn)
        bench.passes(.milliseconds(100))
        #expect(bench.upstreams.count == 40)
    }

    @Test("beyond as many as there may be is refused, and the next is taken once one is over (H2-16)")
    func streams() throws {
        let bench = try EngineBench { $0.http2.streams = 2 }
        let client = try bench.connectHTTP2()
        client.sends(client.request() + client.request() + client.request())
        #expect(client.reads() == ["reset 5 refusedStream"])
        bench.upstreams[0].answers()
        client.sends(client.request("/denied"))
        #expect(client.reads().first == "head 1 200" && bench.upstreams.count == 2)
        let logged = try bench.logged()
        #expect(logged == ["200 ok", "401 refused token_expired"])
    }

    @Test("whose short body came while its token was looked up goes to the upstream in one write")
    func shortBody() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        bench.judge.afterLookup = FakeJudge.permit
        let stream = client.asks("/later", method: "POST", ends: false, ("content-length", "3"))
        client.sends(client.data(stream, Array("abc".utf8), ends: true))
        bench.judge.lookups[0].ends()
        #expect(bench.upstreams[0].wire.take().hasSuffix("\r\n\r\nabc"))
        bench.upstreams[0].answers()
        #expect(client.reads() == ["head 1 200", "data 1 2 end"])
    }

    @Test("that is one too many of broken ones ends the connection, and nothing of the others' answers comes behind GOAWAY (H2-11)")
    func nothingBehindTheLast() throws {
        let bench = try EngineBench { $0.http2.streamErrors = 1 }
        let client = try bench.connectHTTP2([(4, 0)])
        for _ in 0..<3 { client.asks("/", ("connection", "close")) }
        #expect(client.reads() == ["head 1 400", "head 3 400", "head 5 400"])
        client.sends(FakeHTTP2Client.frame(4, 0, 0, [0, 4, 0, 16, 0, 0]))
        let told = client.reads()
        #expect(told.last == "goaway 5 enhanceYourCalm" && told.count == 4)
        #expect(client.connection.output.waiting == 0)
    }

    @Test("whose short body of no announced length came meanwhile goes as a chunk: nothing of it is read as a request of its own (H2-20)")
    func shortBodyOfUnknownLength() throws {
        let bench = try EngineBench()
        let client = try bench.connectHTTP2()
        bench.judge.afterLookup = FakeJudge.permit
        let stream = client.asks("/later", method: "POST", ends: false)
        client.sends(client.data(stream, Array("0\r\n\r\nGET / HTTP/1.1\r\n\r\n".utf8), ends: true))
        bench.judge.lookups[0].ends()
        let sent = bench.upstreams[0].wire.take()
        #expect(sent.contains("\r\nTransfer-Encoding: chunked\r\n"))
        #expect(sent.hasSuffix("\r\n\r\n17\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n\r\n0\r\n\r\n"))
        bench.upstreams[0].answers()
        #expect(client.reads() == ["head 1 200", "data 1 2 end"])
    }
}

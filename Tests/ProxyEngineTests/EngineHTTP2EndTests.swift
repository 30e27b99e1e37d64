import Foundation
import HTTPWire
import NIOCore
import Telemetry
import Testing

@testable import ProxyEngine

@Suite("A request over HTTP/2, in time and to our own end", .timeLimit(.minutes(10)))
struct EngineHTTP2EndTests {
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
        #expect(told.last == "goaway 5 enhanceYourCalm" && told.filter { $0.hasPrefix("data") }.count == 2)
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

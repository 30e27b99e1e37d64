import HTTPWire
import NIOCore
import NIOEmbedded
import Testing

@testable import ProxyEngine

/// Requests to an upstream of HTTP/2 through the whole engine in memory.
@Suite("A request to an upstream of HTTP/2", .timeLimit(.minutes(10)))
struct EngineHTTP2UpstreamTests {
    @Test("has its fields, and none of a connection; its client of HTTP/1.1 gets the answer with its length")
    func http1() throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let client = try bench.connect()
        client.asks("/a?b=c", "Cookie: k=v\r\nX-One: 1\r\n")
        let upstream = try bench.spokenTo()
        #expect(
            upstream.reads(":scheme", ":authority", "cookie", "x-one", "host", "connection", "te", "via")
                == ["preface", "head 1 GET /a?b=c http api k=v 1 - - - 1.1 holdfast-test end"])
        upstream.answers(1)
        let answer = client.wire.take()
        #expect(answer.hasPrefix("HTTP/1.1 200 \r\n") && answer.contains("Content-Length: 2\r\n") && answer.hasSuffix("\r\n\r\nok"))
        client.asks("/next")
        #expect(upstream.reads() == ["head 3 GET /next end"] && bench.upstreams.count == 1)
        upstream.sends(upstream.head(3, "200") + upstream.data(3, "abc"))
        upstream.sends(upstream.data(3, "", ends: true))
        let chunked = client.wire.take()
        #expect(chunked.contains("Transfer-Encoding: chunked\r\n") && chunked.hasSuffix("\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
        client.asks("/empty")
        upstream.sends(upstream.head(5, "404", ends: true))
        #expect(client.wire.take().contains("Content-Length: 0\r\n"))
    }

    @Test("of many clients goes over one connection, in one write, and each gets its own answer")
    func shared() throws {
        let bench = try EngineBench(connections: 64, protocol: .cleartextHTTP2)
        let clients = try (0..<20).map { _ in try bench.connect() }
        for (number, client) in clients.enumerated() { client.asks("/\(number)") }
        let upstream = try bench.spokenTo()
        #expect(bench.upstreams.count == 1)
        #expect(upstream.reads() == ["preface"] + (0..<20).map { "head \($0 * 2 + 1) GET /\($0) end" })
        for number in (0..<20).reversed() { upstream.sends(upstream.head(UInt32(number * 2 + 1), "\(200 + number)", ("content-length", "0"))) }
        for number in 0..<20 { upstream.sends(upstream.data(UInt32(number * 2 + 1), "", ends: true)) }
        #expect(clients.map { $0.status() } == (0..<20).map { 200 + $0 })
    }

    @Test("of a client of gRPC: bodies both ways at once, and trailers; the server hears that they are wanted")
    func grpc() throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let client = try bench.connectHTTP2()
        let stream = client.asks("/s/m", method: "POST", ends: false, ("content-type", "application/grpc"), ("te", "trailers"))
        let upstream = try bench.spokenTo()
        #expect(upstream.reads("te", "content-type", "transfer-encoding") == ["preface", "head 1 POST /s/m trailers application/grpc -"])
        upstream.sends(upstream.head(1, "200", ("content-type", "application/grpc")))
        #expect(client.reads("content-length") == ["head \(stream) 200 -"])
        client.sends(client.data(stream, Array("ping".utf8)))
        #expect(upstream.reads() == ["data 1 4"])
        upstream.sends(upstream.data(1, "pong"))
        #expect(client.reads() == ["data \(stream) 4"])
        client.sends(client.data(stream, [], ends: true))
        #expect(upstream.reads() == ["data 1 0 end"])
        upstream.sends(upstream.trailers(1, ("grpc-status", "0")))
        #expect(client.reads("grpc-status") == ["head \(stream) - 0 end"])
        // Trailers alone are a head that ends the stream, and announces no length.
        let next = client.asks("/s/m", ("content-type", "application/grpc"))
        upstream.sends(upstream.head(3, "200", ends: true, ("content-type", "application/grpc"), ("grpc-status", "12")))
        #expect(client.reads("grpc-status", "content-length") == ["head \(next) 200 12 - end"])
    }

    @Test("with a body waits for the upstream's windows, and its client for that (H2-26)")
    func windows() throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let client = try bench.connect()
        client.asks(method: "POST", "Content-Length: 200000\r\n")
        let upstream = try bench.spokenTo([(4, 1000)])
        client.wire.sends([UInt8](repeating: 7, count: 200_000))
        let first = upstream.reads("content-length")
        #expect(first.contains("head 1 POST / 200000") && upstream.bodies[1]?.count == 1000)
        var reads = 0
        while (upstream.bodies[1]?.count ?? 0) < 200_000, reads < 400 {
            upstream.widens(1, by: 1000)
            upstream.widens(0, by: 1000)
            _ = upstream.reads()
            reads += 1
        }
        #expect(upstream.bodies[1]?.count == 200_000 && upstream.bodies[1]?.allSatisfy { $0 == 7 } == true)
        upstream.answers(1)
        #expect(client.status() == 200)
    }

    @Test("whose answer its client does not read holds one window, and nobody else's answer (H2-26)")
    func stopped() throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let (slow, other) = (try bench.connect(), try bench.connect())
        slow.asks("/slow")
        let upstream = try bench.spokenTo()
        slow.wire.stopsReading()
        upstream.sends(upstream.head(1, "200"))
        let part = String(repeating: "x", count: 1000)
        // More than its window is a fault, and ends that stream alone.
        for _ in 0..<16 { upstream.sends(upstream.data(1, part)) }
        let given = upstream.reads().filter { $0.hasPrefix("window 1") }
        #expect(given.isEmpty)
        other.asks("/other")
        _ = upstream.reads()
        upstream.answers(3)
        #expect(other.status() == 200)
        slow.wire.readsAgain()
        bench.embedded.run()
        #expect(upstream.reads().contains { $0.hasPrefix("window 1") })
    }

    @Test("that the upstream has not looked at is sent again, whatever its method (H2-25)")
    func refused() throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let client = try bench.connect()
        client.asks(method: "POST", "Content-Length: 2\r\n")
        client.wire.sends("hi")
        var upstream = try bench.spokenTo()
        upstream.leaves(after: 0)
        #expect(bench.upstreams.count == 2 && !bench.upstreams[0].wire.isOpen)
        upstream = try bench.spokenTo()
        #expect(upstream.reads().first == "preface")
        upstream.resets(1, .refusedStream)
        #expect(upstream.reads().contains { $0.hasPrefix("head 3 POST") } && upstream.bodies[3] == Array("hi".utf8))
        upstream.answers(3)
        #expect(client.status() == 200)
    }

    @Test("of whose body more went on than is kept is not sent again, and never without it (H2-25)", arguments: [2048, 2049, 40_000])
    func kept(_ length: Int) throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let client = try bench.connect()
        client.asks(method: "POST", "Transfer-Encoding: chunked\r\n")
        let upstream = try bench.spokenTo()
        let chunk = Array("\(String(length, radix: 16))\r\n".utf8) + [UInt8](repeating: 7, count: length) + Array("\r\n".utf8)
        client.wire.sends(chunk)
        _ = upstream.reads()
        #expect(upstream.bodies[1]?.count == length)
        upstream.resets(1, .refusedStream)
        guard length <= 2048 else { return #expect(client.status() == 502) }
        client.wire.sends("2\r\nab\r\n0\r\n\r\n")
        _ = upstream.reads()
        #expect(upstream.bodies[3] == [UInt8](repeating: 7, count: length) + Array("ab".utf8))
        upstream.answers(3)
        #expect(client.status() == 200)
    }

    @Test("over a connection that had stood unused and turns out to be closed is sent again, and so are all that came with it")
    func stale() throws {
        let bench = try EngineBench(connections: 64, protocol: .cleartextHTTP2)
        let clients = try (0..<5).map { _ in try bench.connect() }
        clients[0].asks()
        let old = try bench.spokenTo()
        old.answers(1)
        #expect(clients[0].status() == 200)
        for client in clients { client.asks() }
        #expect(old.reads().count >= 5)
        old.wire.leaves()
        #expect(bench.upstreams.count == 2)
        let upstream = try bench.spokenTo()
        for number in 0..<5 { upstream.answers(UInt32(number * 2 + 1)) }
        #expect(clients.map { $0.status() } == [Int?](repeating: 200, count: 5))
    }

    @Test("of many at once with large heads, before the upstream has said a word, is forwarded, few at first")
    func burst() throws {
        let bench = try EngineBench(connections: 128, protocol: .cleartextHTTP2)
        let clients = try (0..<60).map { _ in try bench.connect() }
        for client in clients { client.asks("/", "X-Large: \(String(repeating: "x", count: 8000))\r\n") }
        bench.embedded.run()
        #expect(bench.upstreams.count == 1)
        let upstream = try bench.spokenTo([(3, 20)])
        var answered = 0
        while answered < 60 {
            let asked = upstream.reads().filter { $0.hasPrefix("head") }.compactMap { UInt32($0.split(separator: " ")[1]) }
            guard !asked.isEmpty else { break }
            for stream in asked { upstream.answers(stream) }
            answered += asked.count
        }
        // The others are on their way over another one, which has not spoken.
        let statuses = clients.map { $0.status() }
        #expect(answered >= 20 && bench.upstreams.count == 2 && bench.upstreams[0].wire.isOpen)
        #expect(statuses.count { $0 == 200 } == answered && statuses.count { $0 == nil } == 60 - answered)
    }

    @Test("that the upstream resets is a failure of it alone")
    func reset() throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let (client, other) = (try bench.connect(), try bench.connect())
        client.asks(method: "POST", "Content-Length: 0\r\n")
        other.asks()
        let upstream = try bench.spokenTo()
        upstream.resets(1, .internalError)
        #expect(client.status() == 502)
        upstream.answers(3)
        #expect(other.status() == 200)
        #expect(try bench.logged() == ["502 upstream upstream_closed", "200 ok"])
    }

    @Test("whose client goes is reset, and its connection serves the next one")
    func gone() throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let (client, other) = (try bench.connect(), try bench.connect())
        client.asks()
        let upstream = try bench.spokenTo()
        _ = upstream.reads()
        client.wire.leaves()
        #expect(upstream.reads() == ["reset 1 cancel"])
        other.asks()
        upstream.answers(3)
        #expect(other.status() == 200 && bench.upstreams.count == 1)
    }

    @Test(
        "gets no answer that breaks the protocol (H2-24)",
        arguments: [
            "no status", "two lengths' worth", "short", "upper case", "connection field", "101", "endless head", "data first", "trailers go on",
        ])
    func broken(_ how: String) throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let (client, other) = (try bench.connect(), try bench.connect())
        client.asks(method: "POST", "Content-Length: 0\r\n")
        other.asks()
        let upstream = try bench.spokenTo()
        switch how {
        case "no status": upstream.sends(upstream.trailers(1, ("x", "y")))
        case "two lengths' worth": upstream.sends(upstream.head(1, "200", ("content-length", "2")) + upstream.data(1, "four"))
        case "short": upstream.sends(upstream.head(1, "200", ends: true, ("content-length", "2")))
        case "upper case": upstream.sends(FakeHTTP2Client.frame(1, 5, 1, [0x88, 0x00, 0x01, 0x58, 0x01, 0x79]))
        case "connection field": upstream.sends(upstream.head(1, "200", ends: true, ("connection", "close")))
        case "101": upstream.sends(upstream.head(1, "101"))
        case "endless head": upstream.sends(upstream.head(1, "200", ends: true, ("x", String(repeating: "y", count: 15_000)), ("z", "\u{1}")))
        case "data first": upstream.sends(upstream.data(1, "x"))
        default: upstream.sends(upstream.head(1, "200") + upstream.trailers(1, ends: false, ("x", "y")))
        }
        // What had begun is cut; what had not is answered.
        let answer = client.wire.take()
        let hasBegun = how == "two lengths' worth" || how == "trailers go on"
        #expect(hasBegun ? !answer.hasSuffix("0\r\n\r\n") && !client.wire.isOpen : answer.hasPrefix("HTTP/1.1 502 "), "\(how): \(answer)")
        upstream.answers(3)
        #expect(other.status() == 200, "\(how)")
        #expect(upstream.reads().contains("reset 1 protocolError"), "\(how)")
    }

    @Test(
        "is answered 502 where the other end is no HTTP/2",
        arguments: [
            "HTTP/1.1 400 Bad Request\r\n\r\n", "\u{0}\u{0}\u{0}\u{6}\u{0}\u{0}\u{0}\u{0}\u{0}", "garbage that is no frame at all",
        ])
    func nonsense(_ octets: String) throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let client = try bench.connect()
        client.asks(method: "POST", "Content-Length: 0\r\n")
        bench.embedded.run()
        bench.upstreams[0].wire.sends(octets)
        bench.embedded.run()
        #expect(client.status() == 502 && !bench.upstreams[0].wire.isOpen)
    }

    @Test("more than the upstream takes at once gets a connection of its own")
    func more() throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let first = try bench.connect()
        first.asks()
        let upstream = try bench.spokenTo([(3, 1)])
        let second = try bench.connect()
        second.asks()
        bench.embedded.run()
        #expect(bench.upstreams.count == 2)
        upstream.answers(1)
        let other = try bench.spokenTo()
        other.answers(1)
        #expect(first.status() == 200 && second.status() == 200)
    }

    @Test("over a connection that let one wait in vain is not made")
    func retired() throws {
        let bench = try EngineBench(protocol: .cleartextHTTP2)
        let client = try bench.connect()
        client.asks(method: "POST", "Content-Length: 0\r\n")
        let silent = try bench.spokenTo()
        _ = silent.reads()
        bench.passes(.seconds(61))
        #expect(client.status() == 504)
        let next = try bench.connect()
        next.asks()
        bench.embedded.run()
        #expect(bench.upstreams.count == 2)
    }

    @Test("is answered or cut whatever the other end sends, and nothing is left behind", arguments: 0..<40)
    func anything(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let bench = try EngineBench(connections: 64, protocol: .cleartextHTTP2)
        let clients = try (0..<6).map { _ in try bench.connect() }
        for (number, client) in clients.enumerated() {
            client.asks("/\(number)", method: number.isMultiple(of: 2) ? "GET" : "POST", "Content-Length: \(number * 10)\r\n")
        }
        let upstream = try bench.spokenTo([(4, UInt32.random(in: 0...70_000, using: &random))])
        for _ in 0..<60 {
            let stream = UInt32.random(in: 0...14, using: &random)
            let length = Int.random(in: 0...20, using: &random)
            let noise = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &random) }
            switch Int.random(in: 0..<9, using: &random) {
            case 0: upstream.sends(upstream.head(stream | 1, "\(Int.random(in: 99...600, using: &random))", ends: Bool.random(using: &random)))
            case 1: upstream.sends(upstream.data(stream | 1, String(repeating: "x", count: length), ends: Bool.random(using: &random)))
            case 2: upstream.sends(upstream.trailers(stream | 1, ends: Bool.random(using: &random), ("x", "y")))
            case 3: upstream.resets(stream | 1, .internalError)
            case 4: upstream.widens(stream, by: UInt32.random(in: 1...1 << 20, using: &random))
            case 5: clients[Int.random(in: 0..<6, using: &random)].wire.sends(Array("0123456789".utf8))
            case 6 where seed.isMultiple(of: 2): upstream.leaves(after: stream)
            case 7 where seed.isMultiple(of: 3): upstream.sends(noise)
            case 8: upstream.sends(FakeHTTP2Client.frame(UInt8.random(in: 6...12, using: &random), 0, stream, noise))
            default: break
            }
        }
        for client in clients { client.wire.leaves() }
        bench.passes(.seconds(1))
        for open in bench.upstreams where open.wire.isOpen { open.wire.leaves() }
        bench.embedded.run()
        #expect(try bench.logged().count >= 6)
    }
}

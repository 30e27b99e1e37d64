import NIOCore
import Testing

@testable import ProxyEngine

@Suite("The rest of a body whose request has been answered over HTTP/1.1", .timeLimit(.minutes(10)))
struct EngineLingerTests {
    private static let chunk = "5\r\nhello\r\n"

    private func refused(_ fields: String = "Transfer-Encoding: chunked\r\n") throws -> (EngineBench, FakeClient) {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks("/denied", method: "POST", fields)
        #expect(client.status() == 401 && client.wire.hasEnded)
        return (bench, client)
    }

    @Test("is read for as long as it comes, so that the client gets to the answer")
    func comes() throws {
        let (bench, client) = try refused()
        for _ in 0..<8 {
            bench.passes(.seconds(1))
            client.wire.sends(Self.chunk)
        }
        #expect(client.wire.isOpen)
        bench.passes(.seconds(3))
        #expect(!client.wire.isOpen, "nothing came any more")
    }

    @Test("of an upstream's answer as well")
    func early() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.asks("/", method: "POST", "Transfer-Encoding: chunked\r\n")
        bench.upstreams[0].answers()
        #expect(client.status() == 200 && client.wire.hasEnded)
        for _ in 0..<5 {
            bench.passes(.seconds(1))
            client.wire.sends(Self.chunk)
        }
        #expect(client.wire.isOpen)
    }

    @Test("and no longer than ten seconds")
    func ends() throws {
        let (bench, client) = try refused()
        for _ in 0..<12 where client.wire.isOpen {
            bench.passes(.seconds(1))
            client.wire.sends(Self.chunk)
        }
        #expect(!client.wire.isOpen)
    }

    @Test("where there is none, what comes is nobody's")
    func none() throws {
        let bench = try EngineBench()
        let client = try bench.connect()
        client.wire.sends("nonsense\r\n\r\n")
        #expect(client.status() == 400 && client.wire.hasEnded)
        for _ in 0..<3 {
            bench.passes(.seconds(1))
            client.wire.sends(Self.chunk)
        }
        #expect(!client.wire.isOpen)
    }
}

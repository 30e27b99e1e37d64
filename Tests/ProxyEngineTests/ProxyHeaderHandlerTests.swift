import NIOCore
import NIOEmbedded
import ProxyEngine
import Testing

@Suite("The PROXY header in the pipeline (PP-01)")
struct ProxyHeaderHandlerTests {
    /// What the handlers behind hear.
    private final class Behind: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        var heard: [String] = []

        func channelRead(context: ChannelHandlerContext, data: NIOAny) { heard.append(String(buffer: unwrapInboundIn(data))) }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if let seen = event as? ProxyHeaderHandler.Seen { heard.append("from \(seen.source?.addressText ?? "itself")") }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            if let refusal = error as? ProxyHeaderHandler.Refusal { heard.append(refusal.rawValue) }
        }
    }

    private static let line = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n"

    private func hears(_ pieces: [String]) throws -> (heard: [String], isOpen: Bool) {
        let behind = Behind()
        let channel = EmbeddedChannel(handlers: [ProxyHeaderHandler(), behind])
        channel.connect(to: try SocketAddress(ipAddress: "10.0.0.1", port: 1), promise: nil)
        for piece in pieces { channel.pipeline.fireChannelRead(ByteBuffer(string: piece)) }
        channel.embeddedEventLoop.run()
        return (behind.heard, channel.isActive)
    }

    @Test("Nothing passes before it is whole; then whose it is, what came behind it, and everything after")
    func passes() throws {
        #expect(try hears([Self.line + "hello", "more"]).heard == ["from 192.0.2.1", "hello", "more"])
        #expect(try hears(Self.line.map { String($0) } + ["hello"]).heard == ["from 192.0.2.1", "hello"])
        #expect(try hears(["PROXY UNKNOWN\r\n", "x"]).heard == ["from itself", "x"])
        let partial = try hears([String(Self.line.dropLast())])
        #expect(partial.heard == [] && partial.isOpen)
    }

    @Test("Without one, or with one that is wrong, nothing passes and the connection ends")
    func refuses() throws {
        for (octets, reason) in [
            ("\u{16}\u{3}\u{1}", "proxy_header_missing"), ("GET / HTTP/1.1\r\n", "proxy_header_missing"), ("PUT / ", "proxy_header_missing"),
            ("PROXY TCP4 1.2.3.4 x\r\n", "proxy_header_invalid"), (Self.line.replacing("\r\n", with: "\n"), "proxy_header_invalid"),
            ("PROXY " + String(repeating: "x", count: 200), "proxy_header_invalid"),
        ] {
            let outcome = try hears([octets, "more"])
            #expect(outcome.heard == [reason] && !outcome.isOpen)
        }
    }
}

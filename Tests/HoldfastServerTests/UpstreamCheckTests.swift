import NIOCore
import NIOEmbedded
import ProxyEngine
import Testing

@testable import HoldfastServer

@Suite("What an address answers its check is read from the first line alone")
struct UpstreamCheckTests {
    /// What is found on a connection that brings these one after another, and whose input ends then.
    private func found(_ parts: String..., statuses: [Int] = [200, 204, 999]) throws -> UpstreamProbe.Finding {
        let channel = EmbeddedChannel()
        let finding = channel.eventLoop.makePromise(of: UpstreamProbe.Finding.self)
        try channel.pipeline.syncOperations.addHandler(UpstreamProbeHandler(finding, read: UpstreamCheck.reader(statuses)))
        for part in parts { try channel.writeInbound(ByteBuffer(string: part)) }
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        return try finding.futureResult.wait()
    }

    @Test("One of the statuses is well, whatever follows and however it is cut")
    func well() throws {
        #expect(try found("HTTP/1.1 200 OK\r\n\r\n") == .reachable)
        #expect(try found("HTTP/1.0 204") == .reachable)
        #expect(try found("HTTP/1.1 999\r\n") == .reachable)
        #expect(try found("H", "TTP/1", ".1 2", "00 OK") == .reachable)
    }

    @Test("Another, or what is no status, is not well")
    func unwell() throws {
        for line in ["HTTP/1.1 500 Oh", "HTTP/1.1 100 Continue", "HTTP/2.0 200 OK", "HTTP/1.1200 OKOK", "SSH-2.0-OpenSSH_9.6", "HTTP/1.1 2x0 OK"] {
            #expect(try found(line) == .failed(.unhealthy), "\(line)")
        }
    }

    @Test("Less than that is a connection that ended, and what comes behind what was found is not looked at")
    func ended() throws {
        #expect(try found() == .failed(.closed))
        #expect(try found("HTTP/1.1 20") == .failed(.closed))
        #expect(try found("HTTP/1.1 200", "HTTP/1.1 500") == .reachable)
    }
}

import HTTPWire
import HoldfastConfiguration
import NIOCore
import ProxyEngine

/// A request that an address must answer with one of some statuses.
struct UpstreamCheck: Sendable {
    /// Between two of them.
    let interval: Duration
    private let request: String
    private let statuses: [Int]
    private let timeout: TimeAmount

    /// - Parameters:
    ///   - host: that it is for.
    ///   - credentials: a whole line, or none.
    init(_ configured: HoldfastConfiguration.Upstream.Check, host: String, credentials: [UInt8]) {
        interval = configured.interval
        request =
            "GET \(configured.path) HTTP/1.1\r\nHost: \(host)\r\nUser-Agent: holdfast\r\nConnection: close\r\n"
            + String(decoding: credentials, as: UTF8.self) + "\r\n"
        statuses = configured.statuses
        timeout = configured.timeout.timeAmount
    }

    /// On the channel's loop. The connection is closed after it.
    func ask(_ channel: any Channel, _ finding: EventLoopPromise<UpstreamProbe.Finding>) {
        let handler = UpstreamCheckHandler(statuses, finding)
        guard (try? channel.pipeline.syncOperations.addHandler(handler)) != nil else { return finding.succeed(.failed(.closed)) }
        let late = channel.eventLoop.assumeIsolated().scheduleTask(in: timeout) {
            handler.end(.failed(.timeout))
            channel.closeAbruptly()
        }
        finding.futureResult.assumeIsolated().whenComplete { _ in
            late.cancel()
            channel.closeAbruptly()
        }
        channel.writeAndFlush(ByteBuffer(string: request), promise: nil)
    }
}

/// Reads no more of the answer than its first line.
final class UpstreamCheckHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let statuses: [Int]
    private var finding: EventLoopPromise<UpstreamProbe.Finding>?
    private var octets = ByteBuffer()

    init(_ statuses: [Int], _ finding: EventLoopPromise<UpstreamProbe.Finding>) {
        self.statuses = statuses
        self.finding = finding
    }

    func end(_ found: UpstreamProbe.Finding) {
        finding?.succeed(found)
        finding = nil
    }

    /// `HTTP/1.1 200`, with whatever behind it.
    static func status(_ octets: ByteBuffer) -> Int? {
        guard let text = octets.getString(at: octets.readerIndex, length: 12), text.hasPrefix("HTTP/1."), text.dropFirst(8).first == " " else {
            return nil
        }
        return Int(text.suffix(3))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var read = unwrapInboundIn(data)
        guard finding != nil else { return }
        octets.writeBuffer(&read)
        guard octets.readableBytes >= 12 else { return }
        end(Self.status(octets).map(statuses.contains) == true ? .reachable : .failed(.unhealthy))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(.failed(UpstreamFault(losing: error)))
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { end(.failed(.closed)) }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end(.failed(.closed))
        context.fireChannelInactive()
    }
}

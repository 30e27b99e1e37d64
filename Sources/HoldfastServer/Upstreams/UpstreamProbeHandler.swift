import NIOCore
import ProxyEngine

/// Finds out one thing on a connection of the probe's own: what the other end says, or that it ends.
final class UpstreamProbeHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let read: (ByteBuffer) -> UpstreamProbe.Finding?
    private var finding: EventLoopPromise<UpstreamProbe.Finding>?

    /// - Parameter read: what the octets come to; nil while they say nothing. Not asked again once something is found.
    init(_ finding: EventLoopPromise<UpstreamProbe.Finding>, read: @escaping (ByteBuffer) -> UpstreamProbe.Finding? = { _ in nil }) {
        self.read = read
        self.finding = finding
    }

    /// The first counts.
    func end(_ found: UpstreamProbe.Finding) {
        finding?.succeed(found)
        finding = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard finding != nil, let found = read(unwrapInboundIn(data)) else { return }
        end(found)
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

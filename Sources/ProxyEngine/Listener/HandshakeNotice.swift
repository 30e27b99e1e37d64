package import NIOCore

/// Below TLS: sees its first octets go out, which answer a whole ClientHello, tells, and leaves.
package final class HandshakeNotice: ChannelOutboundHandler, RemovableChannelHandler {
    package typealias OutboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    private let onAnswer: (any Channel) -> Void
    private var hasAnswered = false

    package init(onAnswer: @escaping (any Channel) -> Void) { self.onAnswer = onAnswer }

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        hasAnswered = true
        context.write(data, promise: promise)
    }

    /// Not earlier: the flush that belongs to a write goes through this context too.
    package func flush(context: ChannelHandlerContext) {
        context.flush()
        guard hasAnswered else { return }
        onAnswer(context.channel)
        context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
    }
}

import NIOCore

/// The memory behind TLS's writes, which NIOSSL keeps at its greatest size for as long as the connection lives: its setting for that
/// (`maximumPreservedOutboundBufferCapacity`) is not heeded in 2.37.6. It stands below TLS from a connection's first long answer on.
///
/// A long answer ends with a short write (``ClientOutbox``). When that has been sent, nothing of its storage is of any worth: NIOSSL takes it
/// for empty, and would copy before it wrote into storage that is referred to here. So its pages are given back then, while it is certainly
/// alive.
final class WriteBufferPages: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Whether it stands in a connection's pipeline.
    struct Watch {
        private var isOn = false

        mutating func willWrite(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
            guard !isOn, bytes.readableBytes >= WriteBufferPages.large else { return }
            isOn = true
            try? context.pipeline.syncOperations.addHandler(WriteBufferPages(), position: .first)
        }
    }

    private static let large = 16 << 10
    private var hasGrown = false

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        guard hasGrown, bytes.readableBytes < Self.large else {
            hasGrown = hasGrown || bytes.readableBytes >= Self.large
            return context.write(data, promise: promise)
        }
        hasGrown = false
        let sent = promise ?? context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenSuccess { BufferPages(bytes).giveBack() }
        context.write(data, promise: sent)
    }
}

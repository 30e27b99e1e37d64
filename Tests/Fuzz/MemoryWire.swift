import NIOCore
import NIOEmbedded

/// A peer's end of a connection in memory. What it sends waits while the other end does not read.
final class MemoryWire: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let channel: EmbeddedChannel
    private var unread: [ByteBuffer] = []
    private var received = ByteBuffer()
    private var unsent: [(ByteBuffer, EventLoopPromise<Void>?)] = []
    /// The peer takes nothing.
    private(set) var isStuck = false

    init(_ eventLoop: EmbeddedEventLoop) throws {
        channel = EmbeddedChannel(loop: eventLoop)
        try channel.pipeline.syncOperations.addHandler(self)
        channel.connect(to: try SocketAddress(ipAddress: "192.0.2.1", port: 50_000), promise: nil)
    }

    var isOpen: Bool { channel.isActive }

    private var isRead: Bool {
        channel.options.first { $0.option is ChannelOptions.Types.AutoReadOption }.flatMap { $0.value as? Bool } ?? true
    }

    /// Octets that the other end has not read.
    var unreadOctets: Int { unread.reduce(0) { $0 + $1.readableBytes } }

    func sends(_ octets: ArraySlice<UInt8>) {
        unread.append(ByteBuffer(bytes: octets))
        deliver()
    }

    /// What waits, as far as the other end reads.
    func deliver() {
        while isOpen, isRead, !unread.isEmpty {
            channel.pipeline.fireChannelRead(unread.removeFirst())
            channel.pipeline.fireChannelReadComplete()
            channel.embeddedEventLoop.run()
        }
    }

    func ends() { channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    func leaves() { channel.close(promise: nil) }

    func stops() {
        isStuck = true
        channel.isWritable = false
        channel.pipeline.fireChannelWritabilityChanged()
    }

    func goesOn() {
        isStuck = false
        let held = unsent
        unsent = []
        for (bytes, promise) in held { took(bytes, promise) }
        channel.isWritable = true
        channel.pipeline.fireChannelWritabilityChanged()
    }

    /// What came since the last call.
    func take() -> ByteBuffer {
        defer { received = ByteBuffer() }
        return received
    }

    private func took(_ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        received.writeImmutableBuffer(bytes)
        promise?.succeed(())
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data)
        if isStuck { unsent.append((bytes, promise)) } else { took(bytes, promise) }
    }

    func flush(context: ChannelHandlerContext) {}

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard mode != .output else {
            promise?.succeed(())
            return
        }
        let lost = unsent
        unsent = []
        for (_, promise) in lost { promise?.fail(ChannelError.ioOnClosedChannel) }
        context.close(mode: mode, promise: promise)
    }
}

package import NIOCore

/// Stands first in the pipeline of a connection from a load balancer: takes the PROXY header off it, tells the handlers behind whose
/// connection it is, and leaves. Nothing goes further before the header is whole; its time is the handshake's.
package final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer

    /// Told to the handlers behind.
    package struct Seen: Sendable {
        /// Nil where the connection's own address counts.
        package let source: SocketAddress?
    }

    /// Told to the handlers behind, before the connection is closed.
    package enum Refusal: String, Error {
        /// It begins with something else.
        case missing = "proxy_header_missing"
        case invalid = "proxy_header_invalid"
    }

    private var held = ByteBuffer()
    private var isOver = false

    package init() {}

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isOver else { return }
        var octets = unwrapInboundIn(data)
        // A copy: pieces of an octet would each keep the buffer that they were read into.
        held.writeBuffer(&octets)
        switch held.withUnsafeReadableBytes({ ProxyHeader.parse($0) }) {
        case .incomplete: break
        case .refused:
            isOver = true
            let isMissing = !held.withUnsafeReadableBytes { ProxyHeader.mayBegin($0) }
            held = ByteBuffer()
            context.fireErrorCaught(isMissing ? Refusal.missing : .invalid)
            context.close(promise: nil)
        case .complete(let header, let length):
            isOver = true
            held.moveReaderIndex(forwardBy: length)
            context.fireUserInboundEventTriggered(Seen(source: header.source))
            if held.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(held)) }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }
}

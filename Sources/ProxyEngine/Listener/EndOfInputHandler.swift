import NIOCore

/// Stands before TLS and hands on the end of input a moment later.
///
/// A client may send the end of its handshake, a request and its FIN at once. They are read together, and TLS takes an end that comes
/// while the client's certificate is still looked at, which it does a moment later, for the end of the handshake.
final class EndOfInputHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
        context.eventLoop.assumeIsolated().execute { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    }
}

package import NIOCore

/// Ends handshakes of clients that offer application protocols none of which is spoken here, by the alert no_application_protocol
/// (RFC 7301 section 3.2). NIOSSL goes on without a protocol there and cannot be told otherwise, so the ClientHello is looked at on its
/// way to it: nothing has been answered then, and the alert goes out in clear, as it must.
///
/// Stands before TLS, and leaves the pipeline once the ClientHello has passed.
package final class ApplicationProtocolGuard: ChannelInboundHandler, RemovableChannelHandler {
    package typealias InboundIn = ByteBuffer
    package typealias InboundOut = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// Told to the handlers behind, before the connection is closed.
    package struct NoSharedProtocol: Error {}

    /// Told to the handlers behind.
    package struct ClientHelloSeen: Sendable { package let hello: ClientHello }

    private static let spoken = Array("http/1.1".utf8)
    /// A record of type alert: fatal, no_application_protocol (RFC 8446 section 6).
    private static let alert: [UInt8] = [21, 3, 1, 0, 2, 2, 120]

    private var reader = ClientHelloReader()
    private var isRefused = false

    package init() {}

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused else { return }
        switch unwrapInboundIn(data).withUnsafeReadableBytes({ reader.take($0) }) {
        case .incomplete: context.fireChannelRead(data)
        case .read(let hello):
            // Told before it is acted upon: whoever writes down why a handshake failed wants to know whom the client asked for.
            context.fireUserInboundEventTriggered(ClientHelloSeen(hello: hello))
            if hello.protocols.map({ !$0.contains(Self.spoken) }) ?? false { return refuse(context) }
            pass(data, context)
        case .other: pass(data, context)
        }
    }

    private func pass(_ data: NIOAny, _ context: ChannelHandlerContext) {
        context.fireChannelRead(data)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func refuse(_ context: ChannelHandlerContext) {
        isRefused = true
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: Self.alert)), promise: nil)
        // Some handlers close the connection for it, so the alert is on its way before.
        context.fireErrorCaught(NoSharedProtocol())
        context.close(promise: nil)
    }
}

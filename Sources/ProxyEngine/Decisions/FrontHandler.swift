import BindingPolicy
import HTTPWire
import NIOCore

/// A front's connection until it has shown what it speaks: HAProxy's frames begin with an octet that no request has, HTTP/2 with its
/// preface, and all else is HTTP/1.1.
final class FrontHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer

    private let loop: EngineLoop
    private let client: ConnectedClient
    private let seats: ConnectionSeats
    private var input = ByteBuffer()
    var position = -1
    var appointment = TimingWheel.Appointment()
    private(set) var deadline: NIODeadline
    private var context: ChannelHandlerContext?

    /// - Parameter client: the front itself, as its own handshake has shown it, or as nobody on a socket that only those reach who may.
    init(loop: EngineLoop, client: ConnectedClient, seats: ConnectionSeats) {
        self.loop = loop
        self.client = client
        self.seats = seats
        // Fronts open connections before they have a question.
        deadline = loop.now + loop.generation.settings.idleTimeout
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ConnectionDismissed: context.channel.closeAbruptly(reset: true)
        // It has said nothing that could be answered.
        case ChannelEvent.inputClosed: context.close(mode: .all, promise: nil)
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        loop.eventBegan()
        var bytes = unwrapInboundIn(data)
        input.writeBuffer(&bytes)
        guard let front = front(input.readableBytesView) else { return }
        guard seats.hasProved(context.channel) else { return context.channel.closeAbruptly(reset: true) }
        makeWay(for: front, context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        lost()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(mode: .all, promise: nil) }

    /// Nil while it could be one or the other.
    private func front(_ octets: ByteBufferView) -> (any ClientFront & ChannelHandler)? {
        let preface = "PRI * HTTP/2.0".utf8
        if octets.first == 0 { return SPOPConnection(loop: loop, client: client) }
        if octets.starts(with: preface) { return HTTP2Connection(loop: loop, client: client, isFront: true) }
        return preface.starts(with: octets) ? nil : HTTP1Connection(loop: loop, client: client, isFront: true)
    }

    private func makeWay(for front: any ClientFront & ChannelHandler, _ context: ChannelHandlerContext) {
        loop.replace(self, by: front)
        let operations = context.pipeline.syncOperations
        guard (try? operations.addHandler(front, position: .after(self))) != nil else { return front.lost() }
        let bytes = input
        input = ByteBuffer()
        context.fireChannelRead(NIOAny(bytes))
        context.fireChannelReadComplete()
        operations.removeHandler(context: context, promise: nil)
    }
}

extension FrontHandler: ClientFront {
    func deadlineReached(_ now: NIODeadline) { context?.close(mode: .all, promise: nil) }
    func endedBefore() { context?.close(mode: .all, promise: nil) }
    func lost() { loop.deregister(self) }
    func endAnnounced() {}
    func drain() { context?.close(mode: .all, promise: nil) }
    func cut(_ ending: Ending) { context?.channel.closeAbruptly(reset: true) }
}

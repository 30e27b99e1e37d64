import DecisionWire
import HTTPWire
import NIOCore

/// A connection of HAProxy's to us as its agent: carries out what an ``SPOPSession`` says of each frame. Each question is an exchange of its
/// own; they are answered in whatever order they end.
final class SPOPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let loop: EngineLoop
    private var context: ChannelHandlerContext?
    private var session = SPOPSession()
    private var input = ByteBuffer()
    private var checks: [ObjectIdentifier: SPOPCheck] = [:]
    private var isClosing = false
    private var isProcessing = false
    var position = -1
    var appointment = TimingWheel.Appointment()
    private(set) var deadline: NIODeadline

    /// Questions at once of one connection: more wait unread.
    private static let checksAtOnce = 256

    init(loop: EngineLoop) {
        self.loop = loop
        deadline = loop.now + loop.generation.settings.handshakeTimeout
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { endedBefore() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        loop.eventBegan()
        var bytes = unwrapInboundIn(data)
        input.writeBuffer(&bytes)
        process()
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func channelInactive(context: ChannelHandlerContext) {
        lost()
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(mode: .all, promise: nil) }

    private func process() {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        while !isClosing, checks.count < Self.checksAtOnce, let event = session.next(&input) { take(event) }
        if input.readableBytes == 0 { input = ByteBuffer() } else { input.discardReadBytes() }
        try? context?.channel.syncOptions?.setOption(.autoRead, value: isClosing || checks.count < Self.checksAtOnce)
        waitForMore()
    }

    private func take(_ event: SPOPSession.Event) {
        switch event {
        case .send(let octets): write(octets)
        case .check(let ticket, let question):
            let check = SPOPCheck(ticket, on: self)
            checks[ObjectIdentifier(check)] = check
            check.begin(question, on: loop)
        case .close(let octets):
            write(octets)
            close()
        }
    }

    func answered(_ check: SPOPCheck, with variables: [(name: String, value: SPOPValue)]) {
        checks[ObjectIdentifier(check)] = nil
        write(session.answer(to: check.ticket, with: variables))
        context?.flush()
        if !isProcessing { process() }
    }

    private func write(_ octets: ByteBuffer) {
        guard octets.readableBytes > 0 else { return }
        context?.write(wrapOutboundOut(octets), promise: nil)
    }

    private func close() {
        isClosing = true
        input = ByteBuffer()
        context?.flush()
        context?.close(mode: .all, promise: nil)
    }

    /// HAProxy keeps connections for later; a frame that has begun has its time like a head.
    private func waitForMore() {
        let settings = loop.generation.settings
        deadline = loop.now + (input.readableBytes > 0 && checks.isEmpty ? settings.headTimeout : settings.idleTimeout)
        loop.wheel.keep(self)
    }
}

extension SPOPConnection: ClientFront {
    func deadlineReached(_ now: NIODeadline) { checks.isEmpty ? close() : waitForMore() }

    func endedBefore() {
        loop.eventBegan()
        close()
    }

    func lost() {
        isClosing = true
        let left = checks.values
        checks = [:]
        for check in left { check.exchange?.clientGone() }
        loop.deregister(self)
    }

    func endAnnounced() {}

    func drain() {
        guard checks.isEmpty else {
            deadline = min(deadline, loop.now + EngineSettings.drainGrace)
            return loop.wheel.keep(self)
        }
        close()
    }

    func cut(_ ending: Ending) {
        for check in checks.values { check.exchange?.cut(ending) }
        close()
    }
}

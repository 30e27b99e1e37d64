import DecisionWire
import HTTPWire
import NIOCore

/// A connection of HAProxy's to us as its agent: carries out what an ``SPOPSession`` says of each frame. Each question is an exchange of its
/// own; they are answered in whatever order they end.
final class SPOPConnection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let loop: EngineLoop
    /// The front.
    let client: ConnectedClient
    private var context: ChannelHandlerContext?
    private var session = SPOPSession()
    private var input = ByteBuffer()
    private var checks: [ObjectIdentifier: SPOPCheck] = [:]
    private var isClosing = false
    /// While we drain: until when what HAProxy may have on its way is still taken.
    private var lastTaken = NIODeadline.distantFuture
    private var isProcessing = false
    var position = -1
    var appointment = TimingWheel.Appointment()
    private(set) var deadline: NIODeadline

    /// Questions at once of one connection: more wait unread.
    private static let checksAtOnce = 256

    init(loop: EngineLoop, client: ConnectedClient) {
        self.loop = loop
        self.client = client
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
        while !isClosing, loop.now < lastTaken, checks.count < Self.checksAtOnce, let event = session.next(&input) { take(event) }
        if input.readableBytes == 0 { input = ByteBuffer() } else { input.discardReadBytes() }
        guard !isClosing else { return }
        if loop.now >= lastTaken, checks.isEmpty { return leave() }
        try? context?.channel.syncOptions?.setOption(.autoRead, value: checks.count < Self.checksAtOnce)
        waitForMore()
    }

    /// HAProxy is told, so that it asks elsewhere.
    private func leave() {
        write(session.farewell())
        close()
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
        let patience = loop.now + (input.readableBytes > 0 && checks.isEmpty ? settings.headTimeout : settings.idleTimeout)
        deadline = loop.now < lastTaken ? min(patience, lastTaken) : patience
        loop.wheel.keep(self)
    }
}

extension SPOPConnection: ClientFront {
    func deadlineReached(_ now: NIODeadline) { checks.isEmpty ? leave() : waitForMore() }

    func endedBefore() {
        loop.eventBegan()
        checks.isEmpty ? leave() : close()
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
        lastTaken = min(lastTaken, loop.now + EngineSettings.drainGrace)
        waitForMore()
    }

    func cut(_ ending: Ending) {
        isClosing = true
        for check in checks.values { check.exchange?.cut(ending) }
        close()
    }
}

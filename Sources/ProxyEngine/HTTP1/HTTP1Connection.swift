import BindingPolicy
import HTTPWire
package import NIOCore
import NIOPosix
import NIOSSL
import Telemetry

/// The HTTP/1.1 front: one client connection, from the end of its handshake on. It takes heads and bodies off the wire, one request at a
/// time, prints the answers of the ``Exchange`` at hand, and closes so that nothing is lost.
///
/// This file holds what the connection is and the channel's callbacks; `+Requests` how requests are read, `+Answers` how answers are written,
/// `+Closing` how it ends.
package final class HTTP1Connection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Waiting for a head, or for the rest of one.
        case ready
        case exchanging(Exchange)
        /// The rest of a refused request's body is read and dropped: this many octets.
        case discarding(Int)
        /// The last answer is sent; what still comes is dropped until the client closes or the deadline passes.
        case lingering
        /// The last answer is cut: a reset follows when the client has what came before it.
        case cutting
        case closed
    }

    struct PauseReasons: OptionSet {
        let rawValue: UInt8
        static let upstreamSlow = PauseReasons(rawValue: 1)
        static let inputFull = PauseReasons(rawValue: 2)
        /// Answers wait that the client does not read: no further request is taken, or they would gather without a bound.
        static let outputFull = PauseReasons(rawValue: 4)
        /// It has had its turn.
        static let turnOver = PauseReasons(rawValue: 8)
    }

    let loop: EngineLoop
    let client: ConnectedClient
    /// Its client forwards requests itself and asks for decisions.
    let isFront: Bool
    private(set) var context: ChannelHandlerContext?
    var position = -1
    @exclusivity(unchecked) package var appointment = TimingWheel.Appointment()
    @exclusivity(unchecked) package var deadline: NIODeadline { didSet { if deadline < appointment.deadline { loop.wheel.keep(self) } } }
    var phase = Phase.ready
    @exclusivity(unchecked) var input = PendingInput()
    @exclusivity(unchecked) var body = BodyReader.none
    /// Offered to the exchange that begins.
    var shortBody: ByteBuffer?
    @exclusivity(unchecked) var outbox = ClientOutbox()
    var answerFraming = BodyFraming.none
    /// Whether the request at hand, by its version, knows chunks and a connection that persists.
    var isHTTP10 = false
    private var isProcessing = false
    var isFlushing = false
    var writePages = WriteBufferPages.Watch()
    /// Requests that it may still have taken before others have their turn.
    private var turn = EngineSettings.requestsPerTurn
    private var pauses: PauseReasons = []
    /// Where the rest of a body may come: until when at most.
    var lingerEnd: NIODeadline?
    /// Octets read since memory was last given back.
    private var readOctets = 0
    private var portions = ReadPortions()
    /// Octets of the read at hand that are a body's.
    var payload = 0
    var unsent = UnsentAnswer()
    /// By the bounds that were in force when it began.
    private var life: ConnectionLife
    /// The answer to the request at hand is the last one, by its age or number.
    private(set) var isLastRequest = false

    init(loop: EngineLoop, client: ConnectedClient, isFront: Bool = false) {
        self.isFront = isFront
        self.loop = loop
        self.client = client
        life = loop.makeConnectionLife()
        deadline = loop.now + loop.generation.settings.idleTimeout
    }

    func requestBegan() { isLastRequest = life.requestBegan(at: loop.now) }

    // MARK: The channel's callbacks

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        becomeReady()
    }

    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event {
            loop.eventBegan()
            inputClosed()
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        loop.eventBegan()
        var bytes = unwrapInboundIn(data)
        let storage = BufferPages(bytes)
        let isOurs = input.join(&bytes)
        turn = EngineSettings.requestsPerTurn
        payload = 0
        process(&bytes)
        keep(bytes, isOurs: isOurs)
        if let size = portions.note(payload: payload) {
            try? context.channel.syncOptions?.setOption(.recvAllocator, value: ReceiveAllocator(maximum: size))
            try? context.channel.syncOptions?.setOption(.maxMessagesPerRead, value: UInt(portions.isLarge ? 2 : 1))
        }
        readOctets += storage.count
        if readOctets > BufferPages.worthwhile, body.isOver || !pauses.isEmpty, exchange?.upstream?.isSending != true {
            readOctets = 0
            storage.giveBack()
        }
    }

    /// The last handler: what would be passed on goes nowhere.
    package func channelReadComplete(context: ChannelHandlerContext) {}

    package func channelInactive(context: ChannelHandlerContext) {
        lost()
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOSSLError.uncleanShutdown:
            // The end of input follows as an event of its own, and framing tells whether anything was cut.
            let end = loop.now + EngineSettings.abandonedGrace
            input.abandonedAt = end
            if case .exchanging(let exchange) = phase { exchange.abandoned(until: end) }
        // NIO closes the socket itself; closing through TLS would hold it for a close_notify that cannot come.
        case is IOError: break
        default: context.close(mode: .all, promise: nil)
        }
    }

    // MARK: Reading

    /// Handles input until none is left or none can be used now.
    private func process(_ bytes: inout ByteBuffer) {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        while step(&bytes) {}
        if !outbox.isEmpty { flush() }
    }

    /// - Returns: whether there may be more to do.
    private func step(_ bytes: inout ByteBuffer) -> Bool {
        switch phase {
        case .ready:
            guard takeTurn(bytes), takeHead(&bytes) else { return false }
            turn = max(0, turn - 1)
            return true
        case .exchanging(let exchange): return forwardBody(&bytes, exchange)
        case .discarding(let rest):
            let count = min(rest, bytes.readableBytes)
            bytes.moveReaderIndex(forwardBy: count)
            guard count == rest else {
                phase = .discarding(rest - count)
                return false
            }
            becomeReady()
            return true
        case .lingering, .cutting, .closed:
            if bytes.readableBytes > 0 { lingerOn() }
            bytes.clear()
            return false
        }
    }

    /// - Returns: whether another request may be taken now.
    private func takeTurn(_ bytes: ByteBuffer) -> Bool {
        guard turn == 0, bytes.readableBytes > 0 else { return !outbox.isBlocked }
        if !pauses.contains(.turnOver) {
            setPaused(.turnOver, true)
            loop.goOnLater(self)
        }
        return false
    }

    /// Others have had their turn meanwhile.
    func goOn() {
        turn = EngineSettings.requestsPerTurn
        setPaused(.turnOver, false)
        processPending()
    }

    /// The next request may be taken.
    func continueReading() {
        guard !isProcessing else { return }
        turn = EngineSettings.requestsPerTurn
        processPending()
        if case .ready = phase, loop.isDraining, input.isEmpty { closeGracefully() }
    }

    /// Input that arrived while nobody could use it is looked at again.
    func processPending() {
        guard !isProcessing else { return }
        if !outbox.isEmpty { flush() }
        guard !input.isEmpty || input.isEnded else { return }
        var bytes = input.take()
        process(&bytes)
        keep(bytes, isOurs: true)
    }

    private func keep(_ bytes: ByteBuffer, isOurs: Bool) {
        input.keep(bytes, isOurs: isOurs)
        setPaused(.inputFull, input.isFull(loop.generation.settings.limits))
        guard input.isEnded else { return }
        switch phase {
        case .ready: if isInputUsedUp { closeGracefully() }
        case .exchanging(let exchange): exchange.inputEnded(unread: !input.isEmpty)
        case .discarding, .lingering, .cutting, .closed: break
        }
    }

    /// What is left, if anything, is no whole request.
    var isInputUsedUp: Bool { input.isEmpty || !(outbox.isBlocked || pauses.contains(.turnOver)) }

    var isReading: Bool { pauses.isEmpty }

    func setPaused(_ reason: PauseReasons, _ on: Bool) {
        let before = pauses.isEmpty
        if on { pauses.insert(reason) } else { pauses.remove(reason) }
        guard pauses.isEmpty != before, let context else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: pauses.isEmpty)
        if pauses.isEmpty { context.read() }
    }
}

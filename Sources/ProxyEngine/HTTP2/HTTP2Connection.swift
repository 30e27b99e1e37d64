import HTTPWire
package import NIOCore
import NIOPosix
import NIOSSL
import Telemetry

/// The HTTP/2 front: one client connection, from the end of its handshake on. It takes frames off the wire, tells
/// ``HTTP2ConnectionState`` of each and carries out what comes back; each stream is an ``HTTP2Stream``, which is an exchange's client. There
/// are no channels for streams, and what all of them send in one tick of the loop goes out in one write.
///
/// This file holds what the connection is and the channel's callbacks; `+Frames` what arrives, `+Streams` how streams begin and end,
/// `+Output` what is sent, `+Closing` how it ends.
///
/// What a client can make it hold is bounded, by whatever it does: bodies that no upstream has taken by `HTTP2Limits.connectionWindow`,
/// answers that it does not read by `EngineSettings.heldAnswers` and what one upstream's read brings, requests' heads by
/// `EngineSettings.heldHeads`, and one frame or header block that is not whole.
package final class HTTP2Connection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    enum Phase {
        case serving
        /// GOAWAY was the last that is sent; what still comes is dropped until the client closes or the deadline passes.
        case lingering
        case closed
    }

    struct PauseReasons: OptionSet {
        let rawValue: UInt8
        /// Answers wait that the client does not read: nothing further is taken, or they would gather without a bound.
        static let outputFull = PauseReasons(rawValue: 1)
        /// It has had its turn.
        static let turnOver = PauseReasons(rawValue: 2)
    }

    let loop: EngineLoop
    let client: ConnectedClient
    /// Its client forwards requests itself and asks for decisions.
    let isFront: Bool
    /// As it was said first: what has been offered stays so (RFC 8441 section 3).
    let offersWebSocket: Bool
    private(set) var context: ChannelHandlerContext?
    var position = -1
    @exclusivity(unchecked) package var appointment = TimingWheel.Appointment()
    @exclusivity(unchecked) package var deadline: NIODeadline { didSet { if deadline < appointment.deadline { loop.wheel.keep(self) } } }
    var phase = Phase.serving
    @exclusivity(unchecked) var state: HTTP2ConnectionState
    private var reader = HTTP2FrameReader()
    var decoder = HPACKDecoder()
    /// In the order of their identifiers.
    var streams: [HTTP2Stream] = []
    /// What arrived and is no whole frame yet, or could not be looked at yet.
    private var input = ByteBuffer()
    /// The client has ended its side.
    var isInputEnded = false
    /// It has said that it opens nothing more.
    var clientLeaves = false
    /// When a client that ended its side without goodbye is taken for gone.
    var abandonedAt: NIODeadline?
    @exclusivity(unchecked) var output = HTTP2Output()
    var unsent = UnsentAnswer()
    /// How long it may last, and how many requests it may bring.
    var life: ConnectionLife
    var patience: HTTP2Patience
    private var isProcessing = false
    /// Requests that it may still have taken before others have their turn.
    var turn = EngineSettings.requestsPerTurn
    private var pauses: PauseReasons = []
    var writePages = WriteBufferPages.Watch()
    /// Octets read since memory was last given back.
    private var readOctets = 0

    init(loop: EngineLoop, client: ConnectedClient, isFront: Bool = false) {
        self.isFront = isFront
        self.loop = loop
        self.client = client
        let settings = loop.generation.settings
        offersWebSocket = settings.webSocketAccept != nil
        state = HTTP2ConnectionState(settings.http2, head: settings.limits.head)
        life = loop.makeConnectionLife()
        patience = HTTP2Patience(head: settings.headTimeout, idle: settings.idleTimeout, answer: settings.responseTimeout, at: loop.now)
        deadline = patience.deadline
    }

    // MARK: The channel's callbacks

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        greet()
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
        let isOurs = input.readableBytes > 0
        if isOurs {
            input.writeBuffer(&bytes)
            bytes = input
            input = ByteBuffer()
        }
        turn = EngineSettings.requestsPerTurn
        process(&bytes, isOurs: isOurs)
        readOctets += storage.count
        if readOctets > BufferPages.worthwhile, streams.isEmpty || !pauses.isEmpty {
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
            // The end of input follows as an event of its own.
            let end = loop.now + EngineSettings.abandonedGrace
            abandonedAt = end
            for stream in streams { stream.exchange?.abandoned(until: end) }
        // NIO closes the socket itself; closing through TLS would hold it for a close_notify that cannot come.
        case is IOError: break
        default: context.close(mode: .all, promise: nil)
        }
    }

    // MARK: Reading

    /// Handles input until none is left or none can be used now.
    private func process(_ bytes: inout ByteBuffer, isOurs: Bool) {
        guard !isProcessing else { return }
        isProcessing = true
        while mayGoOn(bytes), step(&bytes) {}
        isProcessing = false
        keep(bytes, isOurs: isOurs)
    }

    private func mayGoOn(_ bytes: ByteBuffer) -> Bool {
        guard case .serving = phase else { return false }
        guard !output.isFull else { return false }
        if turn > 0 || bytes.readableBytes == 0 { return true }
        if !pauses.contains(.turnOver) {
            setPaused(.turnOver, true)
            loop.goOnLater(self)
        }
        return false
    }

    /// - Returns: whether there may be more to do.
    private func step(_ bytes: inout ByteBuffer) -> Bool {
        switch reader.next(&bytes) {
        case .incomplete: return false
        case .fault(let fault): fail(fault)
        case .preface: break
        case .frame(let head, let payload): received(head, payload)
        case .data(let part): received(part)
        }
        // The rest of the next one is waited for as long as of any.
        if !state.isInHeaders { patience.isInFrame(false, at: loop.now) }
        return true
    }

    /// Keeps what could not be used. TLS's own buffer comes up here and is written again by the next read: what stays is copied out of it.
    private func keep(_ bytes: ByteBuffer, isOurs: Bool) {
        guard case .serving = phase else {
            input = ByteBuffer()
            return
        }
        if bytes.readableBytes == 0 {
            input = ByteBuffer()
        } else if isOurs {
            input = bytes
            input.discardReadBytes()
        } else {
            input = ByteBuffer(bytes: bytes.readableBytesView)
        }
        setPaused(.outputFull, output.isFull)
        patience.isInFrame(pauses.isEmpty && (input.readableBytes > 0 && !reader.isInData || state.isInHeaders), at: loop.now)
        if isInputEnded, !isPaused { inputUsedUp() }
        rearm()
    }

    /// Others have had their turn meanwhile.
    func goOn() {
        turn = EngineSettings.requestsPerTurn
        setPaused(.turnOver, false)
        processPending()
    }

    /// The client has read some of what was sent.
    func outputMoved() {
        guard pauses.contains(.outputFull), !output.isFull else { return }
        setPaused(.outputFull, false)
        processPending()
    }

    /// Input that arrived while nobody could use it is looked at again.
    private func processPending() {
        guard !isProcessing else { return }
        guard hasPendingInput else {
            if isInputEnded, !isPaused { inputUsedUp() }
            return
        }
        var bytes = input
        input = ByteBuffer()
        process(&bytes, isOurs: true)
    }

    /// What it holds for its client, in octets: what the bound on that is tested by.
    package var heldOctets: Int {
        input.readableBytes + state.blockOctets + heldHeads + streams.reduce(0) { $0 + $1.bodyOctets } + output.waiting + output.gathered
    }

    var hasPendingInput: Bool { input.readableBytes > 0 }
    var isPaused: Bool { !pauses.isEmpty }
    var isServing: Bool { if case .serving = phase { true } else { false } }

    private func setPaused(_ reason: PauseReasons, _ on: Bool) {
        let before = pauses.isEmpty
        if on { pauses.insert(reason) } else { pauses.remove(reason) }
        guard pauses.isEmpty != before, let context else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: pauses.isEmpty)
        if pauses.isEmpty { context.read() }
    }

    /// What comes from now on is dropped.
    func readOn() {
        input = ByteBuffer()
        setPaused(.outputFull, false)
        setPaused(.turnOver, false)
    }
}

import BindingPolicy
import HTTPWire
package import NIOCore
import NIOPosix
package import NIOSSL
import NIOTLS
import Telemetry

/// The HTTP/1.1 front: one client connection, from the end of its TLS handshake on.
///
/// This file holds what the connection is and the channel's callbacks. What follows from them stands in the extensions:
/// `+Requests` (heads and bodies towards the upstream), `+Judgement`, `+Responses` (towards the client) and `+Endings`.
package final class ClientConnection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    enum Phase {
        case handshaking
        /// Waiting for a head, or for the rest of one.
        case ready
        /// A request whose token is being looked up.
        case judging(Waiting)
        /// A request is with the upstream, or waits for a connection to it.
        case exchanging
        /// The answer is whole here, and the client has not taken all of it yet.
        case delivering(keepsClient: Bool)
        /// The rest of a refused request's body is read and dropped: this many octets.
        case discarding(Int)
        /// The last answer is sent; what still comes is dropped until the client closes or the deadline passes.
        case lingering
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
    let tls: NIOSSLServerHandler
    private let seats: ConnectionSeats
    var context: ChannelHandlerContext?
    /// Its place in the loop's list of connections; the loop's to change.
    var position = -1
    var deadline: NIODeadline
    var phase = Phase.handshaking

    var peer: AuthenticatedPeer?
    /// The fields the upstream may trust, whole lines: made once, from this connection and nothing the client sent.
    var trustedFields: [UInt8] = []
    var peerAddress = ""
    /// What this client holds of the upstream pool, on all its connections.
    var share = ClientShare()

    /// Input that could not be used yet.
    var pending = ByteBuffer()
    var accumulation = HeadAccumulation()
    /// The beginning of a head has arrived.
    var isInHead = false
    /// Kept from the channel's events, since asking it for each request costs.
    var isWritable = true
    var isProcessing = false
    var inputEnded = false
    /// When a client that ended its side without goodbye is taken for gone.
    var abandonedAt: NIODeadline?
    /// Requests that it may still have taken before others have their turn.
    var turn = 0
    private var pauses: PauseReasons = []
    /// Octets that a client which ended its side has not read yet, and until when they are waited for.
    var unsent = 0
    var sendingEnds = NIODeadline.distantFuture
    /// Before the head at hand.
    var emptyLines = 0
    /// Octets read since memory was last given back.
    private var readOctets = 0

    var exchange: Exchange?
    var upstream: UpstreamConnection?
    var requestBody = BodyReader.none
    /// The request as written for the upstream, kept until it answers.
    var upstreamHead: ByteBuffer?
    /// What is needed of the request's head after other connections have used the loop's storage for theirs.
    var isHeadRequest = false
    var requestPersists = false
    /// The client holds its body back until it hears from the upstream.
    var awaitsContinue = false
    var isHTTP10 = false
    var responseFraming = BodyFraming.none
    /// Output that is gathered, and a write under way whose end is waited for.
    var outgoing: ByteBuffer?
    var outputInFlight = false
    var unconfirmedWrites = 0
    /// What the client may take over the request's body, and over the answer's.
    var uploadRate: MinimumRate
    var downloadRate: MinimumRate
    var record = ExchangeRecord()

    package init(loop: EngineLoop, tls: NIOSSLServerHandler, seats: ConnectionSeats) {
        self.loop = loop
        self.tls = tls
        self.seats = seats
        deadline = loop.now + loop.settings.handshakeTimeout
        uploadRate = MinimumRate(octetsPerSecond: loop.settings.minimumBodyRate, grace: loop.settings.rateGrace)
        downloadRate = uploadRate
    }

    // MARK: The channel's callbacks

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.register(self)
    }

    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        loop.eventBegan()
        switch event {
        case TLSUserEvent.handshakeCompleted: handshakeCompleted(context)
        case ChannelEvent.inputClosed: inputClosed()
        case is ConnectionDismissed:
            if case .handshaking = phase, !seats.keepIfUnread(context.channel) { refuseHandshake("crowded_out") }
        default: break
        }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        loop.eventBegan()
        var bytes = unwrapInboundIn(data)
        // TLS's own buffer comes up here and is written again by the next read: what stays is copied out of it, on all ways.
        let storage = ReadBufferPages(bytes)
        let isOurs = pending.readableBytes > 0
        if isOurs {
            pending.writeBuffer(&bytes)
            swap(&pending, &bytes)
        }
        turn = EngineSettings.requestsPerTurn
        process(&bytes)
        keep(bytes, isOurs: isOurs)
        readOctets += storage.count
        if readOctets > ReadBufferPages.worthwhile, requestBody.isOver || isReadingPaused {
            readOctets = 0
            storage.giveBack()
        }
    }

    /// The last handler: what would be passed on goes nowhere.
    package func channelReadComplete(context: ChannelHandlerContext) {}

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable {
            loop.eventBegan()
            outputMoved()
        }
    }

    package func channelInactive(context: ChannelHandlerContext) {
        clientLost()
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOSSLError.uncleanShutdown:
            // The end of input follows as an event of its own, and framing tells whether anything was cut.
            abandonedAt = loop.now + EngineSettings.abandonedGrace
        case let error as NIOSSLError:
            if case .handshaking = phase { handshakeFailed(loop.gate.takeLastRefusal() ?? HandshakeFailure.code(of: error)) }
            context.close(mode: .all, promise: nil)
        // The connection is closed where that was found.
        case is ApplicationProtocolGuard.NoSharedProtocol: handshakeFailed(HandshakeFailure.noApplicationProtocol)
        // NIO closes the socket itself; closing through TLS would hold it for a close_notify that cannot come.
        case is IOError: break
        default: context.close(mode: .all, promise: nil)
        }
    }

    // MARK: The handshake

    private func handshakeCompleted(_ context: ChannelHandlerContext) {
        // A client that leaves Nagle's algorithm on waits for this acknowledgement before it sends its first request.
        try? context.channel.syncOptions?.setOption(ChannelOptions.tcpOption(.init(rawValue: tcpQuickAck)), value: 1)
        switch loop.gate.identify(leaf: tls.peerCertificate, now: EngineLoop.wallClock()) {
        case .failure(let refusal): refuseHandshake(refusal.code)
        case .success(let peer):
            guard seats.hasProved(context.channel) else { return refuseHandshake("too_many_connections") }
            self.peer = peer
            peerAddress = context.channel.remoteAddress?.addressText ?? ""
            share = loop.share(of: peer, at: peerAddress)
            trustedFields = loop.trustedFields(for: peer, address: peerAddress)
            loop.counters.metrics.handshakes &+= 1
            becomeReady()
        }
    }

    private func refuseHandshake(_ reason: String) {
        loop.counters.countHandshakeFailure(reason)
        phase = .closed
        abort()
    }

    private func handshakeFailed(_ reason: String) {
        loop.counters.countHandshakeFailure(reason)
        phase = .closed
    }

    // MARK: Reading

    /// Handles input until none is left or none can be used now.
    func process(_ bytes: inout ByteBuffer) {
        guard !isProcessing else { return }
        isProcessing = true
        defer { isProcessing = false }
        while step(&bytes) {}
        if outgoing != nil { flushToClient() }
    }

    /// Others have had their turn meanwhile.
    func goOn() {
        turn = EngineSettings.requestsPerTurn
        setPaused(.turnOver, false)
        processPending()
    }

    /// - Returns: whether another request may be taken now.
    private func takeTurn(_ bytes: ByteBuffer) -> Bool {
        guard turn == 0, bytes.readableBytes > 0 else { return !isOutputBlocked }
        if !pauses.contains(.turnOver) {
            setPaused(.turnOver, true)
            loop.goOnLater(self)
        }
        return false
    }

    /// - Returns: whether there may be more to do.
    private func step(_ bytes: inout ByteBuffer) -> Bool {
        switch phase {
        case .handshaking: return false
        case .ready:
            guard takeTurn(bytes), takeHead(&bytes) else { return false }
            turn = max(0, turn - 1)
            return true
        case .judging, .delivering: return false
        case .exchanging: return forwardBody(&bytes)
        case .discarding(let rest):
            let count = min(rest, bytes.readableBytes)
            bytes.moveReaderIndex(forwardBy: count)
            guard count == rest else {
                phase = .discarding(rest - count)
                return false
            }
            becomeReady()
            return true
        case .lingering, .closed:
            bytes.clear()
            return false
        }
    }

    /// Input that arrived while an exchange ran is looked at again once it is over.
    func processPending() {
        guard !isProcessing, pending.readableBytes > 0 || inputEnded else { return }
        var bytes = ByteBuffer()
        swap(&pending, &bytes)
        process(&bytes)
        keep(bytes, isOurs: true)
    }

    private func keep(_ bytes: ByteBuffer, isOurs: Bool) {
        if bytes.readableBytes == 0 {
            pending = ByteBuffer()
        } else if isOurs {
            pending = bytes
            if pending.readerIndex > 4096 { pending.discardReadBytes() }
        } else {
            pending = ByteBuffer(bytes: bytes.readableBytesView)
        }
        // A head may be longer than what is kept of pipelined requests, and its own limit ends it.
        let bound = isInHead ? max(EngineSettings.pipelineBound, loop.settings.limits.head) : EngineSettings.pipelineBound
        setPaused(.inputFull, pending.readableBytes > bound)
        if inputEnded, case .ready = phase, isInputUsedUp { closeGracefully() }
    }

    /// What is left, if anything, is no whole request.
    var isInputUsedUp: Bool { pending.readableBytes == 0 || !(isOutputBlocked || pauses.contains(.turnOver)) }

    func setPaused(_ reason: PauseReasons, _ on: Bool) {
        let before = pauses.isEmpty
        if on { pauses.insert(reason) } else { pauses.remove(reason) }
        guard pauses.isEmpty != before, let context else { return }
        try? context.channel.syncOptions?.setOption(.autoRead, value: pauses.isEmpty)
        if pauses.isEmpty { context.read() }
    }

    var isReadingPaused: Bool { !pauses.isEmpty }
}

#if os(Linux)
private let tcpQuickAck: CInt = 12
#else
#error("Holdfast's listener is written for Linux")
#endif

import HTTPWire
import NIOCore

/// One stream of a connection of HTTP/2 to an upstream: it serves one exchange. What is of the stream alone is here: the part of the
/// request's body that the upstream has no room for, and what of the answer the client has none for.
final class HTTP2UpstreamStream: Upstream, HTTP2Numbered {
    private let connection: HTTP2UpstreamConnection
    /// 0 before it is opened.
    var id: UInt32 = 0
    /// Nil once it is over.
    private(set) var exchange: Exchange?
    private var share: ClientShare?
    /// The connection stood unused before it, so that the upstream may have closed that meanwhile.
    private let mayBeStale: Bool
    private var interim = 0
    /// The head of the final answer has come.
    private var hasBegun = false
    private var isReadingPaused = false
    /// Octets of the answer that arrived, and for which the client may have no room yet.
    private var untaken = 0
    private var isTouched = false
    /// What of the request's body waits for the upstream, and whether nothing follows it.
    private var waiting = ByteBuffer()
    private var isEnding = false
    private var hasMoved = false

    init(on connection: HTTP2UpstreamConnection, mayBeStale: Bool) {
        self.connection = connection
        self.mayBeStale = mayBeStale
    }

    private var pool: UpstreamPool { connection.pool }
    var place: UpstreamPlace { connection.place }

    // MARK: The exchange's side

    func serve(_ exchange: Exchange, _ request: ByteBuffer, isChunked: Bool) {
        self.exchange = exchange
        share = exchange.seat?.share
        pool.took(share, at: connection.place)
        let isWhole = exchange.state.hasWholeRequest
        guard let body = connection.begin(self, request, isWhole: isWhole, of: exchange) else { return lost(.streamRefused, untouched: true) }
        if body.readableBytes > 0 { send(body, isLast: isWhole) }
    }

    func send(_ data: ByteBuffer, isLast: Bool) {
        guard exchange != nil else { return }
        isEnding = isLast
        var rest = data
        if !waits { connection.frame(&rest, of: self, ends: isLast) }
        if rest.readableBytes > 0 {
            connection.output.waiting += rest.readableBytes
            waiting.writeImmutableBuffer(rest)
        } else if isLast, data.readableBytes == 0, !waits {
            connection.frameEnd(of: self)
        }
    }

    var waits: Bool { waiting.readableBytes > 0 }
    var isWritable: Bool { waiting.readableBytes < Outbox.bound }
    /// All that waits is a copy.
    var isSending: Bool { false }
    var unsentOctets: Int { waiting.readableBytes }

    func setReading(_ on: Bool) {
        isReadingPaused = !on
        if on { giveBack() }
    }

    func finish(keeping: Bool) {
        detach()
        connection.left(self)
    }

    func release() { pool.hasRoom(connection) }

    func blame() {
        pool.blame(connection.place)
        connection.retire()
    }

    private func detach() {
        guard exchange != nil else { return }
        exchange = nil
        pool.gaveBack(share, at: connection.place)
        share = nil
    }

    /// - Returns: octets that waited.
    func dropOutput() -> Int {
        defer { waiting = ByteBuffer() }
        return waiting.readableBytes
    }

    /// A frame of what waits, where the windows have room.
    func sendMore() -> Bool {
        guard waits else { return false }
        let before = waiting.readableBytes
        let isSent = connection.frameOnce(&waiting, of: self, ends: isEnding)
        connection.output.waiting -= before - waiting.readableBytes
        if !waits { waiting = ByteBuffer() }
        hasMoved = hasMoved || isSent
        return isSent
    }

    /// Only what has moved is progress: others' octets are not.
    func tellIfMoved() {
        guard hasMoved else { return }
        hasMoved = false
        guard isWritable, let exchange else { return }
        exchange.loop.eventBegan()
        exchange.upstreamWritable()
    }

    // MARK: The connection's side

    private func touch() {
        guard !isTouched else { return }
        isTouched = true
        connection.touched.append(self)
    }

    /// - Parameter head: in HTTP/1.1's form.
    func receivedHead(_ head: inout ByteBuffer, endsStream: Bool) {
        guard let exchange else { return }
        touch()
        switch exchange.generation.responseHead.read(&head, answering: exchange.request.method == .head ? .head : .other, tolerating: []) {
        case .incomplete: fail(.nonsense(.statusLineMalformed))
        case .refused(let fault): fail(.nonsense(fault))
        case .complete(let raw):
            let status = exchange.generation.responseHead.status
            if status < 200 { return receivedInterim(raw, status, endsStream: endsStream, exchange) }
            guard !exchange.isUnwantedTunnel else { return fail(.unaskedTunnel) }
            let length = exchange.generation.responseHead.bodyLength
            guard connection.state.answerBegan(id, length: length) else { return fail(.nonsense(.contentLengthDiffers)) }
            hasBegun = true
            pool.praise(connection.place)
            exchange.answerBegan(raw, upstreamPersists: true)
            if endsStream { ended() }
        }
    }

    private func receivedInterim(_ raw: ByteBuffer, _ status: Int, endsStream: Bool, _ exchange: Exchange) {
        // RFC 9113 sections 8.1 and 8.6.
        guard !endsStream else { return fail(.nonsense(.contentLengthDiffers)) }
        guard status != 101 else { return fail(.unaskedUpgrade) }
        interim += 1
        guard interim <= EngineSettings.interimBound else { return fail(.tooManyInterim) }
        exchange.interimResponse(raw)
    }

    /// - Parameter data: shares the storage of what was read.
    func receivedBody(_ data: ByteBuffer, isLast: Bool) {
        guard let exchange else { return }
        touch()
        untaken += data.readableBytes
        if data.readableBytes > 0 { exchange.answerBody(data) }
        if isLast { ended() }
    }

    /// - Parameter lines: of the section, each ended by CR LF.
    func receivedTrailers(_ lines: ByteBuffer) {
        guard connection.state.isWholeBody(of: id) else { return fail(.nonsense(.contentLengthDiffers)) }
        touch()
        ended(trailers: exchange?.request.isHTTP2 == true ? Array(lines.readableBytesView) : [])
    }

    private func ended(trailers: [UInt8] = []) {
        connection.state.settle(id)
        exchange?.answerEnded(trailers: trailers)
    }

    /// What the read brought has been handed on; what the client had room for may be followed by more.
    func readEnded() {
        isTouched = false
        exchange?.answerRead()
        if !isReadingPaused { giveBack() }
    }

    private func giveBack() {
        guard exchange != nil, untaken > 0 else { return }
        connection.state.taken(untaken, of: id)
        untaken = 0
        connection.raiseWindow(of: self)
    }

    // MARK: Ends

    /// Its loss is the address's failure.
    var isBlaming: Bool { !mayBeStale && !hasBegun }

    func wasReset(_ code: HTTP2ErrorCode?) {
        switch code {
        case .refusedStream: lost(.streamRefused, untouched: true)
        case .http11Required: lost(.http11Required)
        default: lost(.reset)
        }
    }

    /// The upstream broke the protocol on it; the others go on.
    func fail(_ fault: UpstreamFault) { lost(fault, .protocolError) }

    /// - Parameter untouched: the upstream has not looked at the request, and will not (RFC 9113 section 8.7).
    func lost(_ fault: UpstreamFault, untouched: Bool = false, _ code: HTTP2ErrorCode = .cancel) {
        guard let exchange else { return }
        let mayBeStale = mayBeStale, isOpen = connection.isServing
        if isOpen, isBlaming, !untouched { pool.blame(connection.place) }
        detach()
        if isOpen { connection.left(self, code) }
        exchange.loop.eventBegan()
        exchange.upstreamLost(fault, at: connection.place, stale: mayBeStale, untouched: untouched)
    }
}

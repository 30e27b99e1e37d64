import HTTPWire
package import NIOCore

/// One kept-alive HTTP/1.1 connection to the upstream: reads responses strictly and reports them to the exchange it serves.
///
/// Octets that no exchange waits for are never a response (RFC 9112 section 9.2): they close the connection.
package final class UpstreamConnection: ChannelInboundHandler, Upstream, UpstreamLink {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// What of a response is still to come.
    private enum Expecting {
        case nothing
        case head(interim: Int)
        case body(BodyReader)
    }

    private let pool: UpstreamPool
    let place: UpstreamPlace
    private var context: ChannelHandlerContext?
    /// Kept from the channel's events: asking the channel costs more than everything else that is done for a request here.
    private var isActive = false
    private var exchange: Exchange?
    private var share: ClientShare?
    private var isChunked = false
    private var expecting = Expecting.nothing
    /// The beginning of a head or of a chunk's framing that has not arrived whole.
    private var partial = ByteBuffer()
    private var outbox = Outbox()
    /// It has switched protocols, and the client will send nothing more: our side ends once all is written.
    private var endsOutput = false
    private var readingPaused = false
    /// Octets stand behind the response that just ended: whose they are cannot be known.
    private var surplus = false
    /// The end of the response was understood by a tolerance, so that what follows it may be a part of it.
    private var isGuess = false
    /// The response that just ended has no body whatever it declares, and there are servers that send one all the same.
    private var mayBeFollowedByABody = false
    /// The head of the answer at hand has come.
    private var hasBegun = false
    /// Empty lines passed over before the response at hand.
    private var emptyLines = 0
    /// It stood unused before the exchange at hand, so that the upstream may have closed it meanwhile.
    private var mayBeStale = false
    var idleSince = NIODeadline.distantPast
    /// Whom it served last; nil for nobody yet.
    private(set) var client: ClientKey?
    /// As the upstream has said of it, with a second to spare.
    private(set) var keptUntil = NIODeadline.distantFuture
    /// The head of the request at hand is being written.
    private var isWritingHead = false

    init(pool: UpstreamPool, place: UpstreamPlace) {
        self.pool = pool
        self.place = place
    }

    // MARK: The exchange's side

    var isUsable: Bool { isActive && exchange == nil }
    var isUnused: Bool { exchange == nil }
    var isShared: Bool { false }
    var isWritable: Bool { outbox.hasRoom }
    var isSending: Bool { outbox.isBusy }
    var unsentOctets: Int { outbox.octets }

    func take(again: Bool) -> any Upstream {
        if again { mayBeStale = true }
        return self
    }

    func serve(_ exchange: Exchange, _ request: ByteBuffer, isChunked: Bool) {
        self.exchange = exchange
        self.isChunked = isChunked
        share = exchange.seat?.share
        if pool.limits.isolates { client = share?.client }
        pool.took(share, at: place)
        expecting = .head(interim: 0)
        mayBeFollowedByABody = false
        hasBegun = false
        emptyLines = 0
        isGuess = false
        isWritingHead = request.readableBytes <= Self.wholeWrite
        context?.writeAndFlush(wrapOutboundOut(request), promise: nil)
        isWritingHead = false
    }

    /// A first write up to this size is taken whole by an empty socket buffer, or fails whole: where it fails at once, the upstream has
    /// not seen an octet of the request.
    private static let wholeWrite = 4 << 10

    /// All of it in one write, framed anew; extensions and trailers end here (RFC 9112 section 7.1). What was read is copied: a slice of TLS's
    /// own buffer would keep all of it alive for as long as the upstream does not read. A large part goes out as it is, one at a time.
    func send(_ data: ByteBuffer, isLast: Bool) {
        guard let exchange else { return }
        if !isChunked, !outbox.isBusy, data.readableBytes >= EngineSettings.adoptedBody {
            if let now = outbox.put(data) { write(now) }
            return
        }
        var out = exchange.loop.buffers.take()
        if isChunked, data.readableBytes > 0 { ChunkedBodyWriter.writeChunkHead(length: data.readableBytes, to: &out) }
        out.writeImmutableBuffer(data)
        if isChunked, data.readableBytes > 0 { ChunkedBodyWriter.writeDataEnd(to: &out) }
        if isChunked, isLast { ChunkedBodyWriter.writeBodyEnd(to: &out) }
        if out.readableBytes > 0, let now = outbox.put(out) { write(now) }
        exchange.loop.buffers.giveBack(out)
        if isLast, exchange.state.isTunnelling {
            endsOutput = true
            endOutputOnceWritten()
        }
    }

    private func endOutputOnceWritten() {
        if endsOutput, !outbox.isBusy { context?.close(mode: .output, promise: nil) }
    }

    func release() { pool.release(self, rests: false) }

    private func write(_ bytes: ByteBuffer) {
        guard let context else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess { [self] in wasWritten() }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
    }

    private func wasWritten() {
        let hadRoom = outbox.hasRoom
        if let more = outbox.written() { write(more) }
        endOutputOnceWritten()
        guard !hadRoom || !outbox.isBusy, let exchange else { return }
        exchange.loop.eventBegan()
        exchange.upstreamWritable()
    }

    func finish(keeping: Bool) {
        detach()
        if readingPaused { setReading(true) }
        if keeping, !surplus, !isGuess, !outbox.isBusy, case .nothing = expecting {
            pool.release(self, rests: mayBeFollowedByABody)
        } else {
            close()
        }
    }

    /// It has let its exchange wait in vain.
    func blame() { pool.blame(place) }

    private func detach() {
        guard exchange != nil else { return }
        exchange = nil
        pool.gaveBack(share, at: place)
        share = nil
    }

    /// Nothing is waited for, and it is given to nobody any more.
    func close(reset: Bool) {
        guard isActive else { return }
        isActive = false
        context?.channel.closeAbruptly(reset: reset)
    }

    func setReading(_ on: Bool) {
        guard readingPaused == on, let context else { return }
        readingPaused = !on
        try? context.channel.syncOptions?.setOption(.autoRead, value: on)
        if on { context.read() }
    }

    // MARK: The channel's side

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isActive = context.channel.isActive
    }

    package func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { inputClosed() }
        context.fireUserInboundEventTriggered(event)
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        guard let exchange else {
            // An empty line too many after the last answer is no answer; old servers send one.
            skipEmptyLines(&bytes)
            if bytes.readableBytes > 0 { close() }
            return
        }
        exchange.loop.eventBegan()
        if partial.readableBytes > 0 {
            partial.writeBuffer(&bytes)
            bytes = partial
            partial = ByteBuffer()
        }
        if let fault = deliver(&bytes, to: exchange) {
            fail(fault)
        } else if self.exchange === exchange {
            // Kept as a copy: a slice would keep the whole read's storage alive.
            if bytes.readableBytes > 0 { partial = ByteBuffer(bytes: bytes.readableBytesView) }
            exchange.answerRead()
        }
    }

    /// The last handler: what would be passed on goes nowhere.
    package func channelReadComplete(context: ChannelHandlerContext) {}

    /// The upstream ended its side. Only such an end, one that was read, can be the end of a body.
    private func inputClosed() {
        exchange?.loop.eventBegan()
        if case .body(let reader) = expecting, reader.endsWithTheConnection, let exchange {
            expecting = .nothing
            exchange.answerEnded()
        } else {
            fail(.closed)
        }
        close()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        isActive = false
        fail(.closed)
        pool.closed(self)
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // NIO tells of a reset, and TLS of its alerts and of an end that was not a clean one, before the connection is gone.
        exchange?.loop.eventBegan()
        fail(UpstreamFault(losing: error))
        close()
    }

    private func fail(_ fault: UpstreamFault) {
        expecting = .nothing
        guard let exchange else { return }
        let isUntouched = isWritingHead && fault.kind == .closed
        detach()
        if !mayBeStale, !isUntouched, !hasBegun { pool.blame(place) }
        exchange.upstreamLost(fault, at: place, stale: mayBeStale, untouched: isUntouched)
        close()
    }

    // MARK: Responses

    /// Hands on what `bytes` holds and leaves what is not whole yet.
    private func deliver(_ bytes: inout ByteBuffer, to exchange: Exchange) -> UpstreamFault? {
        while self.exchange === exchange {
            switch expecting {
            case .nothing:
                // More than the response: what it is cannot be known, so this connection is not used again.
                if bytes.readableBytes > 0 { close() }
                return nil
            case .head(let interim):
                skipEmptyLines(&bytes)
                guard bytes.readableBytes > 0 else { return nil }
                switch deliverHead(&bytes, interim: interim, to: exchange) {
                case .success(true): continue
                case .success(false): return nil
                case .failure(let fault): return fault
                }
            case .body(var reader):
                expecting = .nothing
                if let fault = deliverBody(&bytes, &reader, to: exchange) { return fault }
                if case .body = expecting { return nil }
            }
        }
        return nil
    }

    private func skipEmptyLines(_ bytes: inout ByteBuffer) {
        while emptyLines < EngineSettings.emptyLineBound {
            if bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) == 0x0d0a {
                bytes.moveReaderIndex(forwardBy: 2)
            } else if pool.responses.tolerance.contains(.bareLF), bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == 0x0a {
                bytes.moveReaderIndex(forwardBy: 1)
                isGuess = true
            } else {
                return
            }
            emptyLines += 1
        }
    }

    /// Marks the connection before the exchange ends, which may hand it to the next one at once.
    private func end(_ rest: inout ByteBuffer, _ exchange: Exchange, trailers: [UInt8] = []) {
        emptyLines = 0
        skipEmptyLines(&rest)
        surplus = rest.readableBytes > 0
        exchange.answerEnded(trailers: trailers)
    }

    /// - Returns: whether a whole head was there.
    private func deliverHead(_ bytes: inout ByteBuffer, interim: Int, to exchange: Exchange) -> Result<Bool, UpstreamFault> {
        let generation = exchange.generation
        let method = exchange.request.isHead ? KnownMethod.head : .other
        switch generation.responseHead.read(&bytes, answering: method, tolerating: pool.responses.tolerance) {
        case .incomplete: return .success(false)
        case .refused(let fault): return .failure(.nonsense(fault))
        case .complete(let raw):
            if generation.responseHead.isGuessed { isGuess = true }
            if (100..<200).contains(generation.responseHead.status) {
                guard generation.responseHead.status != 101 else { return switchProtocols(raw, exchange) }
                guard interim < EngineSettings.interimBound else { return .failure(.tooManyInterim) }
                expecting = .head(interim: interim + 1)
                exchange.interimResponse(raw)
                return .success(true)
            }
            guard !exchange.isUnwantedTunnel else { return .failure(.unaskedTunnel) }
            begin(raw, &bytes, to: exchange)
            return .success(true)
        }
    }

    /// 101 answers an upgrade, and only the one that was forwarded. What follows belongs to the other protocol, up to the connection's end.
    private func switchProtocols(_ raw: ByteBuffer, _ exchange: Exchange) -> Result<Bool, UpstreamFault> {
        guard let upgrade = exchange.upgrade else { return .failure(.unaskedUpgrade) }
        let isRight = raw.withUnsafeReadableBytes { exchange.generation.responseHead.switchesToWebSocket($0, accept: upgrade.accept) }
        guard isRight else { return .failure(.wrongUpgrade) }
        hasBegun = true
        pool.praise(place)
        expecting = .body(BodyReader(.untilClose, limits: pool.responses))
        exchange.answerSwitched(raw)
        return .success(true)
    }

    private func begin(_ raw: ByteBuffer, _ bytes: inout ByteBuffer, to exchange: Exchange) {
        let status = exchange.generation.responseHead.status
        hasBegun = true
        pool.praise(place)
        keptUntil = exchange.generation.responseHead.keepAlive(raw).map { exchange.loop.now + .seconds($0 - 1) } ?? .distantFuture
        mayBeFollowedByABody = exchange.request.isHead || status == 304 || status == 204
        let reader = BodyReader(
            exchange.generation.responseHead.framing, limits: pool.responses, keepsTrailers: exchange.request.isHTTP2)
        expecting = reader.isOver ? .nothing : .body(reader)
        exchange.answerBegan(raw, upstreamPersists: exchange.generation.responseHead.isPersistent)
        if case .nothing = expecting, self.exchange === exchange { end(&bytes, exchange) }
    }

    /// Sets what is expected next, before the client is told of the end.
    private func deliverBody(_ bytes: inout ByteBuffer, _ reader: inout BodyReader, to exchange: Exchange) -> UpstreamFault? {
        guard bytes.readableBytes > 0 else {
            expecting = .body(reader)
            return nil
        }
        let step = reader.next(&bytes)
        if !step.isOver { expecting = .body(reader) }
        if step.isGuess { isGuess = true }
        if step.data.readableBytes > 0 { exchange.answerBody(step.data) }
        if let fault = step.fault { return .nonsense(fault) }
        if step.isOver, self.exchange === exchange { end(&bytes, exchange, trailers: step.trailers) }
        return nil
    }
}

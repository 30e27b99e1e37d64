import HTTPWire
package import NIOCore

/// One kept-alive connection to the upstream: reads responses strictly and hands them to the exchange it serves.
///
/// Octets that no exchange waits for are never a response (RFC 9112 section 9.2): they close the connection.
package final class UpstreamConnection: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    /// What of a response is still to come.
    private enum Expecting {
        case nothing
        case head(interim: Int)
        case body(BodyReader)
    }

    private let pool: UpstreamPool
    private var context: ChannelHandlerContext?
    /// Kept from the channel's events: asking the channel costs more than everything else that is done for a request here.
    private var isActive = false
    private var client: ClientConnection?
    private var share: ClientShare?
    private var expecting = Expecting.nothing
    /// The beginning of a head or of a chunk's framing that has not arrived whole.
    private var partial = ByteBuffer()
    private var outbox = Outbox()
    private var readingPaused = false
    /// Octets stand behind the response that just ended: whose they are cannot be known.
    private var surplus = false
    /// The response that just ended has no body whatever it declares, and there are servers that send one all the same.
    private var mayBeFollowedByABody = false
    /// Empty lines passed over before the response at hand.
    private var emptyLines = 0
    /// It stood unused before the exchange at hand, so that the upstream may have closed it meanwhile.
    var mayBeStale = false
    var idleSince = NIODeadline.distantPast

    init(pool: UpstreamPool) { self.pool = pool }

    // MARK: The exchange's side

    var isUsable: Bool { isActive && client == nil }
    /// More of a body may be handed on.
    var isWritable: Bool { outbox.hasRoom }

    /// Begins an exchange. The caller writes the request.
    func serve(_ client: ClientConnection) {
        self.client = client
        share = client.share
        pool.took(client.share)
        expecting = .head(interim: 0)
        mayBeFollowedByABody = false
        emptyLines = 0
    }

    /// The request's head, with its body where that is short.
    func begin(_ bytes: ByteBuffer) { context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil) }

    /// More of the request's body.
    func send(_ bytes: ByteBuffer) {
        if let now = outbox.put(bytes) { write(now) }
    }

    private func write(_ bytes: ByteBuffer) {
        guard let context else { return }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess { [self] in wasWritten() }
        context.writeAndFlush(wrapOutboundOut(bytes), promise: written)
    }

    private func wasWritten() {
        let hadRoom = outbox.hasRoom
        if let more = outbox.written() { write(more) }
        guard !hadRoom || !outbox.isBusy, let client else { return }
        client.loop.eventBegan()
        client.upstreamWritable()
    }

    /// Ends the exchange; nothing more of this connection reaches its client.
    func finish(keeping: Bool) {
        detach()
        if readingPaused { setReading(true) }
        if keeping, !surplus, !outbox.isBusy, case .nothing = expecting {
            pool.release(self, rests: mayBeFollowedByABody)
        } else {
            close()
        }
    }

    private func detach() {
        client = nil
        if let share { pool.gaveBack(share) }
        share = nil
    }

    /// Nothing is waited for, and it is given to nobody any more.
    func close(reset: Bool = false) {
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
        guard let client else {
            // An empty line too many after the last answer is no answer; old servers send one.
            skipEmptyLines(&bytes)
            if bytes.readableBytes > 0 { close() }
            return
        }
        client.loop.eventBegan()
        if partial.readableBytes > 0 {
            partial.writeBuffer(&bytes)
            bytes = partial
            partial = ByteBuffer()
        }
        if let fault = deliver(&bytes, to: client) {
            fail(fault)
        } else if self.client === client {
            // Kept as a copy: a slice would keep the whole read's storage alive.
            if bytes.readableBytes > 0 { partial = ByteBuffer(bytes: bytes.readableBytesView) }
            client.flushToClient()
        }
    }

    /// The last handler: what would be passed on goes nowhere.
    package func channelReadComplete(context: ChannelHandlerContext) {}

    /// The upstream ended its side. Only such an end, one that was read, can be the end of a body.
    private func inputClosed() {
        client?.loop.eventBegan()
        if case .body(let reader) = expecting, reader.endsWithTheConnection, let client {
            expecting = .nothing
            client.responseEnded()
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
        client?.loop.eventBegan()
        fail(UpstreamFault(losing: error))
        close()
    }

    private func fail(_ fault: UpstreamFault) {
        expecting = .nothing
        guard let client else { return }
        detach()
        client.upstreamLost(fault, stale: mayBeStale)
        close()
    }

    // MARK: Responses

    /// Hands on what `bytes` holds and leaves what is not whole yet.
    private func deliver(_ bytes: inout ByteBuffer, to client: ClientConnection) -> UpstreamFault? {
        while self.client === client {
            switch expecting {
            case .nothing:
                // More than the response: what it is cannot be known, so this connection is not used again.
                if bytes.readableBytes > 0 { close() }
                return nil
            case .head(let interim):
                skipEmptyLines(&bytes)
                guard bytes.readableBytes > 0 else { return nil }
                switch deliverHead(&bytes, interim: interim, to: client) {
                case .success(true): continue
                case .success(false): return nil
                case .failure(let fault): return fault
                }
            case .body(var reader):
                expecting = .nothing
                if let fault = deliverBody(&bytes, &reader, to: client) { return fault }
                if case .body = expecting { return nil }
            }
        }
        return nil
    }

    private func skipEmptyLines(_ bytes: inout ByteBuffer) {
        while emptyLines < EngineSettings.emptyLineBound, bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) == 0x0d0a {
            bytes.moveReaderIndex(forwardBy: 2)
            emptyLines += 1
        }
    }

    /// Marks the connection before the exchange ends, which may hand it to the next one at once.
    private func end(_ rest: inout ByteBuffer, _ client: ClientConnection) {
        emptyLines = 0
        skipEmptyLines(&rest)
        surplus = rest.readableBytes > 0
        client.responseEnded()
    }

    /// - Returns: whether a whole head was there.
    private func deliverHead(_ bytes: inout ByteBuffer, interim: Int, to client: ClientConnection) -> Result<Bool, UpstreamFault> {
        let loop = client.loop
        let progress = loop.responseHead.parse(bytes, answering: client.isHeadRequest ? .head : .other)
        switch progress {
        case .incomplete: return .success(false)
        case .refused(let fault): return .failure(.nonsense(fault))
        case .complete(let length):
            guard let raw = bytes.readSlice(length: length) else { return .success(false) }
            if (100..<200).contains(loop.responseHead.status) {
                // 101 answers an upgrade, and none was forwarded.
                guard loop.responseHead.status != 101 else { return .failure(.unaskedUpgrade) }
                guard interim < EngineSettings.interimBound else { return .failure(.tooManyInterim) }
                expecting = .head(interim: interim + 1)
                client.interimResponse(raw)
                return .success(true)
            }
            begin(raw, &bytes, to: client)
            return .success(true)
        }
    }

    private func begin(_ raw: ByteBuffer, _ bytes: inout ByteBuffer, to client: ClientConnection) {
        let status = client.loop.responseHead.status
        mayBeFollowedByABody = client.isHeadRequest || status == 304 || status == 204
        let reader = BodyReader(client.loop.responseHead.framing, limits: .response)
        expecting = reader.isOver ? .nothing : .body(reader)
        client.responseBegan(raw, upstreamPersists: client.loop.responseHead.isPersistent)
        if case .nothing = expecting, self.client === client { end(&bytes, client) }
    }

    /// Sets what is expected next, before the client is told of the end.
    private func deliverBody(_ bytes: inout ByteBuffer, _ reader: inout BodyReader, to client: ClientConnection) -> UpstreamFault? {
        guard bytes.readableBytes > 0 else {
            expecting = .body(reader)
            return nil
        }
        let step = reader.next(&bytes)
        if !step.isOver { expecting = .body(reader) }
        if step.data.readableBytes > 0 { client.responseBody(step.data) }
        if let fault = step.fault { return .nonsense(fault) }
        if step.isOver, self.client === client { end(&bytes, client) }
        return nil
    }
}

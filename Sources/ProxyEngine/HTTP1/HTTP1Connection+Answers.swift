import HTTPWire
import NIOCore

/// From the exchange to the client.
extension HTTP1Connection: TunnelDownstream {
    var isOutputBlocked: Bool { outbox.isBlocked || !outbox.isEmpty }
    var mayPersist: Bool { !isHTTP10 && !loop.isEnding && !isLastRequest }

    private func gather<Result>(_ write: (inout ByteBuffer) -> Result) -> Result { outbox.gather(&loop.buffers, write) }

    func passInterim(_ raw: ByteBuffer) {
        guard let exchange else { return }
        gather { out in _ = exchange.generation.responseHead.write(from: raw, to: &out, minorVersion: 1, close: false) }
        flush()
    }

    func sayContinue() {
        gather { out in _ = out.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
        flush()
    }

    func beginAnswer(_ raw: ByteBuffer, closing: Bool, fields: [UInt8]) {
        guard let exchange else { return }
        answerFraming = gather { out in
            exchange.generation.responseHead.write(from: raw, to: &out, minorVersion: isHTTP10 ? 0 : 1, close: closing, extra: fields)
        }
    }

    func beginTunnel(_ raw: ByteBuffer, fields: [UInt8]) {
        guard let exchange else { return }
        gather { out in _ = exchange.generation.responseHead.write(from: raw, to: &out, minorVersion: 1, close: false, extra: fields) }
        answerFraming = .untilClose
        body = BodyReader(.untilClose)
        flush()
    }

    func passBody(_ part: ByteBuffer) {
        let isChunked = answerFraming == .chunked
        if !isChunked, outbox.adopt(part) { return }
        gather { out in
            if isChunked { ChunkedBodyWriter.writeChunkHead(length: part.readableBytes, to: &out) }
            out.writeImmutableBuffer(part)
            if isChunked { ChunkedBodyWriter.writeDataEnd(to: &out) }
        }
    }

    func endAnswer(trailers: [UInt8]) {
        if answerFraming == .chunked { gather { ChunkedBodyWriter.writeBodyEnd(to: &$0) } }
    }

    /// The request's body is read and dropped where it is short, else the connection closes: the rest of it must never be taken for a
    /// request.
    func answer(_ answer: OwnAnswer, fields: [UInt8]) {
        let answer = isFront ? answer.forFrontOfHTTP : answer
        let rest = unreadBody
        expectLeftovers()
        let request = exchange?.request ?? .unreadable
        let keeps = !answer.closes && rest != nil && request.state.persists && !input.isEnded && !loop.isEnding && !isLastRequest
        gather { answer.write(into: &$0, fields: fields, isHead: request.isHead, closing: !keeps) }
        body = .none
        setPaused(.upstreamSlow, false)
        guard keeps, let rest else { return closeGracefully() }
        if rest > 0 {
            phase = .discarding(rest)
            deadline = loop.now + loop.generation.settings.responseTimeout
        } else {
            becomeReady()
        }
        continueReading()
    }

    /// What of the body would have to be read to get to the next request; nil where that is not worth it or not known.
    private var unreadBody: Int? {
        guard let rest = body.remaining else { return nil }
        let isHeldBack = exchange?.isBodyHeldBack ?? false
        return rest == 0 || (rest <= EngineSettings.discardedBody && !isHeldBack) ? rest : nil
    }

    func exchangeOver(keepsClient: Bool) {
        setPaused(.upstreamSlow, false)
        guard keepsClient else {
            expectLeftovers()
            return closeGracefully()
        }
        becomeReady()
        continueReading()
    }

    func takeBody(_ takes: Bool) {
        setPaused(.upstreamSlow, !takes)
        if takes { processPending() }
    }

    // MARK: Writing

    /// Sends what has been gathered; where the client does not keep up, the upstream is not read from until it does.
    func flush(isWhole: Bool = false) {
        guard let context, !isFlushing else { return }
        isFlushing = true
        while let write = outbox.next(isWhole: isWhole) {
            writePages.willWrite(write.bytes, context)
            context.writeAndFlush(wrapOutboundOut(write.bytes), promise: write.isConfirmed ? confirmation(context) : nil)
            if !write.isPart { loop.buffers.giveBack(write.bytes) }
        }
        isFlushing = false
        guard outbox.isBlocked else { return }
        // In a tunnel what the client sends makes no answer, so that nothing gathers: its two directions stop each other no more.
        if exchange?.state.isTunnelling != true { setPaused(.outputFull, true) }
        exchange?.outputBlocked(true)
    }

    private func confirmation(_ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
        let written = context.eventLoop.makePromise(of: Void.self)
        // A write that fails took the connection with it, and delivered nothing.
        written.futureResult.assumeIsolated().whenSuccess { [self] in
            outbox.confirmed()
            // At once, mostly; what is left then goes out by the loop that wrote this.
            if isFlushing { return }
            loop.eventBegan()
            outputMoved()
        }
        return written
    }

    /// The client has read some of what was sent, or there was room for it at once.
    func outputMoved() {
        if !outbox.isEmpty, !outbox.isBlocked { flush() }
        let isBlocked = outbox.isBlocked
        if !isBlocked { setPaused(.outputFull, false) }
        exchange?.outputMoved(isAll: !isOutputBlocked)
        if !isBlocked { processPending() }
    }

    var exchange: Exchange? { if case .exchanging(let exchange) = phase { exchange } else { nil } }
}

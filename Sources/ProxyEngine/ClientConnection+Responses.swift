import HTTPWire
import NIOCore
import Telemetry

/// From the upstream's response to the client. Called by the upstream connection that serves this exchange.
extension ClientConnection {
    /// 1xx other than 101: handed on to a client that can read it (RFC 9110 section 15.2).
    func interimResponse(_ raw: ByteBuffer) {
        // In the end: who was told to go on has the whole time for its body again.
        defer { progress() }
        guard !isHTTP10 else { return }
        if loop.responseHead.status == 100 {
            // We may have said it in the upstream's place already.
            guard awaitsContinue else { return }
            awaitsContinue = false
        }
        exchange?.interimResponse()
        gather { out in _ = loop.responseHead.write(from: raw, to: &out, minorVersion: 1, close: false) }
        flushToClient()
    }

    func responseBegan(_ raw: ByteBuffer, upstreamPersists: Bool) {
        progress()
        guard exchange != nil else { return }
        awaitsContinue = false
        let closing = exchange?.responseBegan(upstreamPersists: upstreamPersists, clientPersists: !isHTTP10 && !loop.isEnding) ?? true
        let fields = responseFields
        responseFraming = gather { out in
            loop.responseHead.write(from: raw, to: &out, minorVersion: isHTTP10 ? 0 : 1, close: closing, extra: fields)
        }
        record.status = loop.responseHead.status
        releaseUpstreamHead()
    }

    /// What we add to an upstream's answer.
    private var responseFields: [UInt8] {
        var fields = loop.responseHead.hasDate ? [] : loop.dateField()
        record.interactionID?.writeField(to: &fields)
        return fields
    }

    /// - Parameter part: may share the storage of what was read, so it is copied where it has to wait.
    func responseBody(_ part: ByteBuffer) {
        record.bytesOut += part.readableBytes
        downloadRate.moved(part.readableBytes)
        progress()
        let isChunked = responseFraming == .chunked
        gather { out in
            if isChunked { ChunkedBodyWriter.writeChunkHead(length: part.readableBytes, to: &out) }
            out.writeImmutableBuffer(part)
            if isChunked { ChunkedBodyWriter.writeDataEnd(to: &out) }
        }
    }

    func responseEnded() {
        guard let ending = exchange?.responseEnded() else { return }
        if responseFraming == .chunked { gather { ChunkedBodyWriter.writeBodyEnd(to: &$0) } }
        flushToClient(isWhole: true)
        guard case .exchanging = phase else { return }
        finish(ending)
    }

    /// The upstream said neither yes nor no: an old API does not know the question, and the client would wait for ever.
    func continueInPlaceOfUpstream() {
        awaitsContinue = false
        exchange?.interimResponse()
        gather { out in _ = out.writeStaticString("HTTP/1.1 100 Continue\r\n\r\n") }
        flushToClient()
    }

    func releaseUpstreamHead() {
        if let head = upstreamHead {
            upstreamHead = nil
            loop.giveBack(head)
        }
    }

    // MARK: Losses

    /// No connection could be had.
    func upstreamFailed(_ fault: UpstreamFault) {
        loop.noteUpstreamFault(fault)
        exchange = nil
        upstream = nil
        record.cause = fault.cause
        refuse(Refusal(fault), outcome: .upstream)
        processPending()
    }

    /// The connection ended or spoke nonsense in the middle of this exchange; it has let go of us already.
    /// - Parameter stale: it had stood unused before, so that it may have been closed meanwhile.
    func upstreamLost(_ fault: UpstreamFault, stale: Bool) {
        upstream = nil
        setPaused(.upstreamSlow, false)
        switch exchange?.upstreamLost(stale: stale && fault.kind == .closed) {
        case .retry?: route(loop.pool.acquireFresh(for: self, holding: upstreamHead?.storageCapacity ?? 0, now: loop.now))
        case .answer?: upstreamFailed(fault)
        case .cutOff?: cutOff(fault)
        case nil, .some(.none): break
        }
    }

    private func cutOff(_ fault: UpstreamFault) {
        loop.noteUpstreamFault(fault)
        record.cause = fault.cause
        endRecord(outcome: .upstream, reason: fault.reason)
        abort()
    }
}

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
        var out = loop.takeBuffer()
        loop.responseHead.write(from: raw, to: &out, minorVersion: 1, close: false)
        send(out)
        context?.flush()
        loop.giveBack(out)
    }

    func responseBegan(_ raw: ByteBuffer, upstreamPersists: Bool) {
        progress()
        guard exchange != nil else { return }
        awaitsContinue = false
        if outgoing != nil { flushToClient() }
        // A write can find the client gone, here and below.
        guard case .exchanging = phase else { return }
        let closing = exchange?.responseBegan(upstreamPersists: upstreamPersists, clientPersists: !isHTTP10 && !loop.isDraining) ?? true
        var out = loop.takeBuffer()
        responseFraming = loop.responseHead.write(
            from: raw, to: &out, minorVersion: isHTTP10 ? 0 : 1, close: closing,
            extra: responseFields)
        outgoing = out
        record.status = loop.responseHead.status
        releaseUpstreamHead()
    }

    /// What we add to an upstream's answer.
    private var responseFields: [UInt8] {
        var fields = loop.responseHead.hasDate ? [] : loop.dateField()
        record.interactionID?.writeField(to: &fields)
        return fields
    }

    func responseBody(_ part: ByteBuffer) {
        progress()
        record.bytesOut += part.readableBytes
        let isSmall = part.readableBytes <= 8 << 10
        var out = outgoing ?? loop.takeBuffer()
        outgoing = nil
        if responseFraming == .chunked { ChunkedBodyWriter.writeChunkHead(length: part.readableBytes, to: &out) }
        if isSmall {
            out.writeImmutableBuffer(part)
        } else {
            send(out)
            loop.giveBack(out)
            send(part)
            out = loop.takeBuffer()
        }
        if responseFraming == .chunked { ChunkedBodyWriter.writeDataEnd(to: &out) }
        outgoing = out
        // A long run of small chunks in one read does not gather here without a bound.
        if out.readableBytes > 64 << 10 { flushToClient() }
    }

    func responseEnded() {
        guard let ending = exchange?.responseEnded() else { return }
        if responseFraming == .chunked {
            var out = outgoing ?? loop.takeBuffer()
            outgoing = nil
            ChunkedBodyWriter.writeBodyEnd(to: &out)
            outgoing = out
        }
        flushToClient()
        guard case .exchanging = phase else { return }
        finish(ending)
    }

    /// The upstream said neither yes nor no: an old API does not know the question, and the client would wait for ever.
    func continueInPlaceOfUpstream() {
        awaitsContinue = false
        exchange?.interimResponse()
        send(ByteBuffer(staticString: "HTTP/1.1 100 Continue\r\n\r\n"))
        context?.flush()
    }

    private func send(_ bytes: ByteBuffer) {
        if bytes.readableBytes > 0 { context?.write(wrapOutboundOut(bytes), promise: nil) }
    }

    /// Sends what has been gathered; where the client does not keep up, the upstream is not read from until it does.
    func flushToClient() {
        guard let context else { return }
        if let out = outgoing {
            outgoing = nil
            send(out)
            context.flush()
            loop.giveBack(out)
        } else {
            context.flush()
        }
        if !isWritable {
            upstream?.setReading(false)
            setPaused(.outputFull, true)
        }
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
        loop.counters.countUpstreamFailure(fault.rawValue)
        exchange = nil
        upstream = nil
        refuse(Refusal(fault), outcome: "upstream")
        processPending()
    }

    /// The connection ended or spoke nonsense in the middle of this exchange; it has let go of us already.
    func upstreamLost(_ fault: UpstreamFault, reused: Bool) {
        upstream = nil
        setPaused(.upstreamSlow, false)
        switch exchange?.upstreamLost(reused: reused && fault == .closed) {
        case .retry?: route(loop.pool.acquireFresh(for: self))
        case .answer?: upstreamFailed(fault)
        case .cutOff?:
            loop.counters.countUpstreamFailure(fault.rawValue)
            endRecord(outcome: "upstream", reason: fault.rawValue)
            abort()
        case nil, .some(.none): break
        }
    }
}

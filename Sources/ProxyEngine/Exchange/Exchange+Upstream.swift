import HTTPWire
import NIOCore
import Telemetry

/// What the upstream's side reports.
extension Exchange {
    func route(_ acquisition: UpstreamPool.Acquisition) {
        switch acquisition {
        case .ready(let connection): upstreamReady(connection)
        case .waiting: isWaiting = true
        case .saturated(let fault): upstreamFailed(fault)
        }
    }

    func upstreamReady(_ connection: any Upstream) {
        isWaiting = false
        guard let head, state.connected(at: loop.now) == .send else { return connection.release() }
        upstream = connection
        record.sent = loop.now
        if record.span != nil || generation.settings.accessLog?.has(.upstreamAddress) == true { address = connection.place.address.key }
        connection.serve(self, head, isChunked: request.isChunked)
        guard !state.isOver else { return }
        progressed()
        downstream?.takeBody(true)
    }

    /// No connection could be had.
    func upstreamFailed(_ fault: UpstreamFault) {
        isWaiting = false
        if state.connectionFailed(fault) == .answer { fail(fault) }
    }

    // MARK: Its answer

    func interimResponse(_ raw: ByteBuffer) {
        if state.interim(isContinue: generation.responseHead.status == 100, at: loop.now) == .pass { downstream?.passInterim(raw) }
        progressed()
    }

    func answerBegan(_ raw: ByteBuffer, upstreamPersists: Bool) {
        guard let downstream,
            case .pass(let closing) = state.answerBegan(upstreamPersists: upstreamPersists, mayPersist: downstream.mayPersist, at: loop.now)
        else { return }
        record.status = generation.responseHead.status
        record.answered = loop.now
        var fields = addedFields
        let raw = compressed(raw, adding: &fields)
        downstream.beginAnswer(raw, closing: closing, fields: fields)
        releaseHead()
        progressed()
    }

    /// What we add to an upstream's answer.
    private var addedFields: [UInt8] {
        var fields = generation.responseHead.hasDate ? [] : loop.dateField()
        record.interactionID?.writeField(to: &fields)
        return fields
    }

    func answerBody(_ part: ByteBuffer) { pass(part) }

    /// What the client gets of it.
    func passOn(_ part: ByteBuffer) {
        guard state.answerBody(part.readableBytes, at: loop.now) == .pass else { return }
        record.bytesOut += part.readableBytes
        noteFrames(part)
        if part.readableBytes > 0 { downstream?.passBody(part) }
        progressed()
    }

    /// The answer is whole. The upstream's part ends now; the client's when it has taken all of it.
    /// - Parameter trailers: whole lines, where they were kept.
    func answerEnded(trailers: [UInt8] = []) {
        finishCompression()
        // What could not be compressed to its end was cut.
        guard self.downstream != nil else { return }
        guard let downstream, case .deliver(let keepsUpstream) = state.answerEnded(at: loop.now) else { return }
        downstream.endAnswer(trailers: self.trailers(trailers))
        // Before the client hears of it, which may bring the next request at once.
        let served = upstream
        upstream = nil
        served?.finish(keeping: keepsUpstream)
        downstream.flush(isWhole: true)
        guard case .delivering = state.phase else { return }
        if downstream.isOutputBlocked { return progressed() }
        if case .over(let keepsClient) = state.delivered() { complete(keepsClient: keepsClient) }
    }

    /// What one read brought has been reported.
    func answerRead() {
        flushCompression()
        downstream?.flush(isWhole: false)
    }

    /// The connection ended or spoke nonsense in the middle of this exchange; it has let go of us already.
    /// - Parameters:
    ///   - stale: it had stood unused before, so that it may have been closed meanwhile.
    ///   - untouched: the upstream has not seen an octet of the request.
    func upstreamLost(_ fault: UpstreamFault, at place: UpstreamPlace, stale: Bool, untouched: Bool) {
        upstream = nil
        let pool = seat?.upstream.pool
        switch state.upstreamLost(fault, stale: stale, untouched: untouched, elsewhere: pool?.mayRepeat(lostAt: place) ?? false, at: loop.now) {
        case .retry:
            progressed()
            guard let seat else { break }
            seat.upstream.counts.retries &+= 1
            route(
                seat.upstream.pool.acquireFresh(for: self, of: seat.share, holding: head?.storageCapacity ?? 0, lost: place, now: loop.now))
        case .answer: fail(fault)
        case .cut: cut()
        case .nothing: break
        }
    }
}

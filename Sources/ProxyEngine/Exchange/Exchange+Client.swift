import HTTPWire
import NIOCore

/// What the client's side reports.
extension Exchange {
    /// Whether a part of the request's body can be handed on now; where it cannot, it will be told when.
    func takesBody() -> Bool {
        guard state.isUploading, let upstream else { return false }
        if !upstream.isWritable { pauseUpload() }
        return upstream.isWritable
    }

    /// Hands on a part of the request's body.
    /// - Parameter data: may share the storage of what was read.
    func requestBody(_ data: ByteBuffer, isLast: Bool) {
        record.bytesIn += data.readableBytes
        guard record.bytesIn <= bodyLimit else { return requestMalformed(.bodyTooLarge) }
        guard state.requestBody(data.readableBytes, isLast: isLast, at: loop.now) == .forward else { return }
        keepForRetry(data)
        upstream?.send(data, isLast: isLast)
        if !isLast, upstream?.isWritable == false { pauseUpload() }
        progressed()
    }

    /// An upstream of HTTP/2 may say after it was sent a body that it has not looked at the request: a short one is kept until then.
    private func keepForRetry(_ data: ByteBuffer) {
        guard data.readableBytes > 0, state.hasWholeBeginning, !state.isTunnelling else { return }
        guard let seat, seat.upstream.pool.limits.protocol.isHTTP2, record.bytesIn <= EngineSettings.keptBody, var kept = head else {
            return state.bodyLetGo()
        }
        head = nil
        kept.writeImmutableBuffer(data)
        head = kept
    }

    private func pauseUpload() {
        state.uploadPaused(true, at: loop.now)
        downstream?.takeBody(false)
        progressed()
    }

    /// The upstream takes more of the body again.
    func upstreamWritable() {
        guard !state.isOver else { return }
        state.uploadPaused(false, at: loop.now)
        progressed()
        downstream?.takeBody(true)
    }

    func requestMalformed(_ fault: WireFault) {
        switch state.requestMalformed(fault) {
        case .answer: refuse(Refusal(fault), .refused(.form(fault)))
        case .cut: cut()
        case .nothing: break
        }
    }

    /// The client does not read, or reads again: the upstream is read from accordingly.
    func outputBlocked(_ isBlocked: Bool) {
        guard !state.isOver else { return }
        state.outputBlocked(isBlocked, at: loop.now)
        upstream?.setReading(!isBlocked)
        progressed()
    }

    /// Some of what was sent has been read, or there was room for it.
    /// - Parameter isAll: nothing waits any more.
    func outputMoved(isAll: Bool) {
        if isAll, case .over(let keepsClient) = state.delivered() { return complete(keepsClient: keepsClient) }
        outputBlocked(downstream?.isOutputBlocked ?? false)
    }

    /// The client has the whole answer.
    func complete(keepsClient: Bool) {
        guard let downstream else { return }
        settle(.answered)
        downstream.exchangeOver(keepsClient: keepsClient)
    }

    func inputEnded(unread: Bool) {
        switch state.inputEnded(unread: unread, at: loop.now) {
        case .drop: return drop()
        case .passOn: upstream?.send(ByteBuffer(), isLast: true)
        case .nothing: break
        }
        progressed()
    }

    func abandoned(until end: NIODeadline) {
        state.abandoned(until: end, at: loop.now)
        progressed()
    }

    func clientGone() {
        if state.clientGone() == .drop { drop() }
    }
}

import BindingPolicy
import HTTPWire
import NIOCore
import NIOPosix
import NIOSSL
import Telemetry

/// How exchanges and connections end: answered, refused, cut off, given up by the client, or out of time.
extension ClientConnection {
    /// Anything moved: whoever is waited for next gets the whole time-out again.
    func progress() {
        let settings = loop.settings
        // Before there is a connection for it, nobody asks for the body.
        let waitsForBody = exchange?.request == .streaming && !isReadingPaused && upstream != nil
        let patience = waitsForBody ? settings.bodyTimeout : settings.responseTimeout
        deadline = loop.now + (awaitsContinue && upstream != nil ? min(patience, EngineSettings.continueTimeout) : patience)
        if let end = abandonedAt, exchange?.response == .awaited { deadline = min(deadline, end) }
        uploadRate.wait(waitsForBody, at: loop.now)
        downloadRate.wait(isOutputBlocked, at: loop.now)
        if let end = uploadRate.deadline { deadline = min(deadline, end) }
        if let end = downloadRate.deadline { deadline = min(deadline, end) }
    }

    func becomeReady() {
        phase = .ready
        deadline = loop.now + (loop.isDraining ? min(loop.settings.idleTimeout, EngineSettings.drainGrace) : loop.settings.idleTimeout)
    }

    // MARK: Exchanges

    /// The answer is whole. The upstream's part ends now; the client's when it has taken all of it.
    func finish(_ ending: Exchange.Ending) {
        let served = upstream
        upstream = nil
        exchange = nil
        releaseUpstreamHead()
        setPaused(.upstreamSlow, false)
        if isOutputBlocked || outgoing != nil {
            phase = .delivering(keepsClient: ending.keepsClient)
            progress()
            served?.finish(keeping: ending.keepsUpstream)
        } else {
            endRecord(outcome: .answered, reason: nil)
            if ending.keepsClient { becomeReady() } else { closeGracefully() }
            served?.finish(keeping: ending.keepsUpstream)
            if ending.keepsClient { continueReading() }
        }
    }

    func delivered(keepsClient: Bool) {
        endRecord(outcome: .answered, reason: nil)
        guard keepsClient else { return closeGracefully() }
        becomeReady()
        continueReading()
    }

    private func continueReading() {
        turn = EngineSettings.requestsPerTurn
        processPending()
        if case .ready = phase, loop.isDraining, pending.readableBytes == 0 { closeGracefully() }
    }

    /// Answers in place of the upstream. The request's body is read and dropped where it is short, else the connection
    /// closes: the rest of it must never be taken for a request.
    /// - Parameter outcome: for the log, who ended the request: `refused` is us, `upstream` or `client` who failed.
    func refuse(_ refusal: Refusal, outcome: Outcome = .refused) {
        let rest = unreadBody
        let keeps = !refusal.closes && rest != nil && requestPersists && !inputEnded && !loop.isEnding
        let fields = ownResponseFields
        gather { out in
            refusal.write(
                into: &out, fields: fields, as: loop.settings.errorBody, interactionID: record.interactionID,
                time: Int(EngineLoop.wallClock()), isHead: isHeadRequest, closing: !keeps)
        }
        record.status = refusal.status
        endRecord(outcome: outcome, reason: refusal.reason)
        releaseUpstreamHead()
        requestBody = .none
        setPaused(.upstreamSlow, false)
        guard keeps, let rest else { return closeGracefully() }
        if rest > 0 {
            phase = .discarding(rest)
            progress()
        } else {
            becomeReady()
        }
        if !isProcessing { flushToClient() }
    }

    /// Answers ourselves without refusing anything.
    func give(_ answer: OwnAnswer) {
        let closes = unreadBody != 0 || loop.isEnding || !requestPersists
        let fields = ownResponseFields
        gather { answer.write(into: &$0, fields: fields, isHead: isHeadRequest, closing: closes) }
        record.status = answer.status
        endRecord(outcome: .answered, reason: nil)
        if closes { return closeGracefully() }
        becomeReady()
        if !isProcessing { flushToClient() }
    }

    /// `Date`, and the interaction id where there is one.
    private var ownResponseFields: [UInt8] {
        var fields = loop.dateField()
        record.interactionID?.writeField(to: &fields)
        return fields
    }

    /// What of the body would have to be read to get to the next request; nil where that is not worth it or not known.
    private var unreadBody: Int? {
        guard let rest = requestBody.remaining else { return nil }
        return rest == 0 || (rest <= 64 << 10 && !awaitsContinue) ? rest : nil
    }

    // MARK: The client goes away

    func inputClosed() {
        guard !inputEnded else { return }
        inputEnded = true
        switch phase {
        case .handshaking, .delivering, .closed: break
        case .judging: if let abandonedAt { deadline = min(deadline, abandonedAt) }
        case .ready where !isProcessing && isInputUsedUp: closeGracefully()
        case .ready: break
        case .exchanging:
            // A body that ends before its length is no request: the upstream must not take it for one. What has arrived and not been
            // handed on yet may be the rest of it.
            if exchange?.request == .streaming, pending.readableBytes == 0 { return clientLost() }
            progress()
        case .discarding: context?.close(mode: .all, promise: nil)
        case .lingering: closeOnceSent()
        }
    }

    func clientLost() {
        if case .closed = phase {} else { dropExchange(reason: "client_gone") }
        phase = .closed
        pending = ByteBuffer()
        loop.deregister(self)
        context?.close(mode: .all, promise: nil)
    }

    private func dropExchange(outcome: Outcome = .client, reason: String) {
        if record.isOpen { endRecord(outcome: outcome, reason: reason) }
        abandonLookup()
        loop.pool.forget(self)
        let served = upstream
        upstream = nil
        exchange = nil
        releaseUpstreamHead()
        served?.finish(keeping: false)
    }

    // MARK: Closing

    /// Says that no more comes and reads on until the client closes, so that a reset does not overtake the answer.
    func closeGracefully() {
        flushAll()
        if case .closed = phase { return }
        phase = .lingering
        pending = ByteBuffer()
        if inputEnded { return closeOnceSent() }
        setPaused(.inputFull, false)
        setPaused(.outputFull, false)
        // A client that reads slowly still has the end of the answer to come: lingering begins when it is out.
        deadline = loop.now + loop.settings.responseTimeout
        guard let context else { return }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { [self] _ in
            if case .lingering = phase, !inputEnded { deadline = .now() + EngineSettings.lingerTimeout }
        }
        context.close(mode: .output, promise: sent)
    }

    /// For a client that has ended its side: closing would cut off what it has not read yet, so that is waited for, for as long as it
    /// advances.
    private func closeOnceSent() {
        let left = unsentOctets
        guard left > 0 else {
            phase = .closed
            context?.close(mode: .all, promise: nil)
            return
        }
        if left != unsent {
            unsent = left
            sendingEnds = loop.now + loop.settings.responseTimeout
        }
        deadline = min(loop.now + EngineSettings.unsentInterval, sendingEnds)
    }

    /// Cuts the connection below TLS: without `close_notify`, by a reset, so that a cut answer cannot look whole.
    func abort(outcome: Outcome = .client, reason: String = "aborted") {
        dropExchange(outcome: outcome, reason: reason)
        phase = .closed
        pending = ByteBuffer()
        context?.channel.closeAbruptly(reset: true)
    }

    // MARK: The server's end

    /// The answer that is awaited will be the last on its connection.
    func endAnnounced() { exchange?.closeClientAfterwards() }

    /// What is not a request by now gets a moment in which it may become one, since it may be on its way.
    func drain() {
        endAnnounced()
        switch phase {
        case .handshaking, .ready: deadline = min(deadline, loop.now + EngineSettings.drainGrace)
        case .judging, .exchanging, .delivering, .discarding, .lingering, .closed: break
        }
    }

    // MARK: Deadlines

    func deadlineReached(_ now: NIODeadline) {
        switch phase {
        case .handshaking:
            loop.counters.countHandshakeFailure(loop.isDraining ? "draining" : "handshake_timeout")
            abort()
        case .ready:
            if !isInHead { return closeGracefully() }
            isInHead = false
            openRecord(began: now)
            requestBody = .none
            isHeadRequest = false
            if loop.isDraining {
                endRecord(outcome: .drained, reason: "draining")
                return closeGracefully()
            }
            refuse(.headTooSlow, outcome: .client)
        case .judging: lookupTimedOut()
        case .exchanging: exchangeTimedOut()
        case .discarding: closeGracefully()
        case .delivering:
            endRecord(outcome: .client, reason: "read_timeout")
            abort()
        case .lingering where inputEnded && unsent > 0 && now < sendingEnds: closeOnceSent()
        case .lingering where unsentOctets > 0: abort()
        case .lingering, .closed: context?.close(mode: .all, promise: nil)
        }
    }

    private var unsentOctets: Int { (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    private func lookupTimedOut() {
        if let abandonedAt, abandonedAt <= loop.now { return clientLost() }
        abandonLookup()
        phase = .ready
        refuseAndCount(Refusal(Denial(.introspectionUnavailable), loop.settings.challenge))
        processPending()
    }

    private func exchangeTimedOut() {
        if let abandonedAt, abandonedAt <= loop.now, exchange?.response == .awaited { return clientLost() }
        if awaitsContinue, upstream != nil {
            continueInPlaceOfUpstream()
            return progress()
        }
        let clientIsSlow = exchange?.request == .streaming && !isReadingPaused
        guard exchange?.response == .awaited else { return answerTimedOut(clientIsSlow: clientIsSlow) }
        let waited = upstream == nil
        loop.pool.forget(self)
        upstream?.finish(keeping: false)
        upstream = nil
        exchange = nil
        if clientIsSlow, !waited { return refuse(.bodyTooSlow, outcome: .client) }
        upstreamFailed(waited ? .saturated : .timeout)
    }

    /// An answer under way stands still: the client does not send its body, does not read, or the upstream does not go on.
    private func answerTimedOut(clientIsSlow: Bool) {
        if clientIsSlow {
            endRecord(outcome: .client, reason: "body_timeout")
        } else if isOutputBlocked {
            endRecord(outcome: .client, reason: "read_timeout")
        } else {
            loop.noteUpstreamFault(.timeout)
            record.cause = UpstreamFault.timeout.cause
            endRecord(outcome: .upstream, reason: UpstreamFault.timeout.reason)
        }
        abort()
    }

    // MARK: The record

    /// For something that could not be read as a request: even then the answer has an id of its own.
    func openRecord(began: NIODeadline) {
        record = ExchangeRecord(isOpen: true, began: began)
        if loop.settings.interactionID != .pass { record.interactionID = loop.makeInteractionID() }
    }

    func beginLogLine(_ head: UnsafeRawBufferPointer, _ peer: AuthenticatedPeer) {
        AccessLog.begin(
            &record.line, method: UnsafeRawBufferPointer(rebasing: head[loop.requestHead.methodRange]),
            path: UnsafeRawBufferPointer(rebasing: head[loop.requestHead.path]),
            peer: peerAddress, thumbprint: peer.thumbprint?.base64url ?? "")
    }

    func endRecord(outcome: Outcome, reason: String?) {
        guard record.isOpen else { return }
        record.isOpen = false
        let elapsed = (NIODeadline.now() - record.began).nanoseconds
        loop.counters.metrics.requestBodyOctets &+= record.bytesIn
        loop.counters.metrics.responseBodyOctets &+= record.bytesOut
        if record.status > 0 { loop.counters.countResponse(status: record.status, seconds: Double(elapsed) / 1e9) }
        guard loop.settings.accessLog else { return }
        var record = record
        if let id = record.interactionID { AccessLog.add("interaction_id", id.octets, to: &record.line) }
        if let cause = record.cause { AccessLog.add("cause", cause.utf8, to: &record.line) }
        if let reason = record.wouldRefuse { AccessLog.add("would_refuse", reason.rawValue.utf8, to: &record.line) }
        let (line, status, bytesIn, bytesOut) = (record.line, record.status, record.bytesIn, record.bytesOut)
        loop.logAccess {
            $0.end(
                line, milliseconds: Int(EngineLoop.wallClock() * 1000), status: status, outcome: outcome, reason: reason,
                microseconds: Int(elapsed / 1000), bytesIn: bytesIn, bytesOut: bytesOut)
        }
        self.record.line = ByteBuffer()
    }
}

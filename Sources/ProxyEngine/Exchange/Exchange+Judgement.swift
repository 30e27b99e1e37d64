import AccessControl
import BindingPolicy
import HTTPWire
import NIOCore
import Telemetry

/// Who may send a request, and what becomes of it: at once, or when its token has been looked up.
extension Exchange: LookupClient {
    /// A request that waits: what is needed to take it up again. What follows it stays unread.
    struct Waiting {
        let lookup: any PendingLookup
        let head: ByteBuffer
        var subject = Subject.token

        enum Subject: Equatable {
            case token
            /// The client's certificate: nothing of the request has been judged yet.
            case certificate
            /// The certificate once more, while the request is answered.
            /// - Parameter generation: that asks.
            case right(generation: Int)
        }
    }

    /// Judges the request whose head was just parsed into the generation's storage.
    ///
    /// - Parameter octets: of the head.
    func begin(_ octets: UnsafeRawBufferPointer) {
        if let form = generation.settings.accessLog { record.begin(octets, generation.requestHead, request, form) }
        if generation.settings.interactionID != .pass { takeInteractionID(octets) }
        if generation.settings.spans != nil { beginSpan(octets) }
        if generation.settings.clientLimits != .none, isRefusedByLimit() { return }
        let now = loop.clock.seconds()
        if let question = client.review(under: generation, now: now, for: self) {
            lookup = Waiting(lookup: question, head: ByteBuffer(bytes: octets), subject: .certificate)
            return progressed()
        }
        carryOut(generation.judge.judge(generation.requestHead, octets, from: client.peer, now: now, for: self), octets)
    }

    /// The lookup ended in one way or the other; whether the request may pass is decided now, under the generation that it began with.
    package func lookupEnded() {
        guard let waiting = lookup else { return }
        lookup = nil
        loop.eventBegan()
        if case .right(let number) = waiting.subject { return rightLookedUp(number) }
        // Other connections have used the storage meanwhile.
        guard case .complete = generation.requestHead.parse(waiting.head) else { return cut(.aborted) }
        waiting.head.withUnsafeReadableBytes { octets in
            let now = loop.clock.seconds()
            guard waiting.subject == .token else {
                client.concludeReview(under: generation, now: now)
                return carryOut(generation.judge.judge(generation.requestHead, octets, from: client.peer, now: now, for: self), octets)
            }
            let judgement = generation.judge.conclude(
                generation.requestHead, octets, from: client.peer, now: now, after: waiting.lookup, for: self)
            carryOut(judgement, octets)
        }
    }

    private func carryOut(_ judgement: Judgement, _ octets: UnsafeRawBufferPointer) {
        switch judgement {
        case .refused(let fault): refuseByJudgement(Refusal(fault), .request(fault))
        case .document:
            guard let page = generation.settings.page else {
                return refuseByJudgement(Refusal(.documentReadOnly), .request(.documentReadOnly))
            }
            give(.page(page))
        case .decided(.deny(let denial)):
            if generation.settings.accessLog != nil { record.note(denial) }
            record.span?.route = denial.routeName
            refuseByJudgement(Refusal(denial, generation.settings.challenge), .denial(denial.reason))
        case .decided(.permit(let permit)):
            if generation.settings.accessLog != nil { record.note(permit) }
            if request.front != nil {
                self.permit(octets, permit)
            } else if generation.requestHead.endsHere {
                give(.options)
            } else {
                forward(octets, permit)
            }
        case .later(let lookup):
            // The storage that it was read into is written again by the next read.
            self.lookup = Waiting(lookup: lookup, head: ByteBuffer(bytes: octets))
            progressed()
        }
    }

    func refuseByJudgement(_ refusal: Refusal, _ cause: RefusalCause) {
        if state.judged(.refused(cause)) == .answer { refuse(refusal, .refused(cause)) }
    }

    func give(_ answer: OwnAnswer) {
        let answer = request.front == .http ? answer.forFrontOfHTTP : answer
        if state.judged(.answered) == .answer { self.answer(answer, .answered) }
    }

    /// Something that could not be read as a request, or did not arrive in time: even then the answer has an id of its own.
    func refuseUnread(_ refusal: Refusal, _ ending: Ending) {
        if generation.settings.interactionID != .pass { record.interactionID = loop.makeInteractionID() }
        if generation.settings.spans != nil { record.span = RequestSpan() }
        if state.judged(ending) == .answer { refuse(refusal, ending) }
    }

    // MARK: To the upstream

    private func forward(_ octets: UnsafeRawBufferPointer, _ permit: Permit) {
        guard let named = generation.upstream(permit.upstream) else { return cut(.aborted) }
        guard let upstream = named.meant(for: octets.slice(generation.requestHead.host)) else {
            return refuseByJudgement(Refusal(.misdirected), .request(.misdirected))
        }
        if request.opensWebSocket, permit.upgrade != .webSocket || generation.requestHead.framing != .none {
            return refuseByJudgement(Refusal(WireFault.protocolUnknown), .form(.protocolUnknown))
        }
        guard !isRefusedByLimit(of: permit), state.permitted(by: permit, on: upstream.patience, at: loop.now) == .acquire else { return }
        let share = client.share(of: upstream.pool)
        seat = (upstream, share)
        upstream.counts.requests &+= 1
        self.permit = permit
        if permit.upgrade == .webSocket { upgrade = offer(octets) }
        if let terms = upstream.terms.compression { compression = AnswerCompression(terms, generation.requestHead.compressionWish(octets)) }
        var out = loop.buffers.take()
        generation.requestHead.write(
            from: octets, to: &out, upstream.terms.rewrite, isHTTP2: request.isHTTP2,
            trusted: trustedFields(for: permit, octets, credentials: upstream.terms.credentials))
        notePassing(permit)
        // In one write with the head. Taken before a connection is: that may fail at once, and what was taken is not to be dropped once more.
        if request.state.hasBody, let body = downstream?.takeShortBody(),
            state.requestBody(body.readableBytes, isLast: true, at: loop.now) == .hold
        {
            write(whole: body, framed: request.isChunked && !upstream.pool.limits.protocol.isHTTP2, to: &out)
            record.bytesIn += body.readableBytes
        }
        head = out
        progressed()
        route(upstream.pool.acquire(for: self, of: share, holding: out.storageCapacity, now: loop.now))
    }

    /// It passes, with what it is let pass for and what is taken from it.
    func notePassing(_ permit: Permit) {
        if let reason = permit.wouldRefuse {
            loop.counters.countWouldRefuse(reason.rawValue)
            record.wouldRefuse = reason
        }
        guard generation.requestHead.identityFields > 0 else { return }
        // Envoy has said these itself.
        for name in generation.requestHead.identityFieldNames()
        where request.front != .envoy || !name.hasPrefix("x-envoy") && !name.hasPrefix("x-forwarded") {
            loop.counters.countStripped(name)
        }
    }

    /// A body that goes with its head, framed as HTTP/1.1 does where the head says so: HTTP/2's may have announced no length.
    private func write(whole body: ByteBuffer, framed: Bool, to out: inout ByteBuffer) {
        guard framed else {
            out.writeImmutableBuffer(body)
            return
        }
        ChunkedBodyWriter.writeChunkHead(length: body.readableBytes, to: &out)
        out.writeImmutableBuffer(body)
        ChunkedBodyWriter.writeDataEnd(to: &out)
        ChunkedBodyWriter.writeBodyEnd(to: &out)
    }

    /// Last of all fields, so that nothing a client sent comes after them. An expectation is handed on, since only the upstream knows
    /// whether it wants the body (RFC 9110 section 10.1.1).
    func trustedFields(for permit: Permit, _ octets: UnsafeRawBufferPointer, credentials: [UInt8]) -> [UInt8] {
        let fixed = client.trustedFields(by: generation, now: loop.clock.seconds(), loop.counters)
        let claims = permit.token == nil ? [] : generation.settings.forwardedClaims
        let expects = request.state.expectsContinue && request.front == nil
        let forwarded = generation.settings.forwarded
        if generation.settings.continuesTraces { takeTrace(octets, of: permit) }
        guard
            expects || upgrade != nil || forwarded.areOfRequests || record.trace != nil || permit.wouldRefuse != nil || record.interactionID != nil
                || !claims.isEmpty
                || generation.settings.context != nil || !credentials.isEmpty
        else { return fixed }
        var fields = fixed + credentials
        if let token = permit.token { for claim in claims { claim.write(of: token, from: client.peer.client, to: &fields) } }
        if let id = record.interactionID { id.writeField(to: &fields) }
        // Of the way that a request has come fronts say themselves, but for Envoy, which is told to remove what it says.
        if forwarded.areOfRequests, request.front == nil || request.front == .envoy {
            forwarded.writeRequest(client.address, port: client.port, host: octets.slice(generation.requestHead.host), to: &fields)
        }
        if let trace = record.trace { trace.writeField(to: &fields) }
        if let reason = permit.wouldRefuse { fields += Array("\(EngineSettings.reportHeader): \(reason.rawValue)\r\n".utf8) }
        if let sign = generation.settings.context { fields += sign(context(of: permit, octets)) }
        if let upgrade { fields += upgrade.lines }
        if expects { fields += Array("Expect: 100-continue\r\n".utf8) }
        return fields
    }

    private func context(of permit: Permit, _ octets: UnsafeRawBufferPointer) -> RequestContext {
        RequestContext(
            method: String(decoding: octets.slice(generation.requestHead.methodRange), as: UTF8.self),
            path: String(decoding: octets.slice(generation.requestHead.path), as: UTF8.self),
            peer: client.peer, permit: permit, now: loop.clock.seconds())
    }

    /// Plays back the client's id, or makes one (FAPI 1.0 Baseline section 6.2.1 (11)); refusals have it too.
    private func takeInteractionID(_ octets: UnsafeRawBufferPointer) {
        let value = generation.requestHead.interactionIDCount == 1 ? generation.requestHead.interactionID : nil
        let sent = value.flatMap { InteractionID(UnsafeRawBufferPointer(rebasing: octets[$0])) }
        record.interactionID = sent ?? loop.makeInteractionID()
    }
}

import BindingPolicy
import HTTPWire
import NIOCore
import Telemetry

/// From received octets to a request at the upstream.
extension ClientConnection {
    /// - Returns: whether a head was there and was dealt with.
    func takeHead(_ bytes: inout ByteBuffer) -> Bool {
        skipEmptyLines(&bytes)
        guard bytes.readableBytes > 0 else { return false }
        let progress = bytes.withUnsafeReadableBytes { raw in
            !isInHead || accumulation.isWorthParsing(raw, limits: loop.settings.limits) ? loop.requestHead.parse(raw) : .incomplete
        }
        switch progress {
        case .incomplete:
            if !isInHead {
                isInHead = true
                deadline = loop.now + loop.settings.headTimeout
                bytes.withUnsafeReadableBytes { _ = accumulation.isWorthParsing($0, limits: loop.settings.limits) }
            }
            return false
        case .refused(let fault):
            headEnded()
            openRecord(began: loop.now)
            isHeadRequest = false
            requestBody = .none
            refuseAndCount(Refusal(fault))
            return true
        case .complete(let length):
            headEnded()
            takeRequest(&bytes, length: length)
            return true
        }
    }

    /// Some clients end a body with one too many: that begins no head, and no time runs.
    private func skipEmptyLines(_ bytes: inout ByteBuffer) {
        while !isInHead, emptyLines < EngineSettings.emptyLineBound,
            bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) == 0x0d0a
        {
            bytes.moveReaderIndex(forwardBy: 2)
            emptyLines += 1
        }
    }

    private func headEnded() {
        emptyLines = 0
        if isInHead {
            isInHead = false
            accumulation.reset()
        }
    }

    private func takeRequest(_ bytes: inout ByteBuffer, length: Int) {
        guard let peer else { return abort() }
        record = ExchangeRecord(isOpen: true, began: loop.now)
        isHeadRequest = loop.requestHead.method == .head
        isHTTP10 = loop.requestHead.minorVersion == 0
        requestPersists = loop.requestHead.isPersistent
        awaitsContinue = loop.requestHead.expectsContinue
        requestBody = BodyReader(loop.requestHead.framing, limits: loop.settings.limits)
        let verdict = bytes.withUnsafeReadableBytes { raw -> Verdict in
            let head = UnsafeRawBufferPointer(rebasing: raw.prefix(length))
            if loop.settings.accessLog { beginLogLine(head, peer) }
            return judge(head, peer)
        }
        if case .forward(let permit) = verdict { return forward(&bytes, length: length, permit) }
        if case .wait(let lookup) = verdict { return wait(for: lookup, holding: &bytes, length: length) }
        bytes.moveReaderIndex(forwardBy: length)
        answer(verdict)
    }

    /// A refusal by judgement or for its form; failures of the upstream have a metric of their own.
    func refuseAndCount(_ refusal: Refusal) {
        loop.counters.countRefusal(refusal.reason)
        refuse(refusal)
    }

    /// The only way to the upstream; there is no permit but from BindingPolicy.
    func forward(_ bytes: inout ByteBuffer, length: Int, _ permit: Permit) {
        var out = loop.takeBuffer()
        let trusted = ownFields(for: permit)
        bytes.withUnsafeReadableBytes { raw in
            let head = UnsafeRawBufferPointer(rebasing: raw.prefix(length))
            loop.requestHead.write(from: head, to: &out, loop.settings.rewrite, trusted: trusted)
        }
        if let reason = permit.wouldRefuse { noteReported(reason) }
        if loop.requestHead.identityFields > 0 { for name in loop.requestHead.identityFieldNames() { loop.counters.countStripped(name) } }
        var exchange = Exchange(
            hasBody: !requestBody.isOver, clientPersists: requestPersists, isIdempotent: loop.requestHead.method.isIdempotent)
        if loop.isEnding { exchange.closeClientAfterwards() }
        self.exchange = exchange
        bytes.moveReaderIndex(forwardBy: length)
        appendWholeBody(&bytes, to: &out)
        upstreamHead = out
        phase = .exchanging
        uploadRate.reset()
        downloadRate.reset()
        progress()
        route(loop.pool.acquire(for: self, holding: out.storageCapacity, now: loop.now))
    }

    /// Last of all fields, so that nothing a client sent comes after them. An expectation is handed on, since only the
    /// upstream knows whether it wants the body (RFC 9110 section 10.1.1).
    private func ownFields(for permit: Permit) -> [UInt8] {
        let claims = permit.token == nil ? [] : loop.settings.forwardedClaims
        guard awaitsContinue || permit.wouldRefuse != nil || record.interactionID != nil || !claims.isEmpty else { return trustedFields }
        var fields = trustedFields
        if let token = permit.token { for claim in claims { claim.write(of: token, to: &fields) } }
        if let id = record.interactionID { id.writeField(to: &fields) }
        if let reason = permit.wouldRefuse { fields += Array("\(EngineSettings.reportHeader): \(reason.rawValue)\r\n".utf8) }
        if awaitsContinue { fields += Array("Expect: 100-continue\r\n".utf8) }
        return fields
    }

    /// A small body that is there already goes out with the head, in one write.
    private func appendWholeBody(_ bytes: inout ByteBuffer, to out: inout ByteBuffer) {
        guard let length = requestBody.remaining, length > 0, length <= 8 << 10, bytes.readableBytes >= length,
            var body = bytes.readSlice(length: length)
        else { return }
        out.writeBuffer(&body)
        record.bytesIn += length
        requestBody = .none
        _ = exchange?.requestEnded()
    }

    func route(_ acquisition: UpstreamPool.Acquisition) {
        switch acquisition {
        case .ready(let connection): upstreamReady(connection)
        case .waiting: break
        case .saturated(let fault): upstreamFailed(fault)
        }
    }

    func upstreamReady(_ connection: UpstreamConnection) {
        guard case .exchanging = phase, let upstreamHead else { return loop.pool.release(connection, rests: false) }
        upstream = connection
        connection.serve(self)
        connection.begin(upstreamHead)
        guard case .exchanging = phase else { return }
        progress()
        processPending()
    }

    // MARK: Bodies

    /// Hands on what `bytes` holds of the body, all of it in one write, framed anew; extensions and trailers end here (RFC 9112 section
    /// 7.1). TLS's own buffer is copied from: a slice of it would keep all of it alive for as long as the upstream does not read.
    /// - Returns: whether the phase changed, so that there may be more to do.
    func forwardBody(_ bytes: inout ByteBuffer) -> Bool {
        guard let upstream, exchange?.request == .streaming, bytes.readableBytes > 0 else { return false }
        guard upstream.isWritable else {
            setPaused(.upstreamSlow, true)
            progress()
            return false
        }
        awaitsContinue = false
        let before = bytes.readableBytes
        let isChunked = requestBody.isChunked
        let step = requestBody.next(&bytes)
        let moved = before - bytes.readableBytes
        record.bytesIn += moved
        uploadRate.moved(moved)
        if let fault = step.fault {
            bodyMalformed(fault)
            return true
        }
        var out = loop.takeBuffer()
        if isChunked, step.data.readableBytes > 0 { ChunkedBodyWriter.writeChunkHead(length: step.data.readableBytes, to: &out) }
        out.writeImmutableBuffer(step.data)
        if isChunked, step.data.readableBytes > 0 { ChunkedBodyWriter.writeDataEnd(to: &out) }
        if isChunked, step.isOver { ChunkedBodyWriter.writeBodyEnd(to: &out) }
        if out.readableBytes > 0 { upstream.send(out) }
        loop.giveBack(out)
        guard case .exchanging = phase else { return true }
        progress()
        if step.isOver {
            if let ending = exchange?.requestEnded() { finish(ending) } else { progress() }
            return true
        }
        if inputEnded, bytes.readableBytes == 0 {
            clientLost()
            return true
        }
        if self.upstream?.isWritable == false { setPaused(.upstreamSlow, true) }
        return false
    }

    func upstreamWritable() {
        setPaused(.upstreamSlow, false)
        progress()
        processPending()
    }

    /// Nothing of what follows could be told from the rest of the body.
    private func bodyMalformed(_ fault: WireFault) {
        upstream?.finish(keeping: false)
        upstream = nil
        if exchange?.response == .awaited {
            exchange = nil
            refuseAndCount(Refusal(fault))
        } else {
            endRecord(outcome: .client, reason: fault.rawValue)
            abort(reason: fault.rawValue)
        }
    }
}

extension ClientConnection: UpstreamWaiter {}

extension KnownMethod {
    /// RFC 9110 section 9.2.2, of the methods that are forwarded.
    fileprivate var isIdempotent: Bool {
        switch self {
        case .get, .head, .options, .put, .delete: true
        case .post, .patch, .trace, .connect, .other: false
        }
    }
}

import HTTPWire
import NIOCore
import Telemetry

/// What arrives: carries out what the state says of it.
extension HTTP2Connection {
    /// Our settings are the first we send, and are sent at once.
    func greet() {
        let settings = state.settings(headerList: loop.generation.settings.limits.head, offersWebSocket: offersWebSocket)
        gather { HTTP2FrameWriter.settings(settings, to: &$0) }
        raiseConnectionWindow()
        if loop.isDraining { patience.isIdle(true, atMost: EngineSettings.drainGrace, at: loop.now) }
        rearm()
    }

    func received(_ head: HTTP2FrameHead, _ payload: ByteBuffer) {
        switch state.received(head, payload, at: loop.now) {
        case .nothing: if !state.awaitsSettings { patience.settingsAcknowledged() }
        case .settings:
            gather { HTTP2FrameWriter.settingsAcknowledgement(to: &$0) }
            flushLater()
        case .ping(let data): gather { HTTP2FrameWriter.ping(data, isAcknowledgement: true, to: &$0) }
        case .departureHeard: leave()
        case .block(let kind, let stream, let octets, let endsStream): received(kind, stream, octets, endsStream: endsStream)
        case .reset(let stream): clientReset(stream)
        // What waits is looked at when the frames of this read have been.
        case .windowMoved: flushLater()
        case .goAway:
            clientLeaves = true
            if streams.isEmpty { leave() }
        case .streamError(let stream, let code): reset(stream, code, isClients: true)
        case .fault(let fault): fail(fault)
        }
    }

    func received(_ part: HTTP2DataPart) {
        switch state.received(part, at: loop.now) {
        case .deliver: stream(part.stream)?.receivedBody(part.data, isLast: part.endsStream)
        case .ignore: break
        case .discarded: raiseWindow(of: part.stream)
        case .unwanted: gather { HTTP2FrameWriter.reset(part.stream, .noError, to: &$0) }
        case .malformed: stream(part.stream)?.receivedMalformed(.contentLengthDiffers)
        case .streamError(let code): reset(part.stream, code, isClients: true)
        case .fault(let fault): return fail(fault)
        }
        if part.padding > 0 { raiseWindow(of: part.stream) } else { raiseConnectionWindow() }
    }

    // MARK: Header blocks

    private func received(_ kind: HTTP2ConnectionState.Block, _ id: UInt32, _ block: ByteBuffer, endsStream: Bool) {
        switch kind {
        case .request: takeRequest(id, block, endsStream: endsStream)
        case .trailers: takeTrailers(id, block)
        case .refused:
            guard passOver(block) else { return }
            reset(id, .refusedStream, isClients: true)
        case .ignored: _ = passOver(block)
        case .misplaced(let code):
            guard passOver(block) else { return }
            reset(id, code, isClients: true)
        }
    }

    /// Decodes a block that nobody wants, so that the next one can be.
    private func passOver(_ block: ByteBuffer) -> Bool {
        if case .undecodable = decodeTrailers(block) {
            fail(.compressionInvalid)
            return false
        }
        return true
    }

    private func decodeTrailers(_ block: ByteBuffer) -> HTTP2TrailerBlock {
        var scratch = loop.buffers.take()
        defer { loop.buffers.giveBack(scratch) }
        let limits = loop.generation.settings.limits
        return block.withUnsafeReadableBytes { decoder.trailers($0, limits: limits, scratch: &scratch) }
    }

    private func takeTrailers(_ id: UInt32, _ block: ByteBuffer) {
        let stream = stream(id)
        switch decodeTrailers(block) {
        // Nothing but DATA belongs to a tunnel (RFC 9113 section 8.5).
        case .trailers where stream?.isTunnel == true: reset(id, .protocolError, isClients: true)
        case .undecodable: fail(.compressionInvalid)
        case .malformed(let fault), .refused(let fault): stream?.receivedMalformed(fault)
        case .trailers:
            guard state.isWholeBody(of: id) else {
                stream?.receivedMalformed(.contentLengthDiffers)
                return
            }
            stream?.receivedBody(ByteBuffer(), isLast: true)
        }
    }

    private func takeRequest(_ id: UInt32, _ block: ByteBuffer, endsStream: Bool) {
        turn = max(0, turn - 1)
        let generation = loop.generation
        var limits = generation.settings.limits
        limits.takesCleartext = isFront
        var head = loop.buffers.take()
        defer { loop.buffers.giveBack(head) }
        let decoded = block.withUnsafeReadableBytes {
            decoder.request($0, endsStream: endsStream, offersWebSocket: offersWebSocket, limits: limits, into: &head)
        }
        let stream = HTTP2Stream(id, on: self)
        switch decoded {
        case .undecodable:
            state.abandoned(id)
            fail(.compressionInvalid)
        case .malformed(let fault): begin(stream).refuseUnread(fault, isMalformed: true)
        case .refused(let fault): begin(stream).refuseUnread(fault, isMalformed: false)
        case .request(let facts):
            if heldHeads + head.readableBytes > EngineSettings.heldHeads { return reset(id, .refusedStream, isClients: false) }
            if let length = facts.contentLength, !state.expects(length, of: id) {
                return begin(stream).refuseUnread(.contentLengthDiffers, isMalformed: true)
            }
            switch generation.requestHead.parse(head) {
            case .refused(let fault): begin(stream).refuseUnread(fault, isMalformed: false)
            case .incomplete: begin(stream).refuseUnread(.requestLineMalformed, isMalformed: true)
            case .complete:
                let hasBody = !endsStream && generation.requestHead.framing != .length(0)
                begin(stream).ask(head, hasBody: hasBody, opensWebSocket: facts.opensWebSocket)
            }
        }
    }

    private func begin(_ stream: HTTP2Stream) -> HTTP2Stream {
        streams.append(stream)
        loop.counters.metrics.http2Streams &+= 1
        patience.isIdle(false, at: loop.now)
        if life.requestBegan(at: loop.now) || loop.isEnding { announceDeparture() }
        return stream
    }
}

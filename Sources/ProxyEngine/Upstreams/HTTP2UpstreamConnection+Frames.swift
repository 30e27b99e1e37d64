import HTTPWire
import NIOCore

/// What arrives: carries out what the state says of it.
extension HTTP2UpstreamConnection {
    func received(_ head: HTTP2FrameHead, _ payload: ByteBuffer) {
        switch state.received(head, payload) {
        case .nothing: break
        case .settings:
            reply { HTTP2FrameWriter.settingsAcknowledgement(to: &$0) }
            offer()
        case .ping(let data): reply { HTTP2FrameWriter.ping(data, isAcknowledgement: true, to: &$0) }
        case .block(let id, let octets, let kind): received(octets, kind, of: id)
        case .reset(let id, let code): stream(id)?.wasReset(code)
        case .windowMoved:
            flushLater()
            offer()
        case .leaving(_, let unseen):
            for id in unseen { stream(id)?.lost(.streamRefused, untouched: true) }
            offer()
        case .fault(let fault): fail(fault)
        }
    }

    /// Answers a frame of the upstream's own; one that asks and does not read is not answered for ever.
    private func reply(_ write: (inout ByteBuffer) -> Void) {
        gather(write)
        replies += HTTP2FrameHead.length + 8
        if replies > EngineSettings.heldFrames { fail(.tooManyGlitches) }
    }

    func received(_ part: HTTP2DataPart) {
        switch state.received(part) {
        case .deliver: stream(part.stream)?.receivedBody(part.data, isLast: part.endsStream)
        case .ignore: break
        case .malformed: stream(part.stream)?.fail(.nonsense(.contentLengthDiffers))
        case .streamError(let fault): stream(part.stream)?.fail(.nonsense(fault))
        case .fault(let fault): return fail(fault)
        }
        if let octets = state.connectionWindowUpdate() { gather { HTTP2FrameWriter.windowUpdate(0, by: octets, to: &$0) } }
    }

    private func received(_ block: ByteBuffer, _ kind: HTTP2ClientState.OfBlock, of id: UInt32) {
        let stream = stream(id)
        var section = buffers.take()
        defer { buffers.giveBack(section) }
        switch kind {
        case .head(let endsStream):
            let isHTTP2 = stream?.exchange?.request.isHTTP2 ?? false
            let terms = HTTP2AnswerTerms(
                isToHead: stream?.exchange?.request.isHead ?? false, endsStream: endsStream, leavesLengthOpen: isHTTP2)
            let outcome = block.withUnsafeReadableBytes { decoder.answer($0, terms, limits: pool.responses, into: &section) }
            guard let stream = take(outcome, for: stream) else { return }
            stream.receivedHead(&section, endsStream: endsStream)
        case .trailers, .misplaced, .nobodys:
            let outcome = block.withUnsafeReadableBytes { decoder.answerTrailers($0, limits: pool.responses, into: &section) }
            guard let stream = take(outcome, for: stream) else { return }
            guard kind == .trailers else { return stream.fail(.nonsense(HTTP2Fault.headersInterrupted)) }
            stream.receivedTrailers(section)
        }
    }

    /// - Returns: whom the block is for, where it can be read.
    private func take(_ outcome: HTTP2AnswerBlock, for stream: HTTP2UpstreamStream?) -> HTTP2UpstreamStream? {
        switch outcome {
        case .whole: return stream
        case .undecodable: fail(.compressionInvalid)
        case .malformed(let fault), .refused(let fault): stream?.fail(.nonsense(fault))
        }
        return nil
    }

    /// What one read brought has been reported; who of the clients had room for it is known now.
    func readEnded() {
        let told = touched
        touched = []
        for stream in told { stream.readEnded() }
    }

    func raiseWindow(of stream: HTTP2UpstreamStream) {
        guard isServing, let octets = state.windowUpdate(of: stream.id) else { return }
        gather { HTTP2FrameWriter.windowUpdate(stream.id, by: octets, to: &$0) }
    }
}

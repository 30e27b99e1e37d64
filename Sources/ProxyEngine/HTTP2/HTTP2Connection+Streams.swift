import HTTPWire
import NIOCore

/// How streams are found, and how they end.
extension HTTP2Connection {
    func stream(_ id: UInt32) -> HTTP2Stream? { streams.position(of: id).map { streams[$0] } }

    /// Octets of the heads that requests keep for the upstream.
    var heldHeads: Int { streams.reduce(0) { $0 + $1.headOctets } }

    /// The whole answer is framed.
    func answered(_ stream: HTTP2Stream) {
        guard forget(stream) else { return }
        switch state.answered(stream.id, discardingUntil: stream.mayDiscard ? loop.now + EngineSettings.discardPatience : nil) {
        // A stream error, whatever has been said before it (RFC 9113 section 8.1.1).
        case .over: if stream.isMalformed { gather { HTTP2FrameWriter.reset(stream.id, .protocolError, to: &$0) } }
        case .discarding:
            raiseWindow(of: stream.id)
            patience.discards(until: state.discardEnd)
            rearm()
        case .unwanted: gather { HTTP2FrameWriter.reset(stream.id, stream.isMalformed ? .protocolError : .noError, to: &$0) }
        }
        if stream.isMalformed, let fault = state.streamErred(at: loop.now) { return fail(fault) }
        ended()
    }

    /// - Parameter isClients: it is for what the client did.
    func reset(_ id: UInt32, _ code: HTTP2ErrorCode, isClients: Bool) {
        guard case .serving = phase else { return }
        let stream = stream(id)
        if let stream { _ = forget(stream) }
        gather { HTTP2FrameWriter.reset(id, code, to: &$0) }
        state.abandoned(id)
        stream?.exchange?.clientGone()
        if isClients, let fault = state.streamErred(at: loop.now) { return fail(fault) }
        ended()
    }

    /// Nobody is there to be answered on it.
    func dropped(_ stream: HTTP2Stream) {
        if streams.contains(where: { $0 === stream }) { reset(stream.id, .cancel, isClients: false) }
    }

    /// The client wants no answer any more: its work stops, the upstream's too.
    func clientReset(_ id: UInt32) {
        guard let stream = stream(id) else { return }
        _ = forget(stream)
        stream.exchange?.clientGone()
        ended()
    }

    /// - Returns: whether it was there.
    private func forget(_ stream: HTTP2Stream) -> Bool {
        guard let index = streams.firstIndex(where: { $0 === stream }) else { return false }
        streams.remove(at: index)
        output.waiting -= stream.dropOutput()
        return true
    }

    /// After the end of a stream.
    private func ended() {
        guard case .serving = phase else { return }
        raiseConnectionWindow()
        guard streams.isEmpty else { return }
        if isInputEnded, !isPaused { return inputUsedUp() }
        switch state.departure {
        case .leaving: return closeGracefully()
        case _ where clientLeaves: return leave()
        case .staying: patience.isIdle(true, at: loop.now)
        // A request may be on its way.
        case .announced: patience.isIdle(true, atMost: EngineSettings.drainGrace, at: loop.now)
        }
        rearm()
    }

    /// Bodies that nobody wants have had their time.
    func stopDiscarding() {
        for id in state.stopDiscarding(at: loop.now) { gather { HTTP2FrameWriter.reset(id, .noError, to: &$0) } }
        patience.discards(until: state.discardEnd)
    }

    // MARK: The client's windows onto us

    /// Octets of a stream's body have found their place.
    func taken(_ octets: Int, of id: UInt32) {
        state.taken(octets, of: id)
        raiseWindow(of: id)
    }

    func raiseWindow(of id: UInt32) {
        if let octets = state.windowUpdate(of: id) { gather { HTTP2FrameWriter.windowUpdate(id, by: octets, to: &$0) } }
        raiseConnectionWindow()
    }

    func raiseConnectionWindow() {
        if let octets = state.connectionWindowUpdate() { gather { HTTP2FrameWriter.windowUpdate(0, by: octets, to: &$0) } }
    }
}

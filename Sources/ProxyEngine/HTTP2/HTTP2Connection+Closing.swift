import HTTPWire
package import NIOCore
import Telemetry

/// How the connection goes on, and how it ends.
extension HTTP2Connection: ClientFront, TurnTaker {
    func rearm() { if case .serving = phase { deadline = patience.deadline } }

    /// The client broke a rule of the whole connection, or asks for too much: it is told so, and what runs is cut.
    func fail(_ fault: HTTP2Fault) {
        guard case .serving = phase else { return }
        loop.http2Failed(fault, client)
        let last = state.lastStream
        gather { HTTP2FrameWriter.goAway(last: last, fault.code, to: &$0) }
        let cut = streams
        closeGracefully()
        for stream in cut { stream.exchange?.cut(.connectionFailed(fault)) }
    }

    // MARK: The client goes away

    func endedBefore() { isInputEnded = true }

    func inputClosed() {
        guard !isInputEnded else { return }
        isInputEnded = true
        switch phase {
        case .serving: if !isPaused { inputUsedUp() }
        case .lingering: closeOnceSent()
        case .closed: break
        }
    }

    /// Nothing more comes, and all of it has been looked at.
    func inputUsedUp() {
        guard case .serving = phase else { return }
        endCalls { _ in true }
        for stream in streams { stream.exchange?.inputEnded(unread: stream.hasWholeBody) }
        if streams.isEmpty { closeGracefully() }
    }

    func lost() {
        phase = .closed
        let left = streams
        streams = []
        for stream in left { stream.exchange?.clientGone() }
        client.disconnected()
        loop.deregister(self)
    }

    // MARK: Closing

    /// Says that no more comes and reads on until the client closes, so that a reset does not overtake what was said.
    func closeGracefully() {
        guard case .serving = phase else { return }
        flushAll()
        if case .closed = phase { return }
        phase = .lingering
        // Nothing of theirs may follow what was the last.
        for stream in streams { output.waiting -= stream.dropOutput() }
        streams = []
        readOn()
        if isInputEnded { return closeOnceSent() }
        // A client that reads slowly still has the end to come: lingering begins when it is out.
        deadline = loop.now + loop.generation.settings.responseTimeout
        guard let context else { return }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { [self] _ in
            if case .lingering = phase, !isInputEnded { deadline = loop.clock.now() + EngineSettings.lingerTimeout }
        }
        context.close(mode: .output, promise: sent)
    }

    /// For a client that has ended its side: closing would cut off what it has not read yet, so that is waited for.
    private func closeOnceSent() {
        let left = unsentOctets
        guard left > 0 else {
            phase = .closed
            context?.close(mode: .all, promise: nil)
            return
        }
        deadline = unsent.look(left, at: loop.now, patience: loop.generation.settings.responseTimeout)
    }

    private var unsentOctets: Int { (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0 }

    private func resetConnection() {
        phase = .closed
        context?.channel.closeAbruptly(reset: true)
    }

    func cut(_ ending: Ending) {
        let left = streams
        resetConnection()
        for stream in left { stream.exchange?.cut(ending) }
    }

    // MARK: Questions of fronts that are not whole

    func callsChanged() {
        patience.callWaits(until: streams.compactMap { $0.call?.deadline }.min())
        rearm()
    }

    private func endCalls(where isMeant: (EnvoyCall) -> Bool) {
        for stream in streams where stream.call.map(isMeant) ?? false { reset(stream.id, .cancel, isClients: false) }
        callsChanged()
    }

    // MARK: Our own end

    /// The first step (RFC 9113 section 6.8): nothing more is to be opened, and what the client opened before it heard of it is served.
    func announceDeparture() {
        guard case .serving = phase, state.announceDeparture() else { return }
        gather { out in
            HTTP2FrameWriter.goAway(last: HTTP2FrameHead.maximum31, .noError, to: &out)
            HTTP2FrameWriter.ping(HTTP2ConnectionState.departurePing, isAcknowledgement: false, to: &out)
        }
        patience.departs(within: EngineSettings.drainGrace, at: loop.now)
        rearm()
    }

    /// The second: what was opened is finished, and nothing else is looked at.
    func leave() {
        guard case .serving = phase, let last = state.leave() else { return }
        gather { HTTP2FrameWriter.goAway(last: last, .noError, to: &$0) }
        patience.departs(within: nil, at: loop.now)
        rearm()
        if streams.isEmpty { closeGracefully() }
    }

    func endAnnounced() {
        for stream in streams { stream.exchange?.endAnnounced() }
        announceDeparture()
    }

    func drain() {
        for stream in streams { stream.exchange?.drain() }
        announceDeparture()
    }

    // MARK: Deadlines

    package func deadlineReached(_ now: NIODeadline) {
        switch phase {
        case .serving: patienceEnded(now)
        case .lingering where isInputEnded && unsent.isAdvancing(at: now): closeOnceSent()
        case .lingering where unsentOctets > 0: resetConnection()
        case .lingering, .closed: context?.close(mode: .all, promise: nil)
        }
    }

    private func patienceEnded(_ now: NIODeadline) {
        switch patience.expired(at: now) {
        case .settings: fail(.settingsTimeout)
        case .frame: fail(.frameTimeout)
        case .discards: stopDiscarding()
        case .request, .departure: leave()
        case .call: endCalls { $0.deadline <= now }
        case .ownAnswer: for stream in streams where stream.exchange == nil && stream.call == nil { reset(stream.id, .cancel, isClients: false) }
        case nil: break
        }
        rearm()
        if case .serving = phase { loop.wheel.keep(self) }
    }
}

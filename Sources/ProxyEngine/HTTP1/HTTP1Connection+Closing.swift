import HTTPWire
package import NIOCore
import Telemetry

/// How the connection goes on, and how it ends.
extension HTTP1Connection: ClientFront, TurnTaker {
    func becomeReady() {
        phase = .ready
        let idle = loop.generation.settings.idleTimeout
        deadline = loop.now + (loop.isDraining ? min(idle, EngineSettings.drainGrace) : idle)
    }

    // MARK: The client goes away

    func endedBefore() { input.isEnded = true }

    func inputClosed() {
        guard !input.isEnded else { return }
        input.isEnded = true
        switch phase {
        case .ready: if isInputUsedUp { closeGracefully() }
        case .exchanging(let exchange): exchange.inputEnded(unread: !input.isEmpty)
        case .discarding:
            phase = .lingering
            closeOnceSent()
        case .lingering: closeOnceSent()
        case .cutting, .closed: break
        }
    }

    func lost() {
        let exchange = exchange
        phase = .closed
        exchange?.clientGone()
        input.drop()
        client.disconnected()
        loop.deregister(self)
    }

    func drop() {
        phase = .closed
        input.drop()
        context?.close(mode: .all, promise: nil)
    }

    // MARK: Closing

    /// Says that no more comes and reads on until the client closes, so that a reset does not overtake the answer.
    func closeGracefully() {
        flushAll()
        if case .closed = phase { return }
        phase = .lingering
        input.drop()
        if input.isEnded { return closeOnceSent() }
        setPaused(.inputFull, false)
        setPaused(.outputFull, false)
        // A client that reads slowly still has the end of the answer to come: lingering begins when it is out.
        deadline = loop.now + loop.generation.settings.responseTimeout
        guard let context else { return }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.assumeIsolated().whenComplete { [self] _ in
            if case .lingering = phase, !input.isEnded { deadline = loop.clock.now() + EngineSettings.lingerTimeout }
        }
        context.close(mode: .output, promise: sent)
    }

    /// A client that is still sending a body which has been answered mostly reads the answer only afterwards: it is read for nothing for a
    /// while, since a reset would take the answer away.
    func expectLeftovers() { if !body.isOver { lingerEnd = loop.now + EngineSettings.discardPatience } }

    func lingerOn() {
        if let lingerEnd, case .lingering = phase { deadline = max(deadline, min(loop.now + EngineSettings.lingerTimeout, lingerEnd)) }
    }

    /// The last output: whatever the client still has to read.
    private func flushAll() {
        guard let context else { return }
        while let out = outbox.rest() { context.writeAndFlush(wrapOutboundOut(out), promise: nil) }
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

    /// Below TLS: without `close_notify`, by a reset, so that a cut answer cannot look whole. A reset takes with it what the kernel still
    /// holds, earlier answers of a pipeline as well, so it waits until the client's kernel has them.
    func cut(atOnce: Bool) {
        if atOnce { return reset() }
        flushAll()
        if case .closed = phase { return }
        phase = .cutting
        input.drop()
        setPaused(.inputFull, false)
        setPaused(.outputFull, false)
        resetOnceSent(loop.now)
    }

    private func resetOnceSent(_ now: NIODeadline) {
        let left = unsentOctets + (context?.channel.unacknowledgedOctets ?? 0)
        guard left > 0 else { return reset() }
        deadline = unsent.look(left, at: now, patience: EngineSettings.lingerTimeout)
    }

    private func reset() {
        phase = .closed
        input.drop()
        context?.channel.closeAbruptly(reset: true)
    }

    func cut(_ ending: Ending) {
        if let exchange { exchange.cut(ending) } else { reset() }
    }

    // MARK: Our own end

    func endAnnounced() { exchange?.endAnnounced() }

    /// What is not a request by now gets a moment in which it may become one, since it may be on its way.
    func drain() {
        exchange?.drain()
        if case .ready = phase { deadline = min(deadline, loop.now + EngineSettings.drainGrace) }
    }

    // MARK: Deadlines

    package func deadlineReached(_ now: NIODeadline) {
        switch phase {
        case .ready where !input.isInHead: closeGracefully()
        case .ready:
            input.headEnded()
            if loop.isDraining { drained(now) } else { refuseUnread(.tooSlow(.head), .clientSlow(.head), began: now) }
        // It has a deadline of its own.
        case .exchanging: break
        case .discarding: closeGracefully()
        case .lingering where input.isEnded && unsent.isAdvancing(at: now): closeOnceSent()
        case .lingering where unsentOctets > 0: reset()
        case .cutting where unsent.isAdvancing(at: now): resetOnceSent(now)
        case .cutting: reset()
        case .lingering, .closed: context?.close(mode: .all, promise: nil)
        }
    }

    /// The beginning of a request that will not be served any more: it is a line in the log, and no answer.
    private func drained(_ now: NIODeadline) {
        let exchange = Exchange(.unreadable, from: client, to: self, on: loop, abandonedAt: nil, began: now)
        phase = .exchanging(exchange)
        exchange.end(.drained(.unfinishedHead))
    }
}

import AccessControl
import BindingPolicy
import HTTPWire
import NIOCore
import Telemetry

/// Who may send a request, and what becomes of it: at once, or when its token has been looked up.
extension ClientConnection {
    enum Verdict {
        case refuse(Refusal)
        case answer(OwnAnswer)
        case wait(any PendingLookup)
        case forward(Permit)
    }

    /// A request that waits: what is needed to take it up again. What follows it stays unread.
    struct Waiting {
        let lookup: any PendingLookup
        let head: ByteBuffer
    }

    func judge(_ head: UnsafeRawBufferPointer, _ peer: AuthenticatedPeer) -> Verdict {
        if loop.settings.interactionID != .pass { takeInteractionID(head) }
        return verdict(loop.judge.judge(loop.requestHead, head, from: peer, now: EngineLoop.wallClock(), for: self))
    }

    private func verdict(_ judgement: Judgement) -> Verdict {
        switch judgement {
        case .refused(let fault): return .refuse(Refusal(fault))
        case .document: return loop.settings.page.map { .answer(.page($0)) } ?? .refuse(Refusal(.documentReadOnly))
        case .decided(let decision): return verdict(decision)
        case .later(let lookup): return .wait(lookup)
        }
    }

    private func verdict(_ decision: Decision) -> Verdict {
        switch decision {
        case .deny(let denial): return .refuse(Refusal(denial, loop.settings.challenge))
        case .permit(let permit):
            return loop.requestHead.endsHere ? .answer(.options) : .forward(permit)
        }
    }

    func answer(_ verdict: Verdict) {
        switch verdict {
        case .refuse(let refusal): refuseAndCount(refusal)
        case .answer(let answer): give(answer)
        case .wait, .forward: break
        }
    }

    // MARK: Waiting for a lookup

    func wait(for lookup: any PendingLookup, holding bytes: inout ByteBuffer, length: Int) {
        // TLS's own buffer is written again by the next read.
        let head = bytes.withUnsafeReadableBytes { ByteBuffer(bytes: $0.prefix(length)) }
        bytes.moveReaderIndex(forwardBy: length)
        phase = .judging(Waiting(lookup: lookup, head: head))
        deadline = min(loop.now + EngineSettings.lookupTimeout, abandonedAt ?? .distantFuture)
    }

    /// The lookup ended in one way or the other; whether the request may pass is decided now.
    package func lookupEnded() {
        guard case .judging(let waiting) = phase, let peer else { return }
        loop.eventBegan()
        var bytes = waiting.head
        // Other connections have used the loop's head meanwhile.
        guard case .complete(let length) = loop.requestHead.parse(bytes) else { return abort() }
        let verdict = bytes.withUnsafeReadableBytes { raw in
            self.verdict(loop.judge.conclude(loop.requestHead, raw, from: peer, now: EngineLoop.wallClock(), after: waiting.lookup, for: self))
        }
        switch verdict {
        case .forward(let permit): forward(&bytes, length: length, permit)
        case .refuse, .answer: answer(verdict)
        case .wait(let lookup):
            phase = .judging(Waiting(lookup: lookup, head: waiting.head))
            return
        }
        processPending()
    }

    /// Nobody waits any more, or not any longer.
    func abandonLookup() {
        if case .judging(let waiting) = phase { waiting.lookup.abandon() }
    }

    // MARK: Particulars

    /// Plays back the client's id, or makes one (FAPI 1.0 Baseline section 6.2.1 (11)); refusals have it too.
    private func takeInteractionID(_ head: UnsafeRawBufferPointer) {
        let value = loop.requestHead.interactionIDCount == 1 ? loop.requestHead.interactionID : nil
        let sent = value.flatMap { InteractionID(UnsafeRawBufferPointer(rebasing: head[$0])) }
        record.interactionID = sent ?? loop.makeInteractionID()
    }

    func noteReported(_ reason: DenialReason) {
        loop.counters.countWouldRefuse(reason.rawValue)
        record.wouldRefuse = reason
    }
}

extension ClientConnection: LookupClient {}

import BindingPolicy
import HTTPWire
import NIOCore
import Telemetry

/// Until when an exchange may go on: no answer, event stream or upload outlives the right to it.
extension Exchange {
    /// Twice a second, by the wall clock: clocks are set, and lists and authorities change. The certificate is judged under the generation in
    /// force; the route's and the issuer's terms stay those of the request's own.
    func reviewRight() {
        let now = loop.clock.seconds()
        if lookup == nil, let question = client.review(under: loop.generation, now: now, for: self) {
            lookup = Waiting(lookup: question, head: ByteBuffer(), subject: .right(generation: loop.generation.number))
        }
        judgeRight(now)
    }

    /// - Parameter number: of the generation that asked. Where there is another by now, that asks for itself.
    func rightLookedUp(_ number: Int) {
        let now = loop.clock.seconds()
        guard number == loop.generation.number else { return }
        client.concludeReview(under: loop.generation, now: now)
        judgeRight(now)
    }

    private func judgeRight(_ now: Double) {
        switch permit?.standing(of: client.peer, at: now) {
        case .holds, nil: break
        case .reported(let reason):
            guard record.wouldRefuse == nil else { return }
            record.wouldRefuse = reason
            loop.counters.countWouldRefuse(reason.rawValue)
        case .ended(let reason): endRight(reason)
        }
    }

    private func endRight(_ reason: DenialReason) {
        switch state.rightEnded(reason) {
        case .answer: refuse(Refusal(Denial(reason), generation.settings.challenge), .rightEnded(reason))
        case .cut: cut()
        case .nothing: break
        }
    }
}

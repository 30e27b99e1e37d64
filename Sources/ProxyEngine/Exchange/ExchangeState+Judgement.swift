import AccessControl
package import BindingPolicy
import HTTPWire
package import NIOCore

/// Whether it may be forwarded, and with what connection.
extension ExchangeState {
    package enum OnPermit: Equatable, Sendable { case acquire, nothing }

    /// The only way to the upstream; there is no permit but from BindingPolicy.
    /// - Parameter terms: of the upstream that it names.
    package mutating func permitted(by permit: Permit, on terms: ExchangeTerms, at now: NIODeadline) -> OnPermit {
        guard case .judging = phase else { return .nothing }
        self.terms = terms
        phase = .queued(upload)
        review = now + EngineSettings.reviewInterval
        progress(at: now)
        return .acquire
    }

    /// The token or the certificate that it was permitted by holds no more: a new request would be refused, and this one goes no further.
    package mutating func rightEnded(_ reason: DenialReason) -> OnFault {
        switch phase {
        case .queued, .asked:
            end(.rightEnded(reason))
            return .answer
        case .answering, .tunnelling, .delivering:
            end(.rightEnded(reason))
            return .cut
        case .judging, .over: return .nothing
        }
    }

    package enum OnRefusal: Equatable, Sendable { case answer, nothing }

    /// It does not pass, or we answer it ourselves.
    package mutating func judged(_ ending: Ending) -> OnRefusal {
        guard case .judging = phase else { return .nothing }
        end(ending)
        return .answer
    }

    package enum OnConnection: Equatable, Sendable { case send, release }

    /// A connection to the upstream is there for it.
    package mutating func connected(at now: NIODeadline) -> OnConnection {
        guard case .queued(let upload) = phase else { return .release }
        phase = .asked(upload)
        progress(at: now)
        return .send
    }

    package enum OnFault: Equatable, Sendable {
        /// Nothing was sent to the client yet: tell it.
        case answer
        /// An answer is under way and cannot be completed: the client must see that it is cut, not a clean end.
        case cut
        case nothing
    }

    /// No connection can be had.
    package mutating func connectionFailed(_ fault: UpstreamFault) -> OnFault {
        guard case .queued = phase else { return .nothing }
        end(.upstreamFailed(fault))
        return .answer
    }
}

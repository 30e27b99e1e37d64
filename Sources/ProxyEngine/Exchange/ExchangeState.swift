import BindingPolicy
import HTTPWire
package import NIOCore

/// One request and its answer between a client and an upstream, as a value: what has happened on each side, and what follows.
///
/// Both sides advance on their own: an upstream may answer before the request's body has ended, and either side may go away at any
/// point. ``Exchange`` reports events here and does what comes back; no octets pass through, no clock is read, nothing is printed.
///
/// Valid transitions are
/// 1. `judging` → `queued` with a permit, or → `over`;
/// 2. `queued` → `asked` with a connection, → `over` without one;
/// 3. `asked` → `answering` at the answer's head, → `queued` once more where a kept-alive connection turned out to be closed;
/// 4. `answering` → `delivering` at the answer's end → `over` when the client has taken all of it;
/// 5. `asked` → `tunnelling` where the upstream switches protocols → `delivering` when it ends its side;
/// 6. from each of them → `over` when either side goes away, when the right to it ends, or by time alone.
///
/// `over` is left by nothing, and every event in it is answered by "nothing": an exchange ends once.
package struct ExchangeState: ~Copyable {
    package enum Phase: Hashable, Sendable {
        /// Its token is looked up. Nothing of it has gone anywhere.
        case judging
        /// It may be forwarded, and waits for a connection.
        case queued(Upload)
        /// It is with the upstream, which has not begun its final answer.
        case asked(Upload)
        /// The answer is under way.
        case answering(Upload)
        /// Both go on with another protocol: whatever one sends is for the other.
        case tunnelling
        /// The answer is whole here, and the client has not taken all of it yet. The upstream's part is over.
        case delivering
        case over(Ending)
    }

    /// How much of the request has gone on.
    package enum Upload: Hashable, Sendable { case open, whole }

    /// What the request's head says, as far as the exchange goes.
    package struct Request: Hashable, Sendable {
        /// More than the head is to come.
        package var hasBody: Bool
        /// The client asked for, or by its version implies, another request on this connection.
        package var persists: Bool
        /// By its method (RFC 9110 section 9.2.2): without a body, and once, it may be sent again.
        package var isIdempotent: Bool
        /// The client holds its body back until it hears from the upstream.
        package var expectsContinue: Bool
        /// Whether its protocol knows interim responses (RFC 9110 section 15.2).
        package var takesInterim: Bool

        package init(hasBody: Bool, persists: Bool, isIdempotent: Bool, expectsContinue: Bool = false, takesInterim: Bool = true) {
            self.hasBody = hasBody
            self.persists = persists
            self.isIdempotent = isIdempotent
            self.expectsContinue = expectsContinue
            self.takesInterim = takesInterim
        }
    }

    package internal(set) var phase: Phase
    /// When patience with whoever is waited for ends.
    package internal(set) var deadline: NIODeadline
    /// When the right to it is looked at again, from its permit on.
    package internal(set) var review = NIODeadline.distantFuture
    /// Of the generation, and once it is permitted of its upstream.
    var terms: ExchangeTerms
    var upload: Upload
    /// Whether the client's connection may serve another request after this one.
    var persists: Bool
    var upstreamPersists = false
    var mayRetry: Bool
    /// Connections that were lost before an octet of it was written.
    var untouchedLosses = 0
    let takesInterim: Bool
    var awaitsContinue: Bool
    /// Whether any octet of the answer, interim ones too, went to the client.
    var hasAnswered = false
    /// The body is not taken from the client now: whoever is waited for, it is not the client.
    var isUploadPaused = false
    /// Whatever of the request was handed on could be handed on once more.
    private(set) var hasWholeBeginning = true
    /// The client does not read.
    var isOutputBlocked = false
    /// When a client that ended its side without goodbye is taken for gone.
    var abandonedAt: NIODeadline?
    var uploadRate: MinimumRate
    var downloadRate: MinimumRate

    package init(_ request: Request, terms: ExchangeTerms, abandonedAt: NIODeadline? = nil, at now: NIODeadline) {
        phase = .judging
        self.terms = terms
        upload = request.hasBody ? .open : .whole
        persists = request.persists
        mayRetry = request.isIdempotent && !request.hasBody
        takesInterim = request.takesInterim
        awaitsContinue = request.expectsContinue
        self.abandonedAt = abandonedAt
        uploadRate = terms.rate
        downloadRate = terms.rate
        deadline = min(now + terms.lookup, abandonedAt ?? .distantFuture)
    }

    /// When `deadlineReached` is to be called.
    package var due: NIODeadline { min(deadline, review) }

    /// Answering it is out of the question, or it has been answered.
    package var isOver: Bool { if case .over = phase { true } else { false } }

    package var ending: Ending? { if case .over(let ending) = phase { ending } else { nil } }

    /// A part of the body was handed on and not kept.
    package mutating func bodyLetGo() { hasWholeBeginning = false }

    /// All of the request is there, and nothing of an answer.
    package var hasWholeRequest: Bool { if case .asked(.whole) = phase { true } else { false } }

    /// More of the request's body is to come, and there is an upstream for it.
    package var isUploading: Bool {
        switch phase {
        case .asked(.open), .answering(.open): true
        case .tunnelling: upload == .open
        case .judging, .queued, .asked, .answering, .delivering, .over: false
        }
    }

    /// More of the request's body is wanted, once there is an upstream.
    package var mayUpload: Bool {
        switch phase {
        case .judging, .tunnelling: upload == .open
        case .queued(let upload), .asked(let upload), .answering(let upload): upload == .open
        case .delivering, .over: false
        }
    }

    /// The upstream may still switch protocols.
    package var mayTunnel: Bool {
        switch phase {
        case .judging, .queued, .asked: true
        case .answering, .tunnelling, .delivering, .over: false
        }
    }

    /// It is the client that is waited for, to send more of its body.
    var waitsForBody: Bool { isUploading && !isTunnelling && !isUploadPaused && !isOutputBlocked }

    var isTunnelling: Bool { if case .tunnelling = phase { true } else { false } }

    mutating func end(_ ending: Ending) {
        phase = .over(ending)
        deadline = .distantFuture
        review = .distantFuture
    }
}

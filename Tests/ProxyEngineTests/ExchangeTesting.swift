import BindingPolicy
import HTTPWire
import NIOCore

@testable import ProxyEngine

/// What can happen to an exchange, as a value: a sequence of these is a test.
enum ExchangeEvent: Hashable, CaseIterable {
    case permitted, refused
    case connected, connectionFailed
    case bodyPart, bodyEnds, bodyMalformed
    case uploadPaused, uploadResumed
    case outputBlocked, outputResumed
    case inputEnds, inputEndsUnread, abandoned, clientGone, delivered
    case saysContinue, saysOtherInterim
    case answerBegins, answerBeginsAndCloses, answerBeginsToOne
    case switches
    case answerPart, answerEnds
    case upstreamClosed, staleUpstreamClosed, untouchedUpstreamClosed, oneOfSeveralClosed, upstreamNonsense
    case timePasses, rightEnds, endAnnounced, drainTimesOut
}

/// What an exchange was told to do.
enum ExchangeReaction: Hashable {
    case nothing, acquire, send, release, forward, hold, pass, passClosing, interim, sayContinue, retry
    case tunnel, passOn
    /// An answer of ours.
    case answer
    case cut, drop
    case deliver(keepsUpstream: Bool)
    case over(keepsClient: Bool)
}

/// An exchange with the time and what has been done for it so far.
struct ExchangeRun: ~Copyable {
    var state: ExchangeState
    var now: NIODeadline

    static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    static let terms = ExchangeTerms(
        body: .seconds(10), response: .seconds(20), lookup: .seconds(120), continuation: .seconds(1), minimumRate: 500, grace: .seconds(8))
    static let fault = UpstreamFault.tooManyInterim

    static let permit: Permit = {
        guard case .permit(let permit) = RoutePolicy(requirement: .nothing).decideWithoutToken(shownBy: nil) else { fatalError("no permit") }
        return permit
    }()

    init(_ request: ExchangeState.Request) {
        now = Self.start
        state = ExchangeState(request, terms: Self.terms, at: now)
    }

    init(_ state: consuming ExchangeState, now: NIODeadline) {
        self.state = state
        self.now = now
    }

    mutating func take(_ event: ExchangeEvent) -> ExchangeReaction {
        switch event {
        case .permitted: state.permitted(by: Self.permit, on: Self.terms, at: now) == .acquire ? .acquire : .nothing
        case .refused: state.judged(.refused(.denial(.tokenExpired))) == .answer ? .answer : .nothing
        case .connected: state.connected(at: now) == .send ? .send : .release
        case .connectionFailed: reaction(to: state.connectionFailed(.saturated))
        case .bodyPart: reaction(to: state.requestBody(1000, isLast: false, at: now))
        case .bodyEnds: reaction(to: state.requestBody(1000, isLast: true, at: now))
        case .bodyMalformed: reaction(to: state.requestMalformed(.chunkMalformed))
        case .uploadPaused: nothing { $0.uploadPaused(true, at: $1) }
        case .uploadResumed: nothing { $0.uploadPaused(false, at: $1) }
        case .outputBlocked: nothing { $0.outputBlocked(true, at: $1) }
        case .outputResumed: nothing { $0.outputBlocked(false, at: $1) }
        case .inputEnds: endInput(unread: false)
        case .inputEndsUnread: endInput(unread: true)
        case .switches: state.switched(at: now) == .pass ? .tunnel : .nothing
        case .abandoned: nothing { $0.abandoned(until: $1 + .seconds(8), at: $1) }
        case .clientGone: state.clientGone() == .drop ? .drop : .nothing
        case .delivered:
            switch state.delivered() {
            case .over(let keepsClient): .over(keepsClient: keepsClient)
            case .nothing: .nothing
            }
        case .saysContinue: state.interim(isContinue: true, at: now) == .pass ? .interim : .nothing
        case .saysOtherInterim: state.interim(isContinue: false, at: now) == .pass ? .interim : .nothing
        case .answerBegins: begin(upstreamPersists: true, mayPersist: true)
        case .answerBeginsAndCloses: begin(upstreamPersists: false, mayPersist: true)
        case .answerBeginsToOne: begin(upstreamPersists: true, mayPersist: false)
        case .answerPart: state.answerBody(1000, at: now) == .pass ? .pass : .nothing
        case .answerEnds:
            switch state.answerEnded(at: now) {
            case .deliver(let keepsUpstream): .deliver(keepsUpstream: keepsUpstream)
            case .nothing: .nothing
            }
        case .upstreamClosed: lose(.closed, stale: false)
        case .staleUpstreamClosed: lose(.closed, stale: true)
        case .untouchedUpstreamClosed: lose(.closed, stale: false, untouched: true)
        case .oneOfSeveralClosed: lose(.closed, stale: false, elsewhere: true)
        case .upstreamNonsense: lose(Self.fault, stale: true)
        case .timePasses: passTime()
        case .rightEnds: reaction(to: state.rightEnded(.tokenExpired))
        case .endAnnounced: nothing { state, _ in state.closeAfterwards() }
        case .drainTimesOut: state.cut(.drained(.timedOut)) == .cut ? .cut : .nothing
        }
    }

    private mutating func nothing(_ body: (inout ExchangeState, NIODeadline) -> Void) -> ExchangeReaction {
        body(&state, now)
        return .nothing
    }

    private mutating func begin(upstreamPersists: Bool, mayPersist: Bool) -> ExchangeReaction {
        switch state.answerBegan(upstreamPersists: upstreamPersists, mayPersist: mayPersist, at: now) {
        case .pass(let closing): closing ? .passClosing : .pass
        case .nothing: .nothing
        }
    }

    private mutating func endInput(unread: Bool) -> ExchangeReaction {
        switch state.inputEnded(unread: unread, at: now) {
        case .drop: .drop
        case .passOn: .passOn
        case .nothing: .nothing
        }
    }

    private mutating func lose(_ fault: UpstreamFault, stale: Bool, untouched: Bool = false, elsewhere: Bool = false) -> ExchangeReaction {
        switch state.upstreamLost(fault, stale: stale, untouched: untouched, elsewhere: elsewhere, at: now) {
        case .retry: .retry
        case .answer: .answer
        case .cut: .cut
        case .nothing: .nothing
        }
    }

    /// To the deadline, whatever it is. The right to the exchange holds meanwhile.
    private mutating func passTime() -> ExchangeReaction {
        if state.deadline != .distantFuture { now = max(now, state.deadline) }
        return switch state.deadlineReached(at: now) {
        case .wait, .review: .nothing
        case .sayContinue: .sayContinue
        case .answer: .answer
        case .cut: .cut
        case .drop: .drop
        }
    }

    private func reaction(to fault: ExchangeState.OnFault) -> ExchangeReaction {
        switch fault {
        case .answer: .answer
        case .cut: .cut
        case .nothing: .nothing
        }
    }

    private func reaction(to body: ExchangeState.OnRequestBody) -> ExchangeReaction {
        switch body {
        case .hold: .hold
        case .forward: .forward
        case .nothing: .nothing
        }
    }
}

extension ExchangeState {
    /// All of it, to tell two states apart.
    struct Snapshot: Hashable {
        let phase: Phase
        let deadline: NIODeadline
        let review: NIODeadline
        let upload: Upload
        let flags: [Bool]
        let abandonedAt: NIODeadline?
        let rates: [MinimumRate]
    }

    var snapshot: Snapshot {
        Snapshot(
            phase: phase, deadline: deadline, review: review, upload: upload,
            flags: [persists, upstreamPersists, mayRetry, takesInterim, awaitsContinue, hasAnswered, isUploadPaused, isOutputBlocked],
            abandonedAt: abandonedAt, rates: [uploadRate, downloadRate])
    }

    /// The same, once more: an exchange has one state, and whoever explores has many.
    borrowing func copied() -> ExchangeState {
        let request = Request(hasBody: false, persists: false, isIdempotent: false, expectsContinue: false, takesInterim: takesInterim)
        var copy = ExchangeState(request, terms: terms, at: ExchangeRun.start)
        copy.phase = phase
        copy.deadline = deadline
        copy.review = review
        copy.upload = upload
        copy.persists = persists
        copy.upstreamPersists = upstreamPersists
        copy.mayRetry = mayRetry
        copy.awaitsContinue = awaitsContinue
        copy.hasAnswered = hasAnswered
        copy.isUploadPaused = isUploadPaused
        copy.isOutputBlocked = isOutputBlocked
        copy.abandonedAt = abandonedAt
        copy.uploadRate = uploadRate
        copy.downloadRate = downloadRate
        return copy
    }
}

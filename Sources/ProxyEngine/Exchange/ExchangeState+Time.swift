import BindingPolicy
package import NIOCore

/// What time does, and our own end.
extension ExchangeState {
    /// Anything moved: whoever is waited for next gets the whole time-out again.
    mutating func progress(at now: NIODeadline) {
        switch phase {
        case .over: return
        case .judging:
            if let abandonedAt { deadline = min(deadline, abandonedAt) }
            return
        case .queued, .asked, .answering, .tunnelling, .delivering: break
        }
        let waitsForBody = waitsForBody
        let patience = waitsForBody ? terms.body : isAwaited ? terms.firstOctet : terms.response
        deadline = now + (awaitsContinue && isAsked ? min(patience, terms.continuation) : patience)
        if let abandonedAt, !isAnswering { deadline = min(deadline, abandonedAt) }
        uploadRate.wait(waitsForBody, at: now)
        downloadRate.wait(isOutputBlocked, at: now)
        if let end = uploadRate.deadline { deadline = min(deadline, end) }
        if let end = downloadRate.deadline { deadline = min(deadline, end) }
    }

    /// The upstream has all of the request, and nothing has come of an answer.
    private var isAwaited: Bool { if case .asked(.whole) = phase { true } else { false } }

    private var isAsked: Bool { if case .asked = phase { true } else { false } }

    private var isAnswering: Bool {
        switch phase {
        case .answering, .delivering: true
        case .judging, .queued, .asked, .tunnelling, .over: false
        }
    }

    package enum OnDeadline: Equatable, Sendable {
        /// There is a later one by now.
        case wait
        /// The right to it is to be looked at.
        case review
        /// The upstream said neither yes nor no: an old API does not know the question, and the client would wait for ever.
        case sayContinue
        case answer
        case cut
        case drop
    }

    package mutating func deadlineReached(at now: NIODeadline) -> OnDeadline {
        guard deadline <= now else {
            guard review <= now else { return .wait }
            review = now + EngineSettings.reviewInterval
            return .review
        }
        switch phase {
        case .over: return .wait
        case .judging: return isAbandoned(now) ? drop() : answer(.refused(.denial(.introspectionUnavailable)))
        case .queued: return isAbandoned(now) ? drop() : answer(.upstreamFailed(.saturated))
        case .asked:
            if isAbandoned(now) { return drop() }
            if awaitsContinue { return continues(at: now) }
            return answer(waitsForBody ? .clientSlow(.body) : .upstreamFailed(.timeout))
        case .answering:
            end(waitsForBody ? .clientSlow(.body) : isOutputBlocked ? .clientSlow(.reading) : .upstreamFailed(.timeout))
            return .cut
        case .tunnelling:
            if isAbandoned(now) { return drop() }
            end(isOutputBlocked ? .clientSlow(.reading) : isUploadPaused ? .upstreamFailed(.timeout) : .clientSlow(.idle))
            return .cut
        case .delivering:
            end(.clientSlow(.reading))
            return .cut
        }
    }

    private func isAbandoned(_ now: NIODeadline) -> Bool { abandonedAt.map { $0 <= now } ?? false }

    private mutating func drop() -> OnDeadline {
        end(.clientGone)
        return .drop
    }

    private mutating func answer(_ ending: Ending) -> OnDeadline {
        end(ending)
        return .answer
    }

    private mutating func continues(at now: NIODeadline) -> OnDeadline {
        awaitsContinue = false
        hasAnswered = true
        progress(at: now)
        return .sayContinue
    }

    /// The server's end is announced: this exchange is the last on its connection.
    package mutating func closeAfterwards() { persists = false }

    package enum OnCut: Equatable, Sendable { case cut, nothing }

    /// Nothing more is waited for.
    package mutating func cut(_ ending: Ending) -> OnCut {
        guard !isOver else { return .nothing }
        end(ending)
        return .cut
    }
}

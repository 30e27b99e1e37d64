package import NIOCore

/// What the upstream does.
extension ExchangeState {
    package enum OnInterim: Equatable, Sendable { case pass, drop }

    /// 1xx other than 101.
    package mutating func interim(isContinue: Bool, at now: NIODeadline) -> OnInterim {
        guard case .asked = phase else { return .drop }
        // In the end: who was told to go on has the whole time for its body again.
        defer { progress(at: now) }
        // We may have said it in the upstream's place already.
        guard takesInterim, !isContinue || awaitsContinue else { return .drop }
        if isContinue { awaitsContinue = false }
        hasAnswered = true
        return .pass
    }

    package enum OnAnswer: Equatable, Sendable {
        /// - Parameter closing: the client is to be told that its connection ends.
        case pass(closing: Bool)
        case nothing
    }

    /// The final response's head. A request still under way then ends the client's connection: its rest might never be read, and what
    /// follows could not be told from it (RFC 9112 section 9.3).
    /// - Parameter mayPersist: whether the framing towards the client, and our own plans, allow another request.
    package mutating func answerBegan(upstreamPersists: Bool, mayPersist: Bool, at now: NIODeadline) -> OnAnswer {
        guard case .asked(let upload) = phase else { return .nothing }
        phase = .answering(upload)
        hasAnswered = true
        awaitsContinue = false
        self.upstreamPersists = upstreamPersists
        persists = persists && mayPersist && upload == .whole
        progress(at: now)
        return .pass(closing: !persists)
    }

    package enum OnSwitch: Equatable, Sendable { case pass, nothing }

    /// 101: neither connection speaks HTTP from here on, or ever again.
    package mutating func switched(at now: NIODeadline) -> OnSwitch {
        guard case .asked(.whole) = phase else { return .nothing }
        phase = .tunnelling
        upload = .open
        hasAnswered = true
        awaitsContinue = false
        persists = false
        progress(at: now)
        return .pass
    }

    package enum OnAnswerBody: Equatable, Sendable { case pass, nothing }

    package mutating func answerBody(_ octets: Int, at now: NIODeadline) -> OnAnswerBody {
        switch phase {
        case .answering, .tunnelling: break
        case .judging, .queued, .asked, .delivering, .over: return .nothing
        }
        downloadRate.moved(octets)
        progress(at: now)
        return .pass
    }

    package enum OnAnswerEnd: Equatable, Sendable {
        case deliver(keepsUpstream: Bool)
        case nothing
    }

    /// A response that ended makes the rest of the request pointless.
    package mutating func answerEnded(at now: NIODeadline) -> OnAnswerEnd {
        let keepsUpstream: Bool
        switch phase {
        case .answering(let upload): keepsUpstream = upstreamPersists && upload == .whole
        case .tunnelling: keepsUpstream = false
        case .judging, .queued, .asked, .delivering, .over: return .nothing
        }
        phase = .delivering
        progress(at: now)
        return .deliver(keepsUpstream: keepsUpstream)
    }

    package enum OnUpstreamLoss: Equatable, Sendable {
        /// The request may be sent again: it never reached a living upstream, or may reach one twice, and there is another.
        case retry
        case answer
        case cut
        case nothing
    }

    /// The connection ended or spoke nonsense.
    /// - Parameters:
    ///   - stale: it had stood unused before, so that it may have been closed meanwhile.
    ///   - untouched: not an octet of the request was written, or the upstream says that it has looked at none: whatever it is, it may be
    ///     sent again, as long as all of what was sent is still here.
    ///   - elsewhere: whether there is another address to send it to, and it may be.
    package mutating func upstreamLost(
        _ fault: UpstreamFault, stale: Bool, untouched: Bool = false, elsewhere: @autoclosure () -> Bool = false, at now: NIODeadline
    ) -> OnUpstreamLoss {
        switch phase {
        case .asked(let upload):
            if fault.kind == .closed, !hasAnswered, repeats(upload, stale: stale, untouched: untouched, elsewhere: elsewhere) {
                phase = .queued(upload)
                isUploadPaused = false
                progress(at: now)
                return .retry
            }
            end(.upstreamFailed(fault))
            return .answer
        case .answering, .tunnelling:
            end(.upstreamFailed(fault))
            return .cut
        case .judging, .queued, .delivering, .over: return .nothing
        }
    }

    private mutating func repeats(_ upload: Upload, stale: Bool, untouched: Bool, elsewhere: () -> Bool) -> Bool {
        guard hasWholeBeginning else { return false }
        if untouched, untouchedLosses < Self.untouchedBound {
            untouchedLosses += 1
            return true
        }
        guard mayRetry, upload == .whole, stale || elsewhere() else { return false }
        mayRetry = false
        return true
    }

    private static let untouchedBound = 3
}

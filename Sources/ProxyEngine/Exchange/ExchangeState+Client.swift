package import HTTPWire
package import NIOCore

/// What the client does.
extension ExchangeState {
    package enum OnRequestBody: Equatable, Sendable {
        /// It goes with the head, once there is a connection.
        case hold
        case forward
        case nothing
    }

    /// - Parameter octets: how many of the body's own.
    package mutating func requestBody(_ octets: Int, isLast: Bool, at now: NIODeadline) -> OnRequestBody {
        guard upload == .open else { return .nothing }
        switch phase {
        case .queued where isLast:
            wholeUpload(.queued(.whole))
            return .hold
        case .asked:
            awaitsContinue = false
            uploadRate.moved(octets)
            if isLast { wholeUpload(.asked(.whole)) }
        case .answering:
            uploadRate.moved(octets)
            if isLast { wholeUpload(.answering(.whole)) }
        case .tunnelling: if isLast { upload = .whole }
        case .judging, .queued, .delivering, .over: return .nothing
        }
        progress(at: now)
        return .forward
    }

    private mutating func wholeUpload(_ next: Phase) {
        upload = .whole
        phase = next
    }

    /// Nothing of what follows could be told from the rest of the body.
    package mutating func requestMalformed(_ fault: WireFault) -> OnFault {
        guard upload == .open else { return .nothing }
        switch phase {
        case .queued, .asked:
            end(.refused(.form(fault)))
            return .answer
        case .answering, .tunnelling:
            end(.clientMalformed(fault))
            return .cut
        case .judging, .delivering, .over: return .nothing
        }
    }

    /// The upstream takes nothing more for now, or takes it again.
    package mutating func uploadPaused(_ isPaused: Bool, at now: NIODeadline) {
        isUploadPaused = isPaused
        progress(at: now)
    }

    /// The client does not read what there is for it, or reads again.
    package mutating func outputBlocked(_ isBlocked: Bool, at now: NIODeadline) {
        isOutputBlocked = isBlocked
        progress(at: now)
    }

    package enum OnClientEnd: Equatable, Sendable {
        /// Nobody is there to be answered: nothing more is sent in either direction.
        case drop
        /// The upstream is to see it, and may go on.
        case passOn
        case nothing
    }

    /// The client has ended its side, and reads on perhaps.
    /// - Parameter unread: octets of it have arrived that were not handed on yet, and may be the rest of the body.
    package mutating func inputEnded(unread: Bool, at now: NIODeadline) -> OnClientEnd {
        switch phase {
        case .queued(.open), .asked(.open), .answering(.open):
            // A body that ends before its length is no request: the upstream must not take it for one.
            if !unread { return clientGone() }
        case .tunnelling where upload == .open && !unread:
            upload = .whole
            progress(at: now)
            return .passOn
        case .queued, .asked, .answering, .tunnelling, .judging, .delivering, .over: break
        }
        progress(at: now)
        return .nothing
    }

    /// It ended its side without TLS's goodbye: that may be one that only half-closes, and is mostly one that has gone.
    package mutating func abandoned(until end: NIODeadline, at now: NIODeadline) {
        abandonedAt = end
        progress(at: now)
    }

    package mutating func clientGone() -> OnClientEnd {
        guard !isOver else { return .nothing }
        end(.clientGone)
        return .drop
    }

    package enum OnDelivery: Equatable, Sendable {
        case over(keepsClient: Bool)
        case nothing
    }

    /// The client has taken all of the answer.
    package mutating func delivered() -> OnDelivery {
        guard case .delivering = phase else { return .nothing }
        end(.answered)
        return .over(keepsClient: persists && upload == .whole)
    }
}

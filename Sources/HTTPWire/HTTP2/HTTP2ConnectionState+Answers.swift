package import NIOCore

/// What our own side does.
extension HTTP2ConnectionState {
    // MARK: Requests

    /// What Content-Length says of a request's body.
    /// - Returns: false where it contradicts the end of the stream that came with it.
    package mutating func expects(_ length: Int, of id: UInt32) -> Bool {
        guard let index = index(of: id) else { return true }
        streams[index].expected = length
        return streams[index].isRemoteOpen || length == 0
    }

    /// Whether the trailers came where the body ends by its Content-Length.
    package func isWholeBody(of id: UInt32) -> Bool {
        guard let index = index(of: id), let rest = streams[index].expected else { return true }
        return rest == 0
    }

    /// Octets of a stream's body have found their place.
    package mutating func taken(_ octets: Int, of id: UInt32) {
        guard octets > 0, let index = index(of: id) else { return }
        let count = min(octets, streams[index].untaken)
        streams[index].untaken -= count
        streams[index].receive.giveBack(count)
        receive.giveBack(count)
    }

    /// By how much the client is to be told that a stream's window grows; nil for nothing to tell.
    package mutating func windowUpdate(of id: UInt32) -> Int? {
        guard let index = index(of: id), streams[index].isRemoteOpen else { return nil }
        return streams[index].receive.update()
    }

    /// The same of the connection's.
    package mutating func connectionWindowUpdate() -> Int? { receive.update() }

    // MARK: Answers

    /// What each header block of ours begins with.
    package mutating func beginBlock(_ out: inout ByteBuffer) {
        guard peer.table == .shrinks else { return }
        HTTP2AnswerWriter.writeEmptyTable(to: &out)
        peer.table = .none
    }

    /// Octets of a body that may be sent now, in one frame.
    package func sendable(on id: UInt32, atMost bound: Int) -> Int { min(bound, peer.maximumFrame, sendable(on: id)) }

    /// The same, in however many.
    package func sendable(on id: UInt32) -> Int {
        guard let index = index(of: id) else { return 0 }
        return max(0, min(send.octets, streams[index].send.octets))
    }

    package mutating func sent(_ octets: Int, on id: UInt32) {
        guard octets > 0, let index = index(of: id) else { return }
        streams[index].send.use(octets)
        send.use(octets)
        if octets >= Self.much { glitches.makeUp(Self.worth) }
    }

    package enum OnAnswered: Equatable, Sendable {
        case over
        /// The rest of its body is read for nothing; its windows may have grown.
        case discarding
        /// The client has to be told that the rest of its request is not wanted (RFC 9113 section 8.1).
        case unwanted
    }

    /// The whole answer was sent.
    /// - Parameter end: until when a body that is still coming may end by itself; nil for not at all.
    package mutating func answered(_ id: UInt32, discardingUntil end: NIODeadline? = nil) -> OnAnswered {
        guard let index = index(of: id) else { return .over }
        glitches.makeUp(1)
        guard streams[index].isRemoteOpen else {
            remove(at: index)
            return .over
        }
        guard let end, streams[index].expected ?? 0 <= Self.discardedBody else {
            remove(at: index)
            return .unwanted
        }
        streams[index].discards = HTTP2StreamState.Discards(left: Self.discardedBody, end: end)
        taken(streams[index].untaken, of: id)
        return .discarding
    }

    /// We reset a stream. More of it may be under way.
    package mutating func abandoned(_ id: UInt32) {
        if let index = index(of: id) { remove(at: index) }
        if !closed.contains(id) { closed.insert(id) }
    }

    /// The client did on a stream what it must not.
    /// - Returns: a fault where that happened too often.
    package mutating func streamErred(at now: NIODeadline) -> HTTP2Fault? { streamErrors.use(at: now) ? nil : .tooManyStreamErrors }

    // MARK: Our end

    /// - Returns: whether GOAWAY is to be sent that names the highest stream there can be, and a PING after it.
    package mutating func announceDeparture() -> Bool {
        guard departure == .staying else { return false }
        departure = .announced
        awaitsDeparturePing = true
        return true
    }

    /// - Returns: the last stream that is served, for GOAWAY; nil where that was said.
    package mutating func leave() -> UInt32? {
        if case .leaving = departure { return nil }
        departure = .leaving(last: lastStream)
        awaitsDeparturePing = false
        return lastStream
    }
}

package import NIOCore

/// What the client sends.
extension HTTP2ConnectionState {
    /// What becomes of a header block. Each one is decoded, or the next one could not be.
    package enum Block: Equatable, Sendable {
        /// It opens a stream.
        case request
        /// It ends a body.
        case trailers
        /// The stream is not taken: one too many.
        case refused
        /// The stream is over, or we are leaving.
        case ignored
        /// The stream is reset with it.
        case misplaced(HTTP2ErrorCode)
    }

    package enum OnFrame: Equatable, Sendable {
        case nothing
        /// Settings were taken; windows may have moved.
        case settings
        case ping(UInt64)
        /// The client has heard that we are leaving.
        case departureHeard
        case block(Block, stream: UInt32, ByteBuffer, endsStream: Bool)
        /// The client wants no answer any more.
        case reset(stream: UInt32)
        /// There is more room for what waits: of one stream, or of all (0).
        case windowMoved(stream: UInt32)
        /// The client opens nothing more.
        case goAway
        /// The stream is over, and is to be reset.
        case streamError(stream: UInt32, HTTP2ErrorCode)
        case fault(HTTP2Fault)
    }

    /// Any frame but DATA.
    package mutating func received(_ head: HTTP2FrameHead, _ payload: ByteBuffer, at now: NIODeadline) -> OnFrame {
        if block != nil { return continued(head, payload, at: now) }
        guard hasSettings else { return firstSettings(head, payload) }
        guard let type = head.type else { return glitch(at: now) }
        switch type {
        case .headers: return headers(head, payload, at: now)
        case .settings: return settings(head, payload, at: now)
        case .ping: return ping(head, payload, at: now)
        case .windowUpdate: return windowUpdate(head.stream, payload, at: now)
        case .resetStream: return reset(head.stream, at: now)
        case .priority: return glitch(at: now)
        case .goAway: return glitches.use(at: now) ? .goAway : .fault(.tooManyGlitches)
        case .continuation: return .fault(.continuationUnexpected)
        case .pushPromise: return .fault(.pushPromise)
        case .data: return .nothing
        }
    }

    /// The first frame must be SETTINGS, and not an acknowledgement (RFC 9113 section 3.4).
    private mutating func firstSettings(_ head: HTTP2FrameHead, _ payload: ByteBuffer) -> OnFrame {
        guard head.type == .settings, !head.flags.contains(.acknowledgement) else { return .fault(.settingsMissing) }
        hasSettings = true
        return apply(payload)
    }

    private mutating func glitch(at now: NIODeadline) -> OnFrame { glitches.use(at: now) ? .nothing : .fault(.tooManyGlitches) }

    // MARK: HEADERS

    private mutating func headers(_ head: HTTP2FrameHead, _ payload: ByteBuffer, at now: NIODeadline) -> OnFrame {
        // One that may not stand here at all ends the connection before its block is waited for.
        if head.stream & 1 == 0 { return .fault(.streamIdInvalid) }
        if head.stream <= lastStream, index(of: head.stream) == nil, !closed.contains(head.stream) {
            return .fault(skipped.contains(head.stream) ? .streamIdInvalid : .streamClosed)
        }
        let endsStream = head.flags.contains(.endStream)
        guard head.flags.contains(.endHeaders) else {
            block = OpenBlock(stream: head.stream, endsStream: endsStream, octets: ByteBuffer(bytes: payload.readableBytesView))
            return .nothing
        }
        return whole(head.stream, payload, endsStream, at: now)
    }

    /// Nothing else may come between (RFC 9113 section 4.3).
    private mutating func continued(_ head: HTTP2FrameHead, _ payload: ByteBuffer, at now: NIODeadline) -> OnFrame {
        guard var open = block, head.type == .continuation, head.stream == open.stream else { return .fault(.headersInterrupted) }
        open.continuations += 1
        guard open.continuations <= limits.continuations else { return .fault(.tooManyContinuations) }
        guard open.octets.readableBytes + payload.readableBytes <= blockBound else { return .fault(.headersTooLarge) }
        block = nil
        open.octets.writeImmutableBuffer(payload)
        guard head.flags.contains(.endHeaders) else {
            block = open
            return .nothing
        }
        return whole(open.stream, open.octets, open.endsStream, at: now)
    }

    private mutating func whole(_ id: UInt32, _ octets: ByteBuffer, _ endsStream: Bool, at now: NIODeadline) -> OnFrame {
        let block = id > lastStream ? open(id, endsStream) : further(id, endsStream)
        // What was on its way is no more than there may be streams; beyond that it is work for nothing.
        if block == .ignored, !glitches.use(at: now) { return .fault(.tooManyGlitches) }
        return .block(block, stream: id, octets, endsStream: endsStream)
    }

    private mutating func open(_ id: UInt32, _ endsStream: Bool) -> Block {
        if case .leaving = departure { return .ignored }
        if id - lastStream > 2 { skipped = lastStream + 1..<id }
        lastStream = id
        guard streams.count < limits.streams else {
            if !endsStream { closed.insert(id) }
            return .refused
        }
        // Last in the order: no identifier is higher.
        streams.append(
            HTTP2StreamState(
                id: id, isRemoteOpen: !endsStream, send: HTTP2SendWindow(peer.initialWindow),
                receive: HTTP2ReceiveWindow(limits.streamWindow, isHeard: !awaitsSettings)))
        glitches.makeUp(Self.worth)
        return .request
    }

    private mutating func further(_ id: UInt32, _ endsStream: Bool) -> Block {
        guard let index = index(of: id) else { return .ignored }
        guard streams[index].isRemoteOpen else { return .misplaced(.streamClosed) }
        // Trailers end the body, or they are none (RFC 9113 section 8.1).
        guard endsStream else { return .misplaced(.protocolError) }
        guard streams[index].discards == nil else {
            abandoned(id)
            return .ignored
        }
        streams[index].isRemoteOpen = false
        return .trailers
    }

    // MARK: DATA

    package enum OnData: Equatable, Sendable {
        /// It is the stream's: `taken` is to be told of it.
        case deliver
        /// Nobody wants it any more.
        case ignore
        /// Nor this, and more may come.
        case discarded
        /// Nor this, and it was too much: the client is to be told.
        case unwanted
        /// The body is not as long as was said.
        case malformed
        case streamError(HTTP2ErrorCode)
        case fault(HTTP2Fault)
    }

    package mutating func received(_ part: HTTP2DataPart, at now: NIODeadline) -> OnData {
        guard block == nil else { return .fault(.headersInterrupted) }
        guard hasSettings else { return .fault(.settingsMissing) }
        if isIdle(part.stream), !beyond(part.stream) { return .fault(.streamIdle) }
        let index = index(of: part.stream)
        if let frame = part.frame {
            guard receive.receive(frame) else { return .fault(.windowExceeded) }
            let isEmpty = part.isEmpty && !(part.isLast && index != nil)
            if isEmpty, !glitches.use(at: now) { return .fault(.tooManyGlitches) }
        }
        receive.giveBack(part.padding)
        guard let index else {
            return closed.contains(part.stream) || beyond(part.stream) ? ignore(part) : .fault(.streamClosed)
        }
        return deliver(part, at: index)
    }

    private mutating func deliver(_ part: HTTP2DataPart, at index: Int) -> OnData {
        let count = part.data.readableBytes
        guard streams[index].isRemoteOpen else { return failed(part, .streamClosed) }
        if let frame = part.frame, !streams[index].receive.receive(frame) { return failed(part, .flowControlError) }
        streams[index].receive.giveBack(part.padding)
        if let discards = streams[index].discards { return discard(part, discards, at: index) }
        streams[index].untaken += count
        if part.endsStream { streams[index].isRemoteOpen = false }
        glitches.makeUp(count >= Self.much ? Self.worth : count > 0 ? 1 : 0)
        return streams[index].receiveBody(count, isLast: part.endsStream) ? .deliver : .malformed
    }

    private mutating func ignore(_ part: HTTP2DataPart) -> OnData {
        receive.giveBack(part.data.readableBytes)
        return .ignore
    }

    private mutating func failed(_ part: HTTP2DataPart, _ code: HTTP2ErrorCode) -> OnData {
        receive.giveBack(part.data.readableBytes)
        return .streamError(code)
    }

    /// Opened after we said that we look at nothing more.
    private func beyond(_ id: UInt32) -> Bool {
        if case .leaving(let last) = departure { id & 1 == 1 && id > last } else { false }
    }

    // MARK: The others

    private mutating func settings(_ head: HTTP2FrameHead, _ payload: ByteBuffer, at now: NIODeadline) -> OnFrame {
        let isAnswer = head.flags.contains(.acknowledgement)
        guard isAnswer && awaitsSettings || glitches.use(at: now) else { return .fault(.tooManyGlitches) }
        guard isAnswer else { return apply(payload) }
        awaitsSettings = false
        for index in streams.indices { streams[index].receive.heard() }
        return .nothing
    }

    /// A change of the initial window is one of each stream's (RFC 9113 section 6.9.2).
    private mutating func apply(_ payload: ByteBuffer) -> OnFrame {
        let before = peer.initialWindow
        if let fault = peer.apply(payload) { return .fault(fault) }
        let change = peer.initialWindow - before
        guard change != 0 else { return .settings }
        for index in streams.indices where !streams[index].send.grow(by: change) { return .fault(.windowOverflow) }
        return .settings
    }

    private mutating func ping(_ head: HTTP2FrameHead, _ payload: ByteBuffer, at now: NIODeadline) -> OnFrame {
        guard glitches.use(at: now) else { return .fault(.tooManyGlitches) }
        guard let data = payload.getInteger(at: payload.readerIndex, as: UInt64.self) else { return .nothing }
        guard head.flags.contains(.acknowledgement) else { return .ping(data) }
        guard awaitsDeparturePing, data == Self.departurePing else { return .nothing }
        awaitsDeparturePing = false
        return .departureHeard
    }

    private mutating func windowUpdate(_ id: UInt32, _ payload: ByteBuffer, at now: NIODeadline) -> OnFrame {
        guard glitches.use(at: now) else { return .fault(.tooManyGlitches) }
        let octets = payload.getInteger(at: payload.readerIndex, as: UInt32.self) ?? 0
        let increment = Int(octets & HTTP2FrameHead.maximum31)
        guard id > 0 else {
            guard increment > 0 else { return .fault(.windowInvalid) }
            return send.grow(by: increment) ? .windowMoved(stream: 0) : .fault(.windowOverflow)
        }
        if isIdle(id) { return beyond(id) ? .nothing : .fault(.streamIdle) }
        guard let index = index(of: id) else { return .nothing }
        guard increment > 0 else { return .streamError(stream: id, .protocolError) }
        return streams[index].send.grow(by: increment) ? .windowMoved(stream: id) : .streamError(stream: id, .flowControlError)
    }

    private mutating func reset(_ id: UInt32, at now: NIODeadline) -> OnFrame {
        if isIdle(id), !beyond(id) { return .fault(.streamIdle) }
        guard resets.use(at: now) else { return .fault(.tooManyResets) }
        guard let index = index(of: id) else { return .nothing }
        streams[index].isRemoteOpen = false
        remove(at: index)
        return .reset(stream: id)
    }
}

extension HTTP2ConnectionState {
    /// What a request, or a full frame of a body, makes up for.
    static var worth: Int { 10 }
    /// Octets of a frame that is worth that.
    static var much: Int { 1024 }
    /// Of the PING that goes with the announcement of our leaving.
    package static var departurePing: UInt64 { 0x686f_6c64_6661_7374 }
}

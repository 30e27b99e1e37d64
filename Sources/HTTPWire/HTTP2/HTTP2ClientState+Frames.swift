package import NIOCore

/// What the upstream sends.
extension HTTP2ClientState {
    package enum OnFrame: Equatable, Sendable {
        case nothing
        /// Settings were taken, and are to be acknowledged; windows may have moved, and there may be room for more streams.
        case settings
        case ping(UInt64)
        /// To be decoded whether the stream is still there or not, or the next one could not be.
        case block(stream: UInt32, ByteBuffer, OfBlock)
        /// The upstream gives up a stream.
        case reset(stream: UInt32, HTTP2ErrorCode?)
        /// There is more room for what waits.
        case windowMoved
        /// It takes no further stream. Those that it has not looked at, and will not, are over.
        case leaving(HTTP2ErrorCode?, unseen: [UInt32])
        case fault(HTTP2Fault)
    }

    package enum OfBlock: Equatable, Sendable {
        /// Of an interim answer, or the final one.
        case head(endsStream: Bool)
        case trailers
        /// Behind the head, and no end: a stream error.
        case misplaced
        /// Of a stream that is over here.
        case nobodys
    }

    /// Any frame but DATA.
    package mutating func received(_ head: HTTP2FrameHead, _ payload: ByteBuffer) -> OnFrame {
        if block != nil { return continued(head, payload) }
        guard hasSettings else { return firstSettings(head, payload) }
        guard let type = head.type else { return .nothing }
        switch type {
        case .headers: return headers(head, payload)
        case .settings: return head.flags.contains(.acknowledgement) ? .nothing : apply(payload)
        case .ping:
            let data = payload.getInteger(at: payload.readerIndex, as: UInt64.self)
            return head.flags.contains(.acknowledgement) ? .nothing : data.map { .ping($0) } ?? .nothing
        case .windowUpdate: return windowUpdate(head.stream, payload)
        case .resetStream: return reset(head.stream, payload)
        case .goAway: return goAway(payload)
        case .continuation: return .fault(.continuationUnexpected)
        case .pushPromise: return .fault(.pushPromise)
        case .priority, .data: return .nothing
        }
    }

    /// The first frame must be SETTINGS, and not an acknowledgement (RFC 9113 section 3.4).
    private mutating func firstSettings(_ head: HTTP2FrameHead, _ payload: ByteBuffer) -> OnFrame {
        guard head.type == .settings, !head.flags.contains(.acknowledgement) else { return .fault(.settingsMissing) }
        hasSettings = true
        return apply(payload)
    }

    /// A change of the initial window is one of each stream's (RFC 9113 section 6.9.2).
    private mutating func apply(_ payload: ByteBuffer) -> OnFrame {
        let before = peer.initialWindow
        if let fault = peer.apply(payload, isServer: true) { return .fault(fault) }
        let change = peer.initialWindow - before
        if change != 0 { for index in streams.indices where !streams[index].send.grow(by: change) { return .fault(.windowOverflow) } }
        return .settings
    }

    /// Even ones are the upstream's to open, which we have forbidden.
    private func isIdle(_ id: UInt32) -> Bool { id & 1 == 0 || id >= nextStream }

    // MARK: HEADERS

    private mutating func headers(_ head: HTTP2FrameHead, _ payload: ByteBuffer) -> OnFrame {
        guard !isIdle(head.stream) else { return .fault(.streamIdle) }
        let endsStream = head.flags.contains(.endStream)
        guard head.flags.contains(.endHeaders) else {
            block = HTTP2ConnectionState.OpenBlock(
                stream: head.stream, endsStream: endsStream, octets: ByteBuffer(bytes: payload.readableBytesView))
            return .nothing
        }
        return whole(head.stream, payload, endsStream)
    }

    /// Nothing else may come between (RFC 9113 section 4.3).
    private mutating func continued(_ head: HTTP2FrameHead, _ payload: ByteBuffer) -> OnFrame {
        guard var open = block, head.type == .continuation, head.stream == open.stream else { return .fault(.headersInterrupted) }
        open.continuations += 1
        guard open.continuations <= terms.continuations else { return .fault(.tooManyContinuations) }
        guard open.octets.readableBytes + payload.readableBytes <= terms.block else { return .fault(.headersTooLarge) }
        block = nil
        open.octets.writeImmutableBuffer(payload)
        guard head.flags.contains(.endHeaders) else {
            block = open
            return .nothing
        }
        return whole(open.stream, open.octets, open.endsStream)
    }

    private mutating func whole(_ id: UInt32, _ octets: ByteBuffer, _ endsStream: Bool) -> OnFrame {
        guard let index = index(of: id) else { return .block(stream: id, octets, .nobodys) }
        guard streams[index].isRemoteOpen else { return .block(stream: id, octets, .misplaced) }
        let isHead = !streams[index].hasHead
        if endsStream { streams[index].isRemoteOpen = false }
        return .block(stream: id, octets, isHead ? .head(endsStream: endsStream) : endsStream ? .trailers : .misplaced)
    }

    // MARK: DATA

    package enum OnData: Equatable, Sendable {
        /// It is the stream's: `taken` is to be told of it once it has found room.
        case deliver
        /// Nobody wants it any more.
        case ignore
        /// The body is not as long as was said, or there may be none.
        case malformed
        case streamError(HTTP2Fault)
        case fault(HTTP2Fault)
    }

    package mutating func received(_ part: HTTP2DataPart) -> OnData {
        guard block == nil else { return .fault(.headersInterrupted) }
        guard hasSettings else { return .fault(.settingsMissing) }
        guard !isIdle(part.stream) else { return .fault(.streamIdle) }
        if let frame = part.frame, !receive.receive(frame) { return .fault(.windowExceeded) }
        let count = part.data.readableBytes
        receive.giveBack(count + part.padding)
        guard let index = index(of: part.stream) else { return .ignore }
        guard streams[index].isRemoteOpen else { return .streamError(.streamClosed) }
        // A body that no head announced.
        guard streams[index].hasHead else { return .streamError(.streamIdle) }
        if let frame = part.frame, !streams[index].receive.receive(frame) { return .streamError(.windowExceeded) }
        streams[index].receive.giveBack(part.padding)
        if part.endsStream { streams[index].isRemoteOpen = false }
        return streams[index].receiveBody(count, isLast: part.endsStream) ? .deliver : .malformed
    }

    // MARK: The others

    private mutating func windowUpdate(_ id: UInt32, _ payload: ByteBuffer) -> OnFrame {
        let octets = payload.getInteger(at: payload.readerIndex, as: UInt32.self) ?? 0
        let increment = Int(octets & HTTP2FrameHead.maximum31)
        guard id > 0 else {
            guard increment > 0 else { return .fault(.windowInvalid) }
            return send.grow(by: increment) ? .windowMoved : .fault(.windowOverflow)
        }
        guard !isIdle(id) else { return .fault(.streamIdle) }
        guard let index = index(of: id) else { return .nothing }
        guard increment > 0 else { return .fault(.windowInvalid) }
        return streams[index].send.grow(by: increment) ? .windowMoved : .fault(.windowOverflow)
    }

    private mutating func reset(_ id: UInt32, _ payload: ByteBuffer) -> OnFrame {
        guard !isIdle(id) else { return .fault(.streamIdle) }
        guard let index = index(of: id) else { return .nothing }
        streams.remove(at: index)
        return .reset(stream: id, payload.getInteger(at: payload.readerIndex, as: UInt32.self).flatMap(HTTP2ErrorCode.init))
    }

    private mutating func goAway(_ payload: ByteBuffer) -> OnFrame {
        isLeaving = true
        guard let last = payload.getInteger(at: payload.readerIndex, as: UInt32.self) else { return .nothing }
        let code = payload.getInteger(at: payload.readerIndex + 4, as: UInt32.self).flatMap(HTTP2ErrorCode.init)
        let unseen = streams.map(\.id).filter { $0 > last & HTTP2FrameHead.maximum31 }
        streams.removeAll { unseen.contains($0.id) }
        return .leaving(code, unseen: unseen)
    }
}

extension HTTP2ClientState.Stream {
    /// - Returns: false where the body is not what Content-Length says (RFC 9113 section 8.1.1).
    mutating func receiveBody(_ count: Int, isLast: Bool) -> Bool {
        guard let rest = expected else { return true }
        guard count <= rest else { return false }
        expected = rest - count
        return !isLast || count == rest
    }
}

extension HTTP2ClientState {
    /// Whether both sides have ended it: to be asked once what ended it has been dealt with.
    package mutating func settle(_ id: UInt32) {
        if let index = index(of: id) { removeIfOver(at: index) }
    }
}

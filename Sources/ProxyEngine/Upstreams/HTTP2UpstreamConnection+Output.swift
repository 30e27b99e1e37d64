import HTTPWire
import NIOCore

/// What is sent.
extension HTTP2UpstreamConnection {
    /// The preface and our settings are the first we send, and are sent at once; requests follow without waiting for the upstream's.
    func greet() {
        guard let context else { return }
        var out = ByteBuffer()
        out.writeBytes(HTTP2FrameReader.preface)
        HTTP2FrameWriter.settings(state.settings(headerList: pool.responses.head), to: &out)
        if let octets = state.connectionWindowUpdate() { HTTP2FrameWriter.windowUpdate(0, by: octets, to: &out) }
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
    }

    /// Adds to what goes out at the end of this tick. The only way in.
    @discardableResult
    func gather<Result>(_ write: (inout ByteBuffer) -> Result) -> Result {
        flushLater()
        return output.box.gather(&buffers, write)
    }

    /// What all exchanges bring in one tick goes out in one write.
    func flushLater() {
        guard !output.isDue, let context else { return }
        output.isDue = true
        context.eventLoop.assumeIsolated().execute { [self] in flush() }
    }

    // MARK: Requests

    /// - Parameters:
    ///   - request: in HTTP/1.1's form, with the part of its body that goes with it.
    ///   - isWhole: nothing of its body follows.
    /// - Returns: that part; nil where the request cannot be sent here.
    func begin(_ stream: HTTP2UpstreamStream, _ request: ByteBuffer, isWhole: Bool, of exchange: Exchange) -> ByteBuffer? {
        var block = buffers.take()
        defer { buffers.giveBack(block) }
        let terms = HTTP2RequestWriter.Terms(isEncrypted: pool.limits.protocol == .http2, takesTrailers: exchange.request.isHTTP2)
        guard let length = HTTP2RequestWriter.writeBlock(of: request, terms, to: &block), let body = request.getSlice(from: length) else {
            return nil
        }
        let endsStream = isWhole && body.readableBytes == 0
        guard let id = open(stream, for: exchange.seat?.share.client, endsStream: endsStream) else { return nil }
        stream.id = id
        var prefix = ByteBuffer()
        state.beginBlock(&prefix)
        if prefix.readableBytes > 0 {
            prefix.writeImmutableBuffer(block)
            block = prefix
        }
        let limit = min(state.peer.maximumFrame, HTTP2FrameHead.maximumPayload)
        gather { HTTP2FrameWriter.headers(block, stream: id, endsStream: endsStream, maximumPayload: limit, to: &$0) }
        return body
    }

    // MARK: Bodies

    /// Frames what the windows have room for, and the buffer.
    /// - Parameters:
    ///   - part: what is framed is taken from it.
    ///   - ends: nothing follows `part`.
    func frame(_ part: inout ByteBuffer, of stream: HTTP2UpstreamStream, ends: Bool) {
        while part.readableBytes > 0, output.takesBodies, frameOnce(&part, of: stream, ends: ends) {}
    }

    /// - Returns: whether there was room.
    func frameOnce(_ part: inout ByteBuffer, of stream: HTTP2UpstreamStream, ends: Bool) -> Bool {
        let room = state.sendable(on: stream.id, atMost: EngineSettings.framePayload)
        guard room > 0, let data = part.readSlice(length: min(room, part.readableBytes)) else { return false }
        state.sent(data.readableBytes, on: stream.id)
        let isLast = ends && part.readableBytes == 0
        gather { out in
            HTTP2FrameWriter.head(.data, isLast ? .endStream : [], stream: stream.id, payload: data.readableBytes, to: &out)
            out.writeImmutableBuffer(data)
        }
        if isLast { state.ended(stream.id) }
        return true
    }

    /// The end, which needs no window.
    func frameEnd(of stream: HTTP2UpstreamStream) {
        gather { HTTP2FrameWriter.head(.data, .endStream, stream: stream.id, payload: 0, to: &$0) }
        state.ended(stream.id)
    }

    /// A frame of each stream that waits, in turns.
    /// - Returns: whether anything was framed.
    private func fill() -> Bool {
        guard output.waiting > 0, output.takesBodies else { return false }
        let waiting = streams.filter(\.waits)
        let hasFilled = FrameTurns.take(waiting, after: output.lastServed) { stream in
            guard output.takesBodies, stream.sendMore() else { return false }
            output.lastServed = stream.id
            return true
        }
        for stream in waiting { stream.tellIfMoved() }
        return hasFilled
    }

    // MARK: Writing

    /// Sends what has been gathered, as far as the upstream keeps up.
    func flush() {
        output.isDue = false
        guard let context, isServing, !output.isFlushing else { return }
        output.isFlushing = true
        let wasFull = output.isFull
        repeat {
            while isServing, let write = output.next() {
                replies = 0
                context.writeAndFlush(wrapOutboundOut(write.bytes), promise: write.isConfirmed ? confirmation(context) : nil)
                if !write.isPart { buffers.giveBack(write.bytes) }
            }
        } while isServing && fill()
        output.isFlushing = false
        if wasFull, isServing { offer() }
    }

    private func confirmation(_ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            output.box.confirmed()
            if !output.isFlushing { flushLater() }
        }
        return written
    }
}

extension ByteBuffer {
    /// What stands behind its first octets; nil where it has fewer.
    fileprivate func getSlice(from offset: Int) -> ByteBuffer? { getSlice(at: readerIndex + offset, length: readableBytes - offset) }
}

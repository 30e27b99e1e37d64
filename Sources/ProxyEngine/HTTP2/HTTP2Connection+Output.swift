import HTTPWire
import NIOCore

/// What is sent.
extension HTTP2Connection {
    /// Adds to what goes out at the end of this tick. The only way in.
    func gather<Result>(_ write: (inout ByteBuffer) -> Result) -> Result {
        flushLater()
        return output.box.gather(&loop.buffers, write)
    }

    /// All that the events of one tick bring goes out in one write.
    func flushLater() {
        guard !output.isDue else { return }
        output.isDue = true
        loop.flushLater(self)
    }

    /// Whether what an upstream brings for this stream can go out as it comes.
    func hasAmpleRoom(for stream: HTTP2Stream) -> Bool {
        output.takesBodies && state.sendable(on: stream.id) >= EngineSettings.ampleWindow
    }

    /// Whoever would make the client's answers grow beyond what may wait is not read from, and is again once the client has read.
    func shareOut() {
        let isHolding = output.waiting + output.gathered > EngineSettings.heldAnswers
        guard isHolding || output.isHolding else { return }
        output.isHolding = isHolding
        for stream in streams { stream.exchange?.outputMoved(isAll: false) }
    }

    // MARK: Bodies

    /// Frames what the windows have room for, and the buffer.
    /// - Parameter part: what is framed is taken from it.
    func frame(_ part: inout ByteBuffer, of stream: HTTP2Stream) {
        while part.readableBytes > 0, output.takesBodies, frameOnce(&part, of: stream) {}
    }

    /// - Returns: whether there was room.
    private func frameOnce(_ part: inout ByteBuffer, of stream: HTTP2Stream) -> Bool {
        let room = state.sendable(on: stream.id, atMost: EngineSettings.framePayload)
        guard room > 0, let data = part.readSlice(length: min(room, part.readableBytes)) else { return false }
        state.sent(data.readableBytes, on: stream.id)
        let flags = gather { out in
            let position = out.writerIndex + 4
            HTTP2FrameWriter.head(.data, stream: stream.id, payload: data.readableBytes, to: &out)
            out.writeImmutableBuffer(data)
            return position
        }
        stream.lastFrame = output.mark(flags)
        return true
    }

    /// A frame of each stream that waits, in turns.
    /// - Returns: whether anything was framed.
    private func fill() -> Bool {
        guard output.waiting > 0, output.takesBodies else { return false }
        return FrameTurns.take(streams.filter(\.waits), after: output.lastServed) { stream in
            guard output.takesBodies, stream.sendMore() else { return false }
            output.lastServed = stream.id
            return true
        }
    }

    /// One frame of what waits.
    func frameWaiting(_ waiting: inout ByteBuffer, of stream: HTTP2Stream) -> Bool {
        let before = waiting.readableBytes
        let isSent = frameOnce(&waiting, of: stream)
        output.waiting -= before - waiting.readableBytes
        return isSent
    }

    // MARK: Writing

    /// Sends what has been gathered, as far as the client keeps up.
    func flush() {
        output.isDue = false
        guard let context, isServing, !output.isFlushing else { return }
        output.isFlushing = true
        repeat {
            // What is framed may be one fault too many: GOAWAY was the last then, and what was gathered behind it goes nowhere.
            while isServing, let write = output.next() {
                writePages.willWrite(write.bytes, context)
                context.writeAndFlush(wrapOutboundOut(write.bytes), promise: write.isConfirmed ? confirmation(context) : nil)
                if !write.isPart { loop.buffers.giveBack(write.bytes) }
            }
        } while isServing && fill()
        output.isFlushing = false
        guard isServing else { return }
        shareOut()
        patience.ownAnswerWaits(streams.contains { $0.exchange == nil && $0.waits }, at: loop.now)
        rearm()
        outputMoved()
    }

    private func confirmation(_ context: ChannelHandlerContext) -> EventLoopPromise<Void> {
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            output.box.confirmed()
            // At once, mostly; what is left then goes out by the loop that wrote this.
            if output.isFlushing { return }
            loop.eventBegan()
            flushLater()
        }
        return written
    }

    /// The last output: whatever the client still has to read.
    func flushAll() {
        guard let context else { return }
        while let out = output.rest() { context.writeAndFlush(wrapOutboundOut(out), promise: nil) }
    }
}

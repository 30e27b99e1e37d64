import NIOCore

/// What goes to the client, in what portions, and what follows where it does not read.
///
/// Output is gathered in one buffer and handed to TLS in one write. While a write is under way whose end is waited for, nothing more is
/// handed on: TLS and the channel keep each write with the whole of its storage, so that a client which does not read, fed octet by
/// octet, would hold a hundred times what is counted. The end of a whole answer's write is waited for now and then only, since that costs.
extension ClientConnection {
    /// Nothing more is taken for this client, or from it, until it has read.
    var isOutputBlocked: Bool { outputInFlight || !isWritable }

    /// Adds to what is sent next. The only way in, so that nothing which waits can be overwritten.
    func gather<Result>(_ write: (inout ByteBuffer) -> Result) -> Result {
        var out = outgoing ?? loop.takeBuffer()
        outgoing = nil
        let result = write(&out)
        outgoing = out
        return result
    }

    /// Sends what has been gathered, a TLS record at a time; where the client does not keep up, the upstream is not read from until it does.
    /// - Parameter isWhole: it ends an answer.
    func flushToClient(isWhole: Bool = false) {
        guard let context else { return }
        if var out = outgoing, !isOutputBlocked {
            outgoing = nil
            while out.readableBytes > EngineSettings.recordSize, !isOutputBlocked, let record = out.readSlice(length: EngineSettings.recordSize) {
                write(record, context)
            }
            if isOutputBlocked {
                outgoing = out
            } else {
                // The watermark tells of large writes that stay unread, and of many small ones it would tell too late.
                let isConfirmed =
                    out.readableBytes < EngineSettings.smallWrite && (!isWhole || unconfirmedWrites >= EngineSettings.unconfirmedWrites)
                if isConfirmed { writeConfirmed(out, context) } else { write(out, context) }
                loop.giveBack(out)
            }
        }
        guard isOutputBlocked else { return }
        upstream?.setReading(false)
        setPaused(.outputFull, true)
        downloadRate.wait(true, at: loop.now)
        if let end = downloadRate.deadline { deadline = min(deadline, end) }
    }

    /// The last output: whatever the client still has to read.
    func flushAll() {
        guard let context, var out = outgoing else { return }
        outgoing = nil
        while let record = out.readSlice(length: min(out.readableBytes, EngineSettings.recordSize)), record.readableBytes > 0 {
            write(record, context)
        }
        loop.giveBack(out)
    }

    private func write(_ out: ByteBuffer, _ context: ChannelHandlerContext) {
        unconfirmedWrites += 1
        context.writeAndFlush(wrapOutboundOut(out), promise: nil)
    }

    private func writeConfirmed(_ out: ByteBuffer, _ context: ChannelHandlerContext) {
        outputInFlight = true
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in
            outputInFlight = false
            unconfirmedWrites = 0
            loop.eventBegan()
            outputMoved()
        }
        context.writeAndFlush(wrapOutboundOut(out), promise: written)
    }

    /// The client has read some of what was sent, or there was room for it at once.
    func outputMoved() {
        if outgoing != nil, !isOutputBlocked { flushToClient() }
        switch phase {
        case .exchanging: progress()
        case .delivering(let keepsClient):
            if isOutputBlocked || outgoing != nil { progress() } else { delivered(keepsClient: keepsClient) }
        default: break
        }
        guard !isOutputBlocked else { return }
        upstream?.setReading(true)
        setPaused(.outputFull, false)
        processPending()
    }
}

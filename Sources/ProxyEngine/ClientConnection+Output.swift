import NIOCore

/// What goes to the client, in what portions, and what follows where it does not read.
///
/// Output is gathered in one buffer and handed to TLS in one write. While a write is under way whose end is waited for, nothing more is
/// handed on: TLS and the channel keep each write with the whole of its storage, so that a client which does not read, fed octet by
/// octet, would hold a hundred times what is counted. The end of a whole answer's write is waited for now and then only, since that costs.
extension ClientConnection {
    /// Nothing more is taken for this client, or from it, until it has read.
    var isOutputBlocked: Bool { outputInFlight || !isWritable }

    /// Handed to TLS, and sent by the next flush.
    func write(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        hasUnflushed = true
        context?.write(wrapOutboundOut(bytes), promise: nil)
    }

    /// Sends what has been gathered; where the client does not keep up, the upstream is not read from until it does.
    /// - Parameter isWhole: it ends an answer.
    func flushToClient(isWhole: Bool = false) {
        guard let context else { return }
        if !isOutputBlocked, outgoing != nil || hasUnflushed {
            let out = outgoing
            outgoing = nil
            hasUnflushed = false
            send(out ?? ByteBuffer(), context, confirmed: !isWhole || unconfirmedWrites >= EngineSettings.unconfirmedWrites)
            if let out { loop.giveBack(out) }
        }
        if isOutputBlocked {
            upstream?.setReading(false)
            setPaused(.outputFull, true)
        }
    }

    private func send(_ out: ByteBuffer, _ context: ChannelHandlerContext, confirmed: Bool) {
        guard confirmed else {
            unconfirmedWrites += 1
            context.writeAndFlush(wrapOutboundOut(out), promise: nil)
            return
        }
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

import HTTPWire
import NIOCore

/// From the exchange to the client.
extension HTTP2Stream: Downstream {
    /// Something waits for the client, or would.
    var isOutputBlocked: Bool {
        guard !isDone else { return false }
        return waits || connection.output.isHolding && !connection.hasAmpleRoom(for: self)
    }
    /// What follows on the connection has streams of its own.
    var mayPersist: Bool { true }
    var waits: Bool { waiting.readableBytes > 0 }

    // MARK: Heads

    func writeHead(isInterim: Bool = false, _ write: (inout ByteBuffer) -> Void) {
        let limit = connection.state.peer.maximumFrame
        let flags = connection.gather { out in
            HTTP2FrameWriter.headers(stream: id, maximumPayload: limit, to: &out) {
                connection.state.beginBlock(&$0)
                write(&$0)
            }
        }
        lastFrame = isInterim ? nil : connection.output.mark(flags)
    }

    func passInterim(_ raw: ByteBuffer) {
        guard let exchange else { return }
        writeHead(isInterim: true) { exchange.generation.responseHead.writeBlock(from: raw, to: &$0) }
    }

    func sayContinue() { writeHead(isInterim: true) { HTTP2AnswerWriter.writeBlock(status: 100, to: &$0) } }

    func beginAnswer(_ raw: ByteBuffer, closing: Bool, fields: [UInt8]) {
        guard let exchange else { return }
        writeHead { exchange.generation.responseHead.writeBlock(from: raw, to: &$0, extra: fields) }
        headReleased()
    }

    // MARK: Bodies

    func passBody(_ part: ByteBuffer) {
        var rest = part
        if !waits { connection.frame(&rest, of: self) }
        guard rest.readableBytes > 0 else { return }
        connection.output.waiting += rest.readableBytes
        waiting.writeImmutableBuffer(rest)
        connection.shareOut()
    }

    func endAnswer(trailers: [UInt8]) {
        self.trailers = trailers
        isEnding = true
        if !waits { finish() }
    }

    /// The end goes with the last frame, where that was not sent yet.
    private func finish() {
        guard !isDone else { return }
        isDone = true
        writeTrailers()
        if let lastFrame, connection.output.end(at: lastFrame, &loop.buffers) { return }
        connection.gather { HTTP2FrameWriter.head(.data, .endStream, stream: id, payload: 0, to: &$0) }
    }

    private func writeTrailers() {
        guard !trailers.isEmpty else { return }
        let generation = exchange?.generation ?? loop.generation
        var block = loop.buffers.take()
        defer { loop.buffers.giveBack(block) }
        guard generation.responseHead.writeTrailerBlock(trailers, to: &block) else { return }
        writeHead { $0.writeImmutableBuffer(block) }
    }

    /// A frame of what waits, where the windows have room.
    func sendMore() -> Bool {
        guard waits, connection.frameWaiting(&waiting, of: self) else { return false }
        if !waits {
            waiting = ByteBuffer()
            if isEnding { finish() }
        }
        if let exchange { exchange.outputMoved(isAll: isDone) } else if isDone { connection.answered(self) }
        return true
    }

    /// - Returns: octets that waited.
    func dropOutput() -> Int {
        defer { waiting = ByteBuffer() }
        return waiting.readableBytes
    }

    func flush(isWhole: Bool) {
        connection.flushLater()
        if isOutputBlocked { exchange?.outputBlocked(true) }
    }

    // MARK: Ends

    func answer(_ answer: OwnAnswer, fields: [UInt8]) {
        let isHead = exchange?.request.isHead ?? false
        let front = exchange?.request.front
        exchange = nil
        if front == .envoy { return tell(answer, fields: fields) }
        let answer = front == .http ? answer.forFrontOfHTTP : answer
        var text = loop.buffers.take()
        defer { loop.buffers.giveBack(text) }
        answer.write(into: &text, fields: fields, isHead: isHead, closing: false)
        var head: Int?
        writeHead { head = HTTP2AnswerWriter.writeBlock(of: text, to: &$0) }
        headReleased()
        text.moveReaderIndex(forwardBy: min(head ?? text.readableBytes, text.readableBytes))
        passBody(text)
        endAnswer(trailers: [])
        if isDone { connection.answered(self) }
    }

    func exchangeOver(keepsClient: Bool) {
        exchange = nil
        guard isDone else { return connection.reset(id, .cancel, isClients: false) }
        connection.answered(self)
    }

    /// What the client has of the answer must not look whole.
    func cut(atOnce: Bool) {
        let ending = exchange?.state.ending, isTunnel = isTunnel
        exchange = nil
        switch ending {
        // What a reset is of a connection of its own (RFC 8441 section 5).
        case _ where isTunnel: connection.reset(id, .cancel, isClients: false)
        case .clientMalformed: connection.reset(id, .protocolError, isClients: true)
        case .clientSlow, .clientGone, .drained: connection.reset(id, .cancel, isClients: false)
        default: connection.reset(id, .internalError, isClients: false)
        }
    }

    func drop() {
        exchange = nil
        connection.dropped(self)
    }
}

import NIOCore

/// Writes answers as directed. Writing waits for the peer to read, so that a body of any size takes little memory.
struct AnswerWriter {
    private static let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 65_536)

    let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>

    func send(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text)) }

    /// - Parameter content: the body, unless the directions ask for one of a given size.
    func answer(_ directions: Directions, content: ByteBuffer, type: String, to head: ReceivedHead) async throws {
        if let delay = directions.delay { try await Task.sleep(for: delay.duration) }
        if directions.garbage { return try await send("\u{1}\u{2} this is not HTTP\r\n\r\n") }
        if directions.hints { try await send("HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n") }

        let length = directions.size ?? content.readableBytes
        let mayHaveBody = directions.status >= 200 && directions.status != 204 && directions.status != 304
        var text = "HTTP/1.1 \(directions.status) Lab\r\nContent-Type: \(directions.size == nil ? type : "text/plain")\r\n"
        for field in directions.fields { text += "\(field)\r\n" }
        if directions.trailers { text += "Trailer: Lab-Trailer\r\n" }
        if mayHaveBody { text += directions.chunked ? "Transfer-Encoding: chunked\r\n" : "Content-Length: \(length)\r\n" }
        if directions.close || !head.keepsAlive { text += "Connection: close\r\n" }
        text += "\r\n"
        guard mayHaveBody, head.method != "HEAD" else { return try await send(text) }

        if directions.size == nil, !directions.chunked, directions.drip == nil, directions.truncate == nil {
            var whole = ByteBuffer(string: text)
            whole.writeImmutableBuffer(content)
            return try await outbound.write(whole)
        }
        try await send(text)
        try await stream(directions, content: directions.size == nil ? content : nil, length: length)
    }

    private func stream(_ directions: Directions, content: ByteBuffer?, length: Int) async throws {
        let end = min(length, directions.truncate ?? length)
        let step = directions.drip == nil ? Self.piece.readableBytes : 1
        var sent = 0
        while sent < end {
            let count = min(step, end - sent)
            let source = content ?? Self.piece
            let start = source.readerIndex + (content == nil ? 0 : sent)
            guard let octets = source.getSlice(at: start, length: count) else { return }
            if directions.chunked { try await send(String(count, radix: 16) + "\r\n") }
            try await outbound.write(octets)
            if directions.chunked { try await send("\r\n") }
            sent += count
            if let drip = directions.drip { try await Task.sleep(for: drip.duration) }
        }
        guard directions.truncate == nil, directions.chunked else { return }
        try await send("0\r\n" + (directions.trailers ? "Lab-Trailer: last\r\n" : "") + "\r\n")
    }
}

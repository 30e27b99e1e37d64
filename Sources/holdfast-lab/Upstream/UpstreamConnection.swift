import NIOCore

/// One connection to the upstream, from its first request to its end.
struct UpstreamConnection {
    let number: Int
    let ledger: UpstreamLedger

    func serve(_ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, _ outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws {
        var reader = WireReader(inbound, ledger: ledger)
        let writer = AnswerWriter(outbound: outbound)
        var count = 0
        while let octets = try await reader.head() {
            count += 1
            let head = ReceivedHead(octets)
            guard try await answer(head, number: count, from: &reader, to: writer) else { return }
        }
    }

    /// True where another request may follow.
    private func answer(
        _ head: ReceivedHead, number request: Int, from reader: inout WireReader, to writer: AnswerWriter
    ) async throws -> Bool {
        if head.target == "/_lab/count" {
            try await writer.answer(Directions([]), content: ByteBuffer(bytes: JSONText.encode(ledger.current)), type: "application/json", to: head)
            return head.keepsAlive
        }
        ledger.requested()
        let directions: Directions
        do {
            directions = try Directions(head.values("lab-respond"))
        } catch {
            var refusal = try Directions(["status=400;close"])
            refusal.early = true
            try await writer.answer(refusal, content: ByteBuffer(string: "\(error)\n"), type: "text/plain", to: head)
            return false
        }
        if !directions.early, head.lists("100-continue", in: "expect") { try await writer.send("HTTP/1.1 100 Continue\r\n\r\n") }
        var body: ReceivedBody?
        if !directions.early || directions.hangUp != nil {
            body = try await ReceivedBody.read(for: head, from: &reader, limit: directions.hangUp)
            guard directions.hangUp == nil, body?.complete == true else { return false }
        }
        let report = UpstreamReport(head: head, body: body, connection: number, request: request)
        try await writer.answer(directions, content: report.json, type: "application/json", to: head)
        guard !directions.close, !directions.garbage, directions.truncate == nil, head.keepsAlive else { return false }
        return try await directions.early ? ReceivedBody.read(for: head, from: &reader).complete : true
    }
}

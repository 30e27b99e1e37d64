package import NIOCore

/// One request without a body on a connection of its own, of whose answer only the status matters: what an upstream's health is asked by.
package final class HTTP2Inquiry {
    package enum Finding: Equatable, Sendable {
        /// More has to come.
        case nothing
        case status(Int)
        case fault(HTTP2Fault)
    }

    /// All that is sent: the preface, our settings, and the request.
    package let opening: ByteBuffer
    private var state = HTTP2ClientState()
    private var reader = HTTP2FrameReader(withPreface: false)
    private var decoder = HPACKDecoder()
    private var input = ByteBuffer()

    /// - Parameter request: in HTTP/1.1's form; nil where it is none.
    package init?(_ request: ByteBuffer, isEncrypted: Bool) {
        var block = ByteBuffer()
        var out = ByteBuffer(bytes: HTTP2FrameReader.preface)
        guard HTTP2RequestWriter.writeBlock(of: request, .init(isEncrypted: isEncrypted, takesTrailers: false), to: &block) != nil,
            let stream = state.open(endsStream: true)
        else { return nil }
        HTTP2FrameWriter.settings(state.settings(headerList: WireLimits.response.head), to: &out)
        HTTP2FrameWriter.headers(block, stream: stream, endsStream: true, to: &out)
        opening = out
    }

    /// Reads no more of the answer than its head.
    package func received(_ octets: ByteBuffer) -> Finding {
        input.writeImmutableBuffer(octets)
        while true {
            switch reader.next(&input) {
            case .incomplete: return .nothing
            case .fault(let fault): return .fault(fault)
            case .preface: break
            case .data(let part): if case .fault(let fault) = state.received(part) { return .fault(fault) }
            case .frame(let head, let payload):
                if let found = received(head, payload) { return found }
            }
        }
    }

    private func received(_ head: HTTP2FrameHead, _ payload: ByteBuffer) -> Finding? {
        switch state.received(head, payload) {
        case .fault(let fault): return .fault(fault)
        case .block(_, let block, .head(let endsStream)): return status(of: block, endsStream: endsStream)
        case .reset, .leaving(_, unseen: [1]): return .fault(.streamClosed)
        default: return nil
        }
    }

    /// - Returns: nil for an interim one.
    private func status(of block: ByteBuffer, endsStream: Bool) -> Finding? {
        var head = ByteBuffer()
        let outcome = block.withUnsafeReadableBytes { decoder.answer($0, HTTP2AnswerTerms(endsStream: endsStream), into: &head) }
        guard outcome == .whole, let text = head.getString(at: head.readerIndex + 9, length: 3), let status = Int(text) else {
            return .fault(.compressionInvalid)
        }
        return status < 200 ? nil : .status(status)
    }
}

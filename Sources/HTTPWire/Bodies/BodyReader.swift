package import NIOCore

/// Takes the framing off a message body in whatever pieces it arrives: none, a length, chunks, or up to the end of the connection
/// (RFC 9112 section 6). All the chunk data of one piece comes in one buffer, however small the chunks are.
package struct BodyReader: Sendable {
    private enum Framing {
        case over
        case length(Int)
        case chunked(ChunkedBodyReader)
        case untilClose
    }

    /// What one piece held.
    package struct Step {
        /// The body's own octets, which may be none.
        package var data: ByteBuffer
        /// What follows in the piece, if anything, belongs to the next message.
        package var isOver: Bool
        /// The framing is lost: nothing after `data` can be read for certain.
        package var fault: WireFault?
        /// With `isOver`: whole lines of the trailer section, each ended by CR LF, where they are kept.
        package var trailers: [UInt8] = []
        /// Where it ends was understood by ``ResponseTolerance/bareLF``: what follows it is not to be trusted.
        package var isGuess = false
    }

    private var framing: Framing

    /// - Parameter keepsTrailers: for a client who can be sent them; else they are checked and dropped.
    package init(_ framing: BodyFraming, limits: WireLimits = .request, keepsTrailers: Bool = false) {
        switch framing {
        case .none: self.framing = .over
        case .length(let length): self.framing = length > 0 ? .length(length) : .over
        case .chunked: self.framing = .chunked(ChunkedBodyReader(limits: limits, keepsTrailers: keepsTrailers))
        case .untilClose: self.framing = .untilClose
        }
    }

    /// For a message without a body.
    package static let none = BodyReader(.none)

    package var isOver: Bool { if case .over = framing { true } else { false } }
    package var endsWithTheConnection: Bool { if case .untilClose = framing { true } else { false } }
    package var isChunked: Bool { if case .chunked = framing { true } else { false } }

    /// Octets that are still to come, where that is known.
    package var remaining: Int? {
        switch framing {
        case .over: 0
        case .length(let rest): rest
        case .chunked, .untilClose: nil
        }
    }

    /// Consumes what `piece` holds of the body.
    /// - Returns: `data` shares the storage of `piece`, except that of chunks.
    package mutating func next(_ piece: inout ByteBuffer) -> Step {
        switch framing {
        case .over: return Step(data: ByteBuffer(), isOver: true)
        case .length(let rest):
            let data = piece.readSlice(length: min(rest, piece.readableBytes)) ?? ByteBuffer()
            framing = data.readableBytes == rest ? .over : .length(rest - data.readableBytes)
            return Step(data: data, isOver: isOver)
        case .untilClose: return Step(data: piece.readSlice(length: piece.readableBytes) ?? ByteBuffer(), isOver: false)
        case .chunked(var reader):
            framing = .over
            var step = Step(data: ByteBuffer(), isOver: false)
            Self.gather(&piece, &reader, into: &step)
            step.isGuess = reader.isGuess
            if !step.isOver, step.fault == nil { framing = .chunked(reader) }
            return step
        }
    }

    private static func gather(_ piece: inout ByteBuffer, _ reader: inout ChunkedBodyReader, into step: inout Step) {
        var data = ByteBufferAllocator().buffer(capacity: piece.readableBytes)
        let consumed = piece.withUnsafeReadableBytes { octets in
            var position = 0
            while true {
                let (count, event) = reader.next(UnsafeRawBufferPointer(rebasing: octets[position...]))
                switch event {
                case .data(let range):
                    data.writeBytes(UnsafeRawBufferPointer(rebasing: octets[(position + range.lowerBound)..<(position + range.upperBound)]))
                case .needMore: return position + count
                case .end:
                    step.isOver = true
                    step.trailers = reader.trailers
                    return position + count
                case .fault(let fault):
                    step.fault = fault
                    return position + count
                }
                position += count
            }
        }
        piece.moveReaderIndex(forwardBy: consumed)
        step.data = data
    }
}

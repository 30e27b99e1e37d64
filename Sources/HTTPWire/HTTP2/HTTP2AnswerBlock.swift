package import NIOCore

/// What the reading of an answer's header block depends on.
package struct HTTP2AnswerTerms: Equatable, Sendable {
    /// The request was HEAD: nothing follows whatever the fields say.
    package var isToHead: Bool
    /// No DATA follows.
    package var endsStream: Bool
    /// Whether the client's protocol ends a body without having announced its length: then nothing is said of one that the upstream did not
    /// announce, not even that there is none.
    package var leavesLengthOpen: Bool

    package init(isToHead: Bool = false, endsStream: Bool, leavesLengthOpen: Bool = false) {
        self.isToHead = isToHead
        self.endsStream = endsStream
        self.leavesLengthOpen = leavesLengthOpen
    }
}

/// What became of an upstream's header block (RFC 9113 section 8.3.2).
package enum HTTP2AnswerBlock: Equatable, Sendable {
    /// The whole section stands in the buffer, in HTTP/1.1's form.
    case whole
    /// None by RFC 9113 section 8.1.1: a stream error of type PROTOCOL_ERROR.
    case malformed(WireFault)
    /// Beyond a bound of ours.
    case refused(WireFault)
    /// A connection error of type COMPRESSION_ERROR.
    case undecodable(HPACKFault)
}

extension HPACKDecoder {
    /// - Parameters:
    ///   - block: the whole of it, of HEADERS and all its CONTINUATION frames, without padding.
    ///   - head: what it holds is thrown away; keep one for all blocks of a loop, so that its storage is made once.
    /// - Returns: with `.whole`, what is readable in `head` is `HTTP/1.1 NNN `, the fields in their order, `transfer-encoding: chunked` where
    ///   a body of unknown length follows, and the empty line; else nothing is. What the fields say is for ``ResponseHead`` to judge.
    package mutating func answer(
        _ block: UnsafeRawBufferPointer, _ terms: HTTP2AnswerTerms, limits: WireLimits = .response, into head: inout ByteBuffer
    ) -> HTTP2AnswerBlock {
        assemble(block, .answer(terms), limits, into: &head)
    }

    /// A block behind the body of an answer.
    /// - Returns: with `.whole`, what is readable in `lines` are its fields, each a line that is ended by CR LF.
    package mutating func answerTrailers(
        _ block: UnsafeRawBufferPointer, limits: WireLimits = .response, into lines: inout ByteBuffer
    ) -> HTTP2AnswerBlock {
        assemble(block, .answerTrailers, limits, into: &lines)
    }

    private mutating func assemble(
        _ block: UnsafeRawBufferPointer, _ purpose: HTTP2HeadAssembly.Purpose, _ limits: WireLimits, into out: inout ByteBuffer
    ) -> HTTP2AnswerBlock {
        out.clear()
        var outcome = HTTP2AnswerBlock.undecodable(.stringTooLong)
        var place = 0..<0
        _ = out.writeWithUnsafeMutableBytes(minimumWritableBytes: room(block, limits)) { memory in
            guard var assembly = HTTP2HeadAssembly(memory, of: purpose, limits) else { return 0 }
            do throws(HPACKFault) {
                try decode(block, into: &assembly)
                if case .answer(let terms) = purpose { assembly.finish(terms) }
                outcome = assembly.answerOutcome
                if outcome == .whole { place = (assembly.start ?? 0)..<assembly.end }
            } catch {
                outcome = .undecodable(error)
            }
            return place.upperBound
        }
        out.moveReaderIndex(forwardBy: place.lowerBound)
        return outcome
    }
}

extension HTTP2HeadAssembly {
    /// `:status`, once, and before anything else (RFC 9113 section 8.3.2).
    mutating func keepStatus() {
        guard reader.equals(name, ":status") else {
            fault = .malformed(.pseudoFieldUnknown)
            return
        }
        guard status == nil else {
            fault = .malformed(.pseudoFieldRepeated)
            return
        }
        guard value.count == 3, let number = reader.decimal(value), number >= 100 else {
            fault = .malformed(.statusLineMalformed)
            return
        }
        status = number
        end = value.upperBound
    }

    mutating func writeStatusLine() {
        start = end
        guard let status else {
            fault = .malformed(.pseudoFieldMissing)
            return
        }
        put("HTTP/1.1 ")
        for place in [100, 10, 1] { put(digit: status / place % 10) }
        put(" ")
        endLine()
    }

    private mutating func put(digit: Int) {
        let octet = UInt8(truncatingIfNeeded: 0x30 + digit)
        withUnsafeBytes(of: octet) { put($0) }
    }

    mutating func keepAnswerField() {
        if kind == .contentLength { contentLength = 0 }
        lines += 1
        keepLine()
    }

    /// The framing, which HTTP/2 has in its frames alone, and the end of the head.
    mutating func finish(_ terms: HTTP2AnswerTerms) {
        guard fault == nil else { return }
        if start == nil { writeLine() }
        guard fault == nil, let status else { return }
        let mayHaveBody = status >= 200 && status != 204 && status != 304 && !terms.isToHead
        if mayHaveBody, contentLength == nil {
            put(terms.endsStream && !terms.leavesLengthOpen ? "content-length: 0\r\n" : "transfer-encoding: chunked\r\n")
        }
        endLine()
    }

    var answerOutcome: HTTP2AnswerBlock {
        switch fault {
        case .malformed(let fault): .malformed(fault)
        case .refused(let fault): .refused(fault)
        case nil: .whole
        }
    }
}

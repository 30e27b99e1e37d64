import NIOCore

/// A response head as some servers write it, written anew in the form that ``ResponseHead`` takes: what is mended is parsed by the same
/// strict rules as everything else.
///
/// Folded lines are joined by a space, as RFC 9112 section 5.2 has it; the rest by a word of ``ResponseTolerance`` only. Not mended is
/// what readers differ about: a line that says where the body ends, whatever is wrong with its text, and a continuation of blanks alone, which some take for the
/// end of the head.
struct HeadMending {
    enum Outcome: Equatable {
        case incomplete
        /// - Parameters:
        ///   - consumed: octets of the head as it came.
        ///   - isGuess: where a line ends was not certain.
        case mended(consumed: Int, isGuess: Bool)
        case refused(WireFault)
    }

    private let reader: OctetReader
    private let tolerance: ResponseTolerance
    private var position = 0
    private var isGuess = false

    /// Whether a head that is refused so may be another one once it is mended.
    static func mayHelp(against fault: WireFault, _ tolerance: ResponseTolerance) -> Bool {
        switch fault {
        case .lineFolded: true
        case .bareLF: tolerance.contains(.bareLF)
        case .bareCR, .fieldValueInvalid: tolerance.contains(.controlCharacters)
        default: false
        }
    }

    /// - Parameters:
    ///   - octets: all received of the head so far, and perhaps more.
    ///   - limit: octets of a head.
    ///   - buffer: empty; gets the head, and what it holds means nothing unless the outcome is `.mended`.
    static func mend(_ octets: UnsafeRawBufferPointer, limit: Int, _ tolerance: ResponseTolerance, into buffer: inout ByteBuffer) -> Outcome {
        guard let reader = OctetReader(octets, limit: limit) else { return .incomplete }
        var mending = HeadMending(reader, tolerance)
        do throws(HeadStop) {
            try mending.run(into: &buffer)
            return .mended(consumed: mending.position, isGuess: mending.isGuess)
        } catch {
            switch error {
            case .incomplete: return octets.count >= limit ? .refused(.headTooLarge) : .incomplete
            case .refused(let fault): return .refused(fault)
            }
        }
    }

    private init(_ reader: OctetReader, _ tolerance: ResponseTolerance) {
        self.reader = reader
        self.tolerance = tolerance
    }

    private mutating func run(into buffer: inout ByteBuffer) throws(HeadStop) {
        try copyText(from: 0, opening: Self.statusOctets, into: &buffer)
        // Between the status line and the first field nothing can be continued (RFC 9112 section 2.2).
        guard !Octet.isBlank(try reader.octet(position)) else { throw .refused(.lineFolded) }
        while true {
            if try lineEnds() {
                buffer.writeInteger(UInt16(0x0d0a))
                return
            }
            try copyField(into: &buffer)
        }
    }

    /// Up to and with the space behind the status, where nothing is mended.
    private static let statusOctets = 13

    /// One field with all its continuations.
    private mutating func copyField(into buffer: inout ByteBuffer) throws(HeadStop) {
        let start = position
        var colon = start
        while isName(try reader.octet(colon)) { colon += 1 }
        let isFraming = isFraming(start..<colon)
        try copyText(from: start, opening: isFraming ? .max : colon - start + 1, into: &buffer)
        while Octet.isBlank(try reader.octet(position)) {
            guard !isFraming else { throw .refused(.lineFolded) }
            while Octet.isBlank(try reader.octet(position)) { position += 1 }
            let octet = try reader.octet(position)
            guard octet != Octet.cr, octet != Octet.lf else { throw .refused(.lineFolded) }
            // The line end that was just written.
            buffer.moveWriterIndex(to: buffer.writerIndex - 2)
            buffer.writeInteger(Octet.space)
            try copyText(from: position, opening: 0, into: &buffer)
        }
    }

    /// To the end of the line, which is written as CR LF.
    /// - Parameter opening: octets at its beginning in which nothing is mended.
    private mutating func copyText(from start: Int, opening: Int, into buffer: inout ByteBuffer) throws(HeadStop) {
        position = start
        while try !lineEnds() {
            let octet = try reader.octet(position)
            if Octet.isText(octet) {
                buffer.writeInteger(octet)
            } else {
                guard tolerance.contains(.controlCharacters), position - start >= opening else {
                    throw .refused(octet == Octet.cr ? .bareCR : .fieldValueInvalid)
                }
                if octet == Octet.cr { isGuess = true }
                buffer.writeInteger(Octet.space)
            }
            position += 1
        }
        buffer.writeInteger(UInt16(0x0d0a))
    }

    /// Whether a line ends here; its end is consumed.
    private mutating func lineEnds() throws(HeadStop) -> Bool {
        switch try reader.octet(position) {
        case Octet.lf:
            guard tolerance.contains(.bareLF) else { throw .refused(.bareLF) }
            isGuess = true
            position += 1
            return true
        case Octet.cr:
            guard try reader.octet(position + 1) == Octet.lf else { return false }
            position += 2
            return true
        default: return false
        }
    }

    private func isName(_ octet: UInt8) -> Bool { Octet.isToken(octet) || Octet.isBlank(octet) }

    private func isFraming(_ name: Range<Int>) -> Bool {
        var end = name.upperBound
        while end > name.lowerBound, Octet.isBlank(reader.octetOrZero(end - 1)) { end -= 1 }
        let name = name.lowerBound..<end
        return reader.matches(name, "content-length") || reader.matches(name, "transfer-encoding")
    }
}

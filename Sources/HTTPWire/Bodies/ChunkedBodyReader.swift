/// Takes the chunked coding off a body, in whatever pieces it arrives (RFC 9112 section 7.1). Nothing is gathered: data is
/// told by where it lies in the octets given. Extensions and trailers are checked and dropped (requirements H1-14, FW-12, CC-16), unless the
/// latter are asked for.
package struct ChunkedBodyReader: Sendable {
    package enum Event: Equatable, Sendable {
        /// All octets are consumed and the body goes on.
        case needMore
        /// Data at this place of the octets given.
        case data(Range<Int>)
        /// The body is over; the next message begins after what was consumed.
        case end
        /// The framing is lost: nothing after it can be read for certain.
        case fault(WireFault)
    }

    private enum State {
        case size, extensions, sizeLF, data, dataCR, dataLF
        case lineStart, name, value, lineLF, continuation, endLF, done
    }

    private let limits: WireLimits
    private var state = State.size
    /// Octets left of the chunk, or its size so far.
    private var remaining = 0
    private var hasDigit = false
    private var extensions: ChunkExtensions
    /// Octets of leading zeros and extensions in this chunk, then of the trailer section.
    private var skipped = 0
    /// The former of all chunks so far, beyond the octets of data in them.
    private var excess = 0
    /// The lines of the trailer section so far; nil where nobody wants them.
    private var kept: [UInt8]?
    /// Whether a line of the trailer section was read, which the next one may continue.
    private var hasTrailer = false
    /// Whether a line ended without CR, so that another reader may have seen other chunks.
    package private(set) var isGuess = false

    /// - Parameter keepsTrailers: for a client who can be sent them; they are no longer than ``WireLimits/trailers``.
    package init(limits: WireLimits = .request, keepsTrailers: Bool = false) {
        self.limits = limits
        kept = keepsTrailers ? [] : nil
        extensions = ChunkExtensions(allowsPadding: limits.allowsChunkPadding)
    }

    /// After `.end`: whole lines of the trailer section, each ended by CR LF, where they are kept.
    package var trailers: [UInt8] { kept ?? [] }

    /// What comes next. Call again with the octets after `consumed` until it is `.needMore`, `.end` or `.fault`.
    package mutating func next(_ octets: UnsafeRawBufferPointer) -> (consumed: Int, event: Event) {
        guard state != .done else { return (0, .end) }
        guard let reader = OctetReader(octets) else { return (0, .needMore) }
        var position = 0
        while position < reader.count {
            if state == .data {
                let length = min(remaining, reader.count - position)
                remaining -= length
                if remaining == 0 { state = .dataCR }
                return (position + length, .data(position..<position + length))
            }
            if let fault = take(reader.octetOrZero(position)) { return (position, .fault(fault)) }
            position += 1
            if state == .done { return (position, .end) }
        }
        return (position, .needMore)
    }

    /// One octet of framing.
    private mutating func take(_ octet: UInt8) -> WireFault? {
        switch state {
        case .size: return takeSize(octet)
        case .extensions:
            if octet == Octet.cr { return extensions.mayEnd ? move(to: .sizeLF) : .chunkMalformed }
            if endsLine(octet) { return extensions.mayEnd ? beginChunk() : .chunkMalformed }
            guard extensions.take(octet) else { return FieldSyntax.fault(octet, or: .chunkMalformed) }
            return skip(upTo: limits.chunkExtension, or: .chunkExtensionTooLarge)
        case .sizeLF: return octet == Octet.lf ? beginChunk() : .bareCR
        case .dataCR:
            if endsLine(octet) { return move(to: .size) }
            return octet == Octet.cr ? move(to: .dataLF) : FieldSyntax.fault(octet, or: .chunkMalformed)
        case .dataLF: return octet == Octet.lf ? move(to: .size) : .bareCR
        case .endLF: return octet == Octet.lf ? move(to: .done) : .bareCR
        case .lineStart, .name, .value, .lineLF, .continuation: return takeTrailer(octet)
        case .data, .done: return nil
        }
    }

    private mutating func takeSize(_ octet: UInt8) -> WireFault? {
        if Octet.isHex(octet) {
            let digit = Octet.isDigit(octet) ? octet &- Octet.zero : (octet | 0x20) &- 0x57
            // A zero before the first other digit is no part of the number, however many there are (RFC 9112 section 7.1).
            let isLeading = hasDigit && remaining == 0
            hasDigit = true
            guard remaining >> 59 == 0 else { return .chunkSizeInvalid }
            remaining = remaining << 4 | Int(digit)
            return isLeading ? skip(upTo: limits.chunkExtension, or: .chunkSizeInvalid) : nil
        }
        guard hasDigit else { return FieldSyntax.fault(octet, or: .chunkSizeInvalid) }
        if octet == Octet.cr { return move(to: .sizeLF) }
        if endsLine(octet) { return beginChunk() }
        extensions = ChunkExtensions(allowsPadding: limits.allowsChunkPadding)
        guard extensions.take(octet) else { return FieldSyntax.fault(octet, or: .chunkSizeInvalid) }
        state = .extensions
        return skip(upTo: limits.chunkExtension, or: .chunkExtensionTooLarge)
    }

    /// Whether a line ends here without CR, and may.
    private mutating func endsLine(_ octet: UInt8) -> Bool {
        guard octet == Octet.lf, limits.tolerance.contains(.bareLF) else { return false }
        isGuess = true
        return true
    }

    private mutating func beginChunk() -> WireFault? {
        excess = max(0, excess + skipped - min(remaining, limits.chunkExtensions))
        hasDigit = false
        skipped = 0
        state = remaining == 0 ? .lineStart : .data
        return excess <= limits.chunkExtensions ? nil : .chunkExtensionTooLarge
    }

    /// One octet of the trailer section: field lines by the same rules as in a head.
    private mutating func takeTrailer(_ octet: UInt8) -> WireFault? {
        switch state {
        case .lineStart:
            if octet == Octet.cr { return move(to: .endLF) }
            if endsLine(octet) { return move(to: .done) }
            if Octet.isBlank(octet) {
                guard limits.allowsFoldedTrailers, hasTrailer else { return .lineFolded }
                state = .continuation
                // Joined by a space, in the place of the line's end.
                if let count = kept?.count, count >= 2 { kept?.replaceSubrange((count - 2)..., with: [Octet.space]) }
                return skip(upTo: limits.trailers, or: .trailersTooLarge)
            }
            guard Octet.isToken(octet) else { return FieldSyntax.fault(octet, or: .fieldNameInvalid) }
            state = .name
        case .continuation:
            // One of blanks alone could be taken for the end of the section.
            if octet == Octet.cr || octet == Octet.lf { return .lineFolded }
            guard Octet.isText(octet) else { return .fieldValueInvalid }
            if Octet.isBlank(octet) { return skip(upTo: limits.trailers, or: .trailersTooLarge) }
            state = .value
        case .name:
            if octet == Octet.colon {
                state = .value
            } else if !Octet.isToken(octet) {
                return Octet.isBlank(octet) ? .whitespaceBeforeColon : FieldSyntax.fault(octet, or: .fieldNameInvalid)
            }
        case .value:
            if octet == Octet.cr {
                state = .lineLF
            } else if endsLine(octet) {
                (state, hasTrailer) = (.lineStart, true)
                kept?.append(Octet.cr)
            } else if !Octet.isText(octet) {
                return FieldSyntax.fault(octet, or: .fieldValueInvalid)
            }
        default:
            guard octet == Octet.lf else { return .bareCR }
            (state, hasTrailer) = (.lineStart, true)
        }
        kept?.append(octet)
        return skip(upTo: limits.trailers, or: .trailersTooLarge)
    }

    private mutating func move(to next: State) -> WireFault? {
        state = next
        return nil
    }

    private mutating func skip(upTo limit: Int, or fault: WireFault) -> WireFault? {
        skipped += 1
        return skipped <= limit ? nil : fault
    }
}

/// The fields of a header block on their way into HTTP/1.1's form, in memory whose size was computed beforehand.
///
/// The pseudo-fields come first and stand at the beginning, until the first other field makes a request line or a status line of them; the
/// head begins there. Each field is decoded where its line is to be, and is overwritten by the next one where it is dropped: with the first fault all
/// are.
struct HTTP2HeadAssembly: ~Copyable {
    enum Purpose: Equatable {
        /// A client's, whose trailers are checked and dropped.
        case request(endsStream: Bool, offersWebSocket: Bool)
        case trailers
        /// An upstream's, whose trailers are kept.
        case answer(HTTP2AnswerTerms)
        case answerTrailers

        var isOfTrailers: Bool { self == .trailers || self == .answerTrailers }
        var isOfAnswer: Bool {
            switch self {
            case .request, .trailers: false
            case .answer, .answerTrailers: true
            }
        }
    }

    /// Why nothing more is kept.
    enum Fault: Equatable {
        case malformed(WireFault), refused(WireFault)
    }

    let purpose: Purpose
    let limits: WireLimits
    let base: UnsafeMutableRawPointer
    private let capacity: Int
    let reader: OctetReader
    /// Behind what is kept.
    var end = 0
    /// Where the head begins; nil before there is a request line.
    var start: Int?
    var fault: Fault?

    // The field at hand.
    private(set) var name = 0..<0
    private(set) var value = 0..<0
    private(set) var kind = HTTP2FieldKind.invalid

    /// The list's size as RFC 9113 section 6.5.2 counts it, and its lines.
    private var size = 0
    var lines = 0
    var pseudo = HTTP2PseudoFields()
    /// Of an answer.
    var status: Int?
    var hasHost = false
    var contentLength: Int?
    var opensWebSocket = false
    var opensTunnel = false
    /// Behind the last cookie's line.
    private var cookieEnd: Int?
    var areCookiesScattered = false

    init?(_ memory: UnsafeMutableRawBufferPointer, of purpose: Purpose, _ limits: WireLimits) {
        guard let base = memory.baseAddress, let reader = OctetReader(UnsafeRawBufferPointer(memory)) else { return nil }
        self.base = base
        self.reader = reader
        capacity = memory.count
        self.purpose = purpose
        self.limits = limits
    }

    /// Memory for any block of that many octets: what may be kept and the line made of it, and one field more, whose name may be there twice.
    static func room(_ block: Int, table: Int, _ limits: WireLimits) -> Int {
        limits.head + limits.target + HTTP2PseudoFields.longestAuthority + 2 * table + 2 * HuffmanDecoder.room(block) + HeadWriter.slack
    }

    // MARK: One field

    /// A field that a table knows whole.
    mutating func take(_ entry: HPACKEntry) throws(HPACKFault) {
        // The cheapest way to make much of little.
        guard fault == nil else { return }
        try beginField(entry.name, kind: entry.kind)
        value = name.upperBound + 2..<name.upperBound + 2
        value = value.lowerBound..<(try copy(entry.value, to: value.lowerBound))
        endField(isText: entry.isValueText)
    }

    mutating func beginField(_ octets: UnsafeRawBufferPointer, isHuffman: Bool, _ huffman: HuffmanDecoder) throws(HPACKFault) {
        let upper = isHuffman ? try decode(octets, to: end, huffman) : try copy(octets, to: end)
        try begin(end..<upper, HTTP2FieldKind(reader.octets(end..<upper)))
    }

    mutating func beginField(_ octets: UnsafeRawBufferPointer, kind: HTTP2FieldKind) throws(HPACKFault) {
        try begin(end..<(try copy(octets, to: end)), kind)
    }

    private mutating func begin(_ range: Range<Int>, _ kind: HTTP2FieldKind) throws(HPACKFault) {
        name = range
        self.kind = kind
        guard start == nil, fault == nil, !kind.isPseudo, !purpose.isOfTrailers else { return }
        // The line comes behind the name, and the name once more behind the line.
        end = range.upperBound
        writeLine()
        name = end..<(try copy(reader.octets(range), to: end))
    }

    /// - Returns: the field, where it stands until ``endField(isText:)``.
    mutating func takeValue(_ octets: UnsafeRawBufferPointer, isHuffman: Bool, _ huffman: HuffmanDecoder) throws(HPACKFault) -> HPACKEntry {
        let lower = name.upperBound + 2
        value = lower..<(isHuffman ? try decode(octets, to: lower, huffman) : try copy(octets, to: lower))
        return HPACKEntry(
            name: reader.octets(name), value: reader.octets(value), kind: kind, isValueText: reader.isFieldValue(value))
    }

    /// Keeps the field, or finds what is wrong with it.
    mutating func endField(isText: Bool) {
        guard fault == nil else { return }
        size += name.count + value.count + HPACKDynamicTable.overhead
        guard size <= (purpose.isOfTrailers ? limits.trailers : limits.head) else {
            fault = .refused(purpose.isOfTrailers ? .trailersTooLarge : .headTooLarge)
            return
        }
        if kind.isPseudo { return keepPseudoField() }
        if let fault = regularFault(isText: isText) {
            self.fault = .malformed(fault)
        } else if purpose != .trailers {
            keepField()
        }
    }

    private mutating func keepPseudoField() {
        if case .answer = purpose, start == nil { return keepStatus() }
        guard case .request(_, let offersWebSocket) = purpose, start == nil else {
            fault = .malformed(.pseudoFieldMisplaced)
            return
        }
        if let found = pseudo.take(kind, value, reader, limits: limits, offersWebSocket: offersWebSocket) {
            fault = found.isMalformed ? .malformed(found.fault) : .refused(found.fault)
        }
        end = value.upperBound
    }

    private func regularFault(isText: Bool) -> WireFault? {
        switch kind {
        case .invalid: .fieldNameInvalid
        case .connectionSpecific: .connectionFieldForbidden
        case .te where purpose.isOfAnswer || !reader.matches(value, "trailers"): .connectionFieldForbidden
        default: isText ? nil : .fieldValueInvalid
        }
    }

    private mutating func keepField() {
        if purpose.isOfAnswer { return keepAnswerField() }
        switch kind {
        case .host:
            if let fault = hostFault() { self.fault = .malformed(fault) }
            hasHost = true
            // It says the same as `:authority`, whose line is there already.
            if pseudo.authority != nil { return }
        case .contentLength:
            let octets = reader.decimal(value)
            if contentLength != nil || octets == nil {
                fault = .malformed(octets == nil ? .contentLengthInvalid : .contentLengthDuplicated)
            }
            contentLength = octets
        case .cookie:
            if cookieEnd == end { return appendCookie() }
            areCookiesScattered = cookieEnd != nil
        // Of this protocol's opening nothing but the version and what is negotiated has a use (RFC 8441 section 5): the upstream gets a key of ours.
        default: if opensWebSocket, reader.matches(name, "sec-websocket-key") { return }
        }
        if kind != .cookie || !areCookiesScattered { lines += 1 }
        keepLine()
        if kind == .cookie { cookieEnd = end }
    }

    mutating func keepLine() {
        if lines > limits.fields { fault = .refused(.fieldsTooMany) }
        store(": ", at: name.upperBound)
        end = value.upperBound
        endLine()
    }

    private func hostFault() -> WireFault? {
        if hasHost { return .hostDuplicated }
        guard let authority = pseudo.authority else { return nil }
        return reader.equalIgnoringCase(withoutPort(authority), withoutPort(value)) ? nil : .hostDiffers
    }

    /// Without `:443`, which `https` means anyway.
    private func withoutPort(_ authority: Range<Int>) -> Range<Int> {
        let host = authority.lowerBound..<max(authority.lowerBound, authority.upperBound - 4)
        return reader.matches(host.upperBound..<authority.upperBound, ":443") ? host : authority
    }

    /// Behind the cookies of the line above (RFC 9113 section 8.2.3).
    private mutating func appendCookie() {
        store("; ", at: end - 2)
        (base + end).copyMemory(from: base + value.lowerBound, byteCount: value.count)
        end += value.count
        endLine()
        cookieEnd = end
    }

    // MARK: Octets

    /// - Returns: where they end.
    private func copy(_ octets: UnsafeRawBufferPointer, to position: Int) throws(HPACKFault) -> Int {
        // Two more for what separates a name from its value.
        guard octets.count <= capacity - position - 2 else { throw .stringTooLong }
        if let source = octets.baseAddress { (base + position).copyMemory(from: source, byteCount: octets.count) }
        return position + octets.count
    }

    private func decode(_ octets: UnsafeRawBufferPointer, to position: Int, _ huffman: HuffmanDecoder) throws(HPACKFault) -> Int {
        guard HuffmanDecoder.room(octets.count) <= capacity - position - 2 else { throw .stringTooLong }
        guard let count = huffman.decode(octets, to: base + position) else { throw .huffmanInvalid }
        return position + count
    }

    mutating func put(_ range: Range<Int>) { put(reader.octets(range)) }
    mutating func put(_ text: StaticString) { put(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)) }

    mutating func put(_ octets: UnsafeRawBufferPointer) {
        guard octets.count <= capacity - end else {
            fault = .refused(.headTooLarge)
            return
        }
        if let source = octets.baseAddress { (base + end).copyMemory(from: source, byteCount: octets.count) }
        end += octets.count
    }

    mutating func endLine() {
        guard end <= capacity - 2 else {
            fault = .refused(.headTooLarge)
            return
        }
        store("\r\n", at: end)
        end += 2
    }

    /// - Parameter text: two octets, for which ``copy(_:to:)`` left room.
    private func store(_ text: StaticString, at position: Int) {
        guard position >= 0, position <= capacity - 2 else { return }
        (base + position).copyMemory(from: text.utf8Start, byteCount: 2)
    }
}

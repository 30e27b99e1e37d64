/// One field line of a parsed head, as positions in the octets it was parsed from.
struct FieldLine {
    var nameStart: UInt32 = 0
    var nameEnd: UInt32 = 0
    var valueStart: UInt32 = 0
    var valueEnd: UInt32 = 0
    var rule: UInt16 = .max
    var role: FieldRole = .plain
    /// Named by Connection: meant for us alone.
    var isNominated = false

    var name: Range<Int> { Int(nameStart)..<Int(nameEnd) }
    var value: Range<Int> { Int(valueStart)..<Int(valueEnd) }
}

/// The field lines of a head (RFC 9112 section 5), validated as they are found. The storage is allocated once and used again
/// for each message.
struct FieldSection: ~Copyable {
    enum Direction {
        /// Whitespace before a colon is refused.
        case request
        /// Whitespace before a colon is taken off (RFC 9112 section 5.1).
        case response
    }

    private let storage: UnsafeMutableBufferPointer<FieldLine>
    private(set) var count = 0
    /// Roles seen so far, and where each was seen first.
    private(set) var seen = FieldRoles()
    /// Those that were seen more than once.
    private(set) var repeated = FieldRoles()
    /// Set by `declaredFraming`: what the fields say was understood by a tolerance.
    var isFramingGuessed = false
    private var first = InlineArray<32, UInt16>(repeating: 0)
    private(set) var authorizations = 0
    private(set) var interactionIDs = 0
    private(set) var identityFields = 0
    private var name = FoldedName()
    let direction: Direction

    /// - Parameter capacity: field lines a head may have, at most 1000.
    init(capacity: Int, direction: Direction) {
        storage = .allocate(capacity: max(1, min(capacity, 1000)))
        storage.initialize(repeating: FieldLine())
        self.direction = direction
    }

    deinit { storage.deallocate() }

    @inline(__always)
    subscript(_ index: Int) -> FieldLine {
        get {
            guard index >= 0, index < count else { return FieldLine() }
            return storage[index]
        }
    }

    func firstLine(_ role: FieldRole) -> FieldLine? { seen.contains(role) ? self[Int(first[Int(role.rawValue)])] : nil }

    func nominate(_ index: Int) {
        guard index >= 0, index < count else { return }
        storage[index].isNominated = true
    }

    mutating func reset() {
        count = 0
        seen = FieldRoles()
        repeated = FieldRoles()
        isFramingGuessed = false
        authorizations = 0
        interactionIDs = 0
        identityFields = 0
    }

    /// Parses the lines from `position` through the empty line, and returns the position after it.
    mutating func parse(_ reader: OctetReader, from position: Int, names: StripList) throws(HeadStop) -> Int {
        var position = position
        while true {
            let octet = try reader.octet(position)
            if octet == Octet.cr {
                guard try reader.octet(position + 1) == Octet.lf else { throw .refused(.bareCR) }
                return position + 2
            }
            if Octet.isBlank(octet) { throw .refused(.lineFolded) }
            position = try parseLine(reader, at: position, names: names)
        }
    }

    @inline(__always)
    private mutating func parseLine(_ reader: OctetReader, at start: Int, names: StripList) throws(HeadStop) -> Int {
        var colon = try FieldSyntax.scanName(reader, from: start, into: &name)
        let nameEnd = colon
        if direction == .response { while Octet.isBlank(try reader.octet(colon)) { colon += 1 } }
        guard try reader.octet(colon) == Octet.colon else { throw .refused(try FieldSyntax.nameFault(reader, at: colon)) }
        let verdict = names.verdict(on: name)
        guard count < storage.count else { throw .refused(.fieldsTooMany) }

        var valueStart = colon + 1
        while Octet.isBlank(try reader.octet(valueStart)) { valueStart += 1 }
        let lineEnd = try FieldSyntax.endOfValue(reader, from: valueStart)
        var valueEnd = lineEnd
        while valueEnd > valueStart, Octet.isBlank(reader.octetOrZero(valueEnd - 1)) { valueEnd -= 1 }

        var role = verdict.role
        // `Content_Length` is no Content-Length to us, but is one to CGI: drop what only looks like a field that matters.
        if !name.isPlain {
            if direction == .request {
                if !FieldRoles.harmless.contains(role) { role = .identity }
            } else if FieldRoles.steering.contains(role) {
                role = .plain
            }
        }
        try note(role)
        storage[count] = FieldLine(
            nameStart: UInt32(truncatingIfNeeded: start), nameEnd: UInt32(truncatingIfNeeded: nameEnd),
            valueStart: UInt32(truncatingIfNeeded: valueStart), valueEnd: UInt32(truncatingIfNeeded: valueEnd),
            rule: verdict.rule, role: role)
        count += 1
        return lineEnd + 2
    }

    @inline(__always)
    private mutating func note(_ role: FieldRole) throws(HeadStop) {
        if role == .plain { return }
        if role == .authorization { authorizations += 1 }
        if role == .interactionID { interactionIDs += 1 }
        if FieldRoles.identityFields.contains(role) { identityFields += 1 }
        if seen.contains(role) {
            if direction == .request, FieldRoles.singleInRequests.contains(role) { throw .refused(FieldSyntax.duplicate(role)) }
            repeated.insert(role)
        } else {
            seen.insert(role)
            first[Int(role.rawValue & 31)] = UInt16(truncatingIfNeeded: count)
        }
    }
}

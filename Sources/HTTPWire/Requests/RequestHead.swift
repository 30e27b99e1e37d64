package import NIOCore

/// A validated request head (RFC 9112): positions in the octets it was parsed from, and what they mean. It holds none of the
/// octets, and keeps its storage for the next message, so that one value serves all connections of an event loop.
///
/// After `.complete` the properties speak of that message until the next `parse`; before that they mean nothing.
package struct RequestHead: ~Copyable {
    private let limits: WireLimits
    private let names: StripList
    private var line = RequestLine()
    private(set) var section: FieldSection

    /// Octets of the whole head.
    package private(set) var length = 0
    /// Host and port the request is for: of the target if that has one, else of Host (RFC 9112 section 3.2.2). Empty only where HTTP/1.0
    /// named neither.
    package private(set) var host = 0..<0
    package private(set) var framing = BodyFraming.none
    /// Whether the client may send another request. Never with HTTP/1.0 (requirements H1-23).
    package private(set) var isPersistent = false
    /// Whether a body will come only after an interim response: HTTP/1.1, `Expect: 100-continue`, and a body not empty.
    package private(set) var expectsContinue = false
    /// Of OPTIONS and TRACE: 0 must be answered by ourselves (RFC 9110 section 7.6.2).
    package private(set) var maxForwards: Int?
    /// How many protected fields Connection named, to no effect: an attempt to make us drop them.
    package private(set) var protectedNominations = 0

    package init(limits: WireLimits = .request, names: StripList) {
        self.limits = limits
        self.names = names
        section = FieldSection(capacity: limits.fields, direction: .request)
    }

    /// Looks at all octets received of a head so far; each call starts anew. See `HeadAccumulation` for when to call.
    package mutating func parse(_ octets: UnsafeRawBufferPointer) -> HeadProgress {
        guard let reader = OctetReader(octets, limit: limits.head) else { return .incomplete }
        do throws(HeadStop) {
            try parse(reader)
            return .complete(length: length)
        } catch {
            switch error {
            case .incomplete: return octets.count >= limits.head ? .refused(.headTooLarge) : .incomplete
            case .refused(let fault): return .refused(fault)
            }
        }
    }

    package mutating func parse(_ buffer: ByteBuffer) -> HeadProgress { buffer.withUnsafeReadableBytes { parse($0) } }

    private mutating func parse(_ reader: OctetReader) throws(HeadStop) {
        section.reset()
        var position = try Self.skipEmptyLines(reader)
        position = try line.parse(reader, from: position, limits: limits)
        length = try section.parse(reader, from: position, names: names)
        // No field lies beyond the head, and no reader of its values need look further.
        let reader = reader.upTo(length)
        try settleHost(reader)
        framing = try section.declaredFraming(reader, minorVersion: line.minorVersion) ?? .none
        let options = try section.applyConnection(reader, names: names)
        isPersistent = line.minorVersion == 1 && !options.close
        protectedNominations = options.protectedNames
        try settleExpectation(reader)
        try settleMaxForwards(reader)
    }

    /// At most two empty lines are passed over (RFC 9112 section 2.2).
    private static func skipEmptyLines(_ reader: OctetReader) throws(HeadStop) -> Int {
        var position = 0
        while true {
            let octet = try reader.octet(position)
            if octet == Octet.lf { throw .refused(.bareLF) }
            guard octet == Octet.cr else { return position }
            guard try reader.octet(position + 1) == Octet.lf else { throw .refused(.bareCR) }
            guard position < 4 else { throw .refused(.emptyLinesExcessive) }
            position += 2
        }
    }

    /// Exactly one valid Host, which HTTP/1.0 may leave out (RFC 9112 section 3.2).
    private mutating func settleHost(_ reader: OctetReader) throws(HeadStop) {
        if let field = section.firstLine(.host) {
            guard Authority.isValid(reader, field.value) else { throw .refused(.hostInvalid) }
            host = line.authority.isEmpty ? field.value : line.authority
        } else {
            guard line.minorVersion == 0 else { throw .refused(.hostMissing) }
            host = line.authority
        }
    }

    private mutating func settleExpectation(_ reader: OctetReader) throws(HeadStop) {
        expectsContinue = false
        guard let field = section.firstLine(.expect) else { return }
        guard reader.matches(field.value, "100-continue") else { throw .refused(.expectationUnknown) }
        expectsContinue = line.minorVersion == 1 && framing != .none && framing != .length(0)
    }

    private mutating func settleMaxForwards(_ reader: OctetReader) throws(HeadStop) {
        maxForwards = nil
        guard line.knownMethod == .options || line.knownMethod == .trace else { return }
        guard let field = section.firstLine(.maxForwards) else { return }
        guard let hops = reader.decimal(field.value) else { throw .refused(.maxForwardsInvalid) }
        maxForwards = hops
    }
}

extension RequestHead {
    package var method: KnownMethod { line.knownMethod }
    /// `.method` is then `.other`.
    package var isMethodMiscased: Bool { line.isMiscased }
    package var methodRange: Range<Int> { line.method }
    package var form: TargetForm { line.form }
    package var target: Range<Int> { line.target }
    /// From the first `/` to before the `?`; empty for `*`, for CONNECT and for `http://host`, which means `/`.
    package var path: Range<Int> { line.path }
    /// After the `?`; nil without one.
    package var query: Range<Int>? { line.query }
    /// 0 or 1.
    package var minorVersion: Int { line.minorVersion }

    /// The value of the first Authorization field.
    package var authorization: Range<Int>? { section.firstLine(.authorization)?.value }
    /// How many Authorization fields there are: policy refuses more than one.
    package var authorizationCount: Int { section.authorizations }
    /// The value of the first `x-fapi-interaction-id`, where that is managed.
    package var interactionID: Range<Int>? { section.firstLine(.interactionID)?.value }
    package var interactionIDCount: Int { section.interactionIDs }
    /// What the client says of its trace, where we continue those: exactly one `traceparent`, well formed and not for us alone (Trace Context
    /// section 3.3); else a trace begins here.
    /// - Parameter octets: those this head was parsed from.
    package func traceContext(_ octets: UnsafeRawBufferPointer) -> TraceContext? {
        guard let line = section.firstLine(.traceParent), !section.repeated.contains(.traceParent), !line.isNominated,
            let reader = OctetReader(octets, limit: length)
        else { return nil }
        return TraceContext(reader.octets(line.value))
    }
    package var contentType: Range<Int>? { section.firstLine(.contentType)?.value }
    /// OPTIONS that is to go no further: a permitted one is answered by us (RFC 9110 section 7.6.2).
    package var endsHere: Bool { method == .options && maxForwards == 0 }
    package var hasVia: Bool { section.seen.contains(.via) }
    package var hasUpgrade: Bool { section.seen.contains(.upgrade) }

    package var fieldCount: Int { section.count }
    /// Name and value of the field at `index`, counted from 0; nil beyond the last.
    package func field(_ index: Int) -> (name: Range<Int>, value: Range<Int>, role: FieldRole)? {
        guard index >= 0, index < section.count else { return nil }
        let line = section[index]
        return (line.name, line.value, line.role)
    }

    /// How many fields name an identity, or change the request behind the judge's back: all are dropped.
    package var identityFields: Int { section.identityFields }

    /// The names of those `identityFields` as they were sent, each as often as it came.
    /// - Parameter octets: those this head was parsed from.
    package func identityFieldSpellings(_ octets: UnsafeRawBufferPointer) -> [[UInt8]] {
        guard section.identityFields > 0, let reader = OctetReader(octets, limit: length) else { return [] }
        return (0..<section.count).filter { FieldRoles.identityFields.contains(section[$0].role) }.map { Array(reader.octets(section[$0].name)) }
    }

    /// The names of those `identityFields`, folded, each once, at most `limit` of them. Names of our own list, never octets of a client;
    /// `misspelled` stands for fields such as `Content_Length`, which only look like one that matters.
    package func identityFieldNames(limit: Int = 8) -> [String] {
        var found: [String] = []
        for index in 0..<section.count where found.count < limit {
            let line = section[index]
            guard FieldRoles.identityFields.contains(line.role) else { continue }
            let name = names.identityFieldName(line.rule)
            if !found.contains(name) { found.append(name) }
        }
        return found
    }
}

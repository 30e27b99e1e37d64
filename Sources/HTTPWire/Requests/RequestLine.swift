/// The methods something depends on; all others pass as they are (requirements FW-14).
package enum KnownMethod: UInt8, Sendable {
    case get, head, post, put, delete, patch, options, trace, connect, other
}

/// The forms of a request target (RFC 9112 section 3.2).
package enum TargetForm: Sendable {
    /// `/path?query`
    case origin
    /// `http://host/path?query`
    case absolute
    /// `host:port`, only with CONNECT
    case authority
    /// `*`, only with OPTIONS
    case asterisk
}

/// The request line (RFC 9112 section 3), as positions in the octets it was parsed from.
struct RequestLine {
    private(set) var method = 0..<0
    private(set) var knownMethod = KnownMethod.other
    /// A known method in another case, such as `post`: none by RFC 9110 section 9.1, but many frameworks fold it.
    private(set) var isMiscased = false
    private(set) var target = 0..<0
    private(set) var form = TargetForm.origin
    /// Host and port inside the target; empty in origin-form and asterisk-form.
    private(set) var authority = 0..<0
    /// From the first `/` to before the `?`; empty in asterisk-form, authority-form and for `http://host`.
    private(set) var path = 0..<0
    /// After the first `?`.
    private(set) var query: Range<Int>?
    /// 1 also for HTTP/1.2 and later (RFC 9110 section 2.5).
    private(set) var minorVersion = 1

    /// Parses the line at `start` and returns the position after its CR LF.
    mutating func parse(_ reader: OctetReader, from start: Int, limits: WireLimits) throws(HeadStop) -> Int {
        var position = start
        while true {
            let octet = try reader.octet(position)
            if octet == Octet.space { break }
            guard Octet.isToken(octet) else { throw .refused(FieldSyntax.fault(octet, or: .methodInvalid)) }
            guard position - start < limits.method else { throw .refused(.methodTooLong) }
            position += 1
        }
        guard position > start else { throw .refused(.methodInvalid) }
        method = start..<position
        let word = reader.word(start) & OctetWord.mask(method.count)
        let folded = Self.known(method.count, word & ~OctetWord.each(0x20))
        knownMethod = folded == .other ? .other : Self.known(method.count, word)
        isMiscased = folded != knownMethod
        position = try parseTarget(reader, from: position + 1, as: folded, limit: limits.target)
        return try parseVersion(reader, from: position)
    }

    /// Lets VCHAR up to the next SP through; the form decides what else is wrong.
    /// - Parameter method: whatever its case, so that a miscased method is refused for its case and not for its target.
    private mutating func parseTarget(
        _ reader: OctetReader, from start: Int, as method: KnownMethod, limit: Int
    ) throws(HeadStop) -> Int {
        var position = start
        query = nil
        while true {
            let octet = try reader.octet(position)
            if octet == Octet.space { break }
            guard Self.isInTarget(octet) else {
                if octet == Octet.cr { throw .refused(.requestLineMalformed) }
                throw .refused(FieldSyntax.fault(octet, or: .targetInvalid))
            }
            if octet == Octet.question, query == nil { query = position..<position }
            guard position - start < limit else { throw .refused(.targetTooLong) }
            position += 1
        }
        guard position > start else { throw .refused(.requestLineMalformed) }
        target = start..<position
        if let mark = query { query = mark.lowerBound + 1..<position }
        if try !parseForm(reader, of: method) {
            guard isMiscased, try parseForm(reader, of: .other) else { throw .refused(.targetInvalid) }
        }
        return position + 1
    }

    private mutating func parseForm(_ reader: OctetReader, of method: KnownMethod) throws(HeadStop) -> Bool {
        let pathEnd = query.map { $0.lowerBound - 1 } ?? target.upperBound
        authority = 0..<0
        path = target.upperBound..<target.upperBound
        if method == .connect {
            form = .authority
            authority = target
            return query == nil && Authority.isValid(reader, target) && Authority.hasPort(reader, target)
        }
        switch reader.octetOrZero(target.lowerBound) {
        case Octet.slash:
            form = .origin
            path = target.lowerBound..<pathEnd
            return Self.isPath(reader, path)
        case Octet.asterisk:
            form = .asterisk
            return target.count == 1 && method == .options
        default:
            form = .absolute
            guard let start = Self.afterScheme(reader, target) else { return false }
            var end = start
            while end < pathEnd, reader.octetOrZero(end) != Octet.slash { end += 1 }
            authority = start..<end
            path = end..<pathEnd
            return Authority.isValid(reader, authority) && Self.isPath(reader, path)
        }
    }

    private mutating func parseVersion(_ reader: OctetReader, from start: Int) throws(HeadStop) -> Int {
        var isOtherMajor = false
        switch reader.word(start) {
        case 0x312e_312f_5054_5448: minorVersion = 1  // HTTP/1.1
        case 0x302e_312f_5054_5448: minorVersion = 0  // HTTP/1.0
        default: isOtherMajor = try parseOtherVersion(reader, from: start)
        }
        let end = try reader.octet(start + 8)
        guard end == Octet.cr else { throw .refused(FieldSyntax.fault(end, or: .requestLineMalformed)) }
        guard try reader.octet(start + 9) == Octet.lf else { throw .refused(.bareCR) }
        if isOtherMajor { throw .refused(.versionUnsupported) }
        return start + 10
    }

    /// `HTTP/` digit `.` digit. Returns whether the first digit is not 1.
    private mutating func parseOtherVersion(_ reader: OctetReader, from start: Int) throws(HeadStop) -> Bool {
        guard try reader.expect("HTTP/", at: start) else { throw .refused(.requestLineMalformed) }
        let major = try reader.octet(start + 5)
        guard Octet.isDigit(major), try reader.expect(".", at: start + 6), Octet.isDigit(try reader.octet(start + 7)) else {
            throw .refused(.requestLineMalformed)
        }
        minorVersion = 1
        return major != Octet.zero + 1
    }

    /// - Parameter word: its first eight octets, the first one lowest.
    private static func known(_ length: Int, _ word: UInt64) -> KnownMethod {
        switch (length, word) {
        case (3, 0x54_4547): .get
        case (4, 0x4441_4548): .head
        case (4, 0x5453_4f50): .post
        case (3, 0x54_5550): .put
        case (6, 0x4554_454c_4544): .delete
        case (5, 0x48_4354_4150): .patch
        case (7, 0x53_4e4f_4954_504f): .options
        case (5, 0x45_4341_5254): .trace
        case (7, 0x54_4345_4e4e_4f43): .connect
        default: .other
        }
    }

    /// The position after `http://` or `https://`; other schemes are none of ours.
    private static func afterScheme(_ reader: OctetReader, _ target: Range<Int>) -> Int? {
        for scheme: StaticString in ["http://", "https://"] {
            let end = target.lowerBound + scheme.utf8CodeUnitCount
            if end <= target.upperBound, reader.matches(target.lowerBound..<end, scheme) { return end }
        }
        return nil
    }

    /// VCHAR without `#`: clients write `"<>[]\^`{|}` as they are, which no route reads in two ways; and keep a fragment to themselves.
    @inline(__always)
    static func isInTarget(_ octet: UInt8) -> Bool { octet &- 0x21 < 0x5e && octet != Octet.hash }

    /// Each `%` of a path is followed by two hexadecimal digits (RFC 3986 section 2.1): readers disagree on what another one stands
    /// for. In a query it may, since no route is decided on that.
    private static func isPath(_ reader: OctetReader, _ path: Range<Int>) -> Bool {
        var position = path.lowerBound
        while position < path.upperBound {
            guard reader.octetOrZero(position) == Octet.percent else {
                position += 1
                continue
            }
            guard position + 2 < path.upperBound, Octet.isHex(reader.octetOrZero(position + 1)),
                Octet.isHex(reader.octetOrZero(position + 2))
            else { return false }
            position += 3
        }
        return true
    }
}

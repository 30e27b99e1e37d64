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
        knownMethod = Self.known(reader, method)
        position = try parseTarget(reader, from: position + 1, limit: limits.target)
        return try parseVersion(reader, from: position)
    }

    /// Lets VCHAR up to the next SP through; the form decides what else is wrong.
    private mutating func parseTarget(_ reader: OctetReader, from start: Int, limit: Int) throws(HeadStop) -> Int {
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
        guard try parseForm(reader) else { throw .refused(.targetInvalid) }
        return position + 1
    }

    private mutating func parseForm(_ reader: OctetReader) throws(HeadStop) -> Bool {
        let pathEnd = query.map { $0.lowerBound - 1 } ?? target.upperBound
        authority = 0..<0
        path = target.upperBound..<target.upperBound
        if knownMethod == .connect {
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
            return target.count == 1 && knownMethod == .options
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

    private static func known(_ reader: OctetReader, _ method: Range<Int>) -> KnownMethod {
        let word = reader.word(method.lowerBound) & OctetWord.mask(method.count)
        return switch (method.count, word) {
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

    /// VCHAR without `"`, `#`, `<`, `>` and `\`, which no URI contains and which some reader would take for something else.
    @inline(__always)
    private static func isInTarget(_ octet: UInt8) -> Bool {
        switch octet {
        case 0x21, 0x24...0x3b, 0x3d, 0x3f...0x5b, 0x5d...0x7e: true
        default: false
        }
    }

    /// Holds a path against RFC 3986 section 3.3: pchar and `/`, each `%` followed by two hexadecimal digits. A query may
    /// besides contain ``[ ] ^ ` { | }`` and a lone `%`, which browsers send as they are; no route is decided on it.
    private static func isPath(_ reader: OctetReader, _ path: Range<Int>) -> Bool {
        var position = path.lowerBound
        while position < path.upperBound {
            switch reader.octetOrZero(position) {
            case Octet.percent:
                guard position + 2 < path.upperBound, Octet.isHex(reader.octetOrZero(position + 1)),
                    Octet.isHex(reader.octetOrZero(position + 2))
                else { return false }
                position += 3
            case Octet.leftBracket, Octet.rightBracket, 0x5e, 0x60, 0x7b...0x7d: return false
            default: position += 1
            }
        }
        return true
    }
}

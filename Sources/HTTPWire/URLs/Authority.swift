/// `uri-host [ ":" port ]` as it may stand in Host or in a request target (RFC 9110 section 7.2, RFC 3986 section 3.2.2).
///
/// Narrower than the grammar on purpose: no user information, no percent-encoding, no sub-delims (`a,b` is one host to one
/// reader and two to another), no IPvFuture, no zone, no empty host and no empty port.
enum Authority {
    static func isValid(_ reader: OctetReader, _ range: Range<Int>) -> Bool {
        if reader.octetOrZero(range.lowerBound) == Octet.leftBracket {
            var end = range.lowerBound + 1
            while end < range.upperBound, reader.octetOrZero(end) != Octet.rightBracket { end += 1 }
            guard end < range.upperBound, isIPv6(reader, range.lowerBound + 1..<end) else { return false }
            return isPort(reader, end + 1..<range.upperBound)
        }
        var position = range.lowerBound
        while position < range.upperBound, isRegistered(reader.octetOrZero(position)) { position += 1 }
        return position > range.lowerBound && isPort(reader, position..<range.upperBound)
    }

    static func hasPort(_ reader: OctetReader, _ range: Range<Int>) -> Bool {
        var position = range.upperBound - 1
        while position > range.lowerBound, Octet.isDigit(reader.octetOrZero(position)) { position -= 1 }
        return reader.octetOrZero(position) == Octet.colon
    }

    @inline(__always)
    private static func isRegistered(_ octet: UInt8) -> Bool {
        Octet.isAlphanumeric(octet) || octet == Octet.dash || octet == Octet.dot || octet == 0x5f || octet == 0x7e
    }

    /// Nothing, or `:` and 1 to 5 digits up to 65535.
    private static func isPort(_ reader: OctetReader, _ range: Range<Int>) -> Bool {
        if range.isEmpty { return true }
        guard reader.octetOrZero(range.lowerBound) == Octet.colon, range.count <= 6 else { return false }
        guard let port = reader.decimal(range.lowerBound + 1..<range.upperBound) else { return false }
        return port <= 65535
    }

    private static func isIPv6(_ reader: OctetReader, _ range: Range<Int>) -> Bool {
        var position = range.lowerBound
        var groups = 0
        var compressed = false
        func colon(_ at: Int) -> Bool { at < range.upperBound && reader.octetOrZero(at) == Octet.colon }
        if colon(position) {
            guard colon(position + 1) else { return false }
            compressed = true
            position += 2
        }
        while position < range.upperBound {
            let start = position
            while position < range.upperBound, Octet.isHex(reader.octetOrZero(position)) { position += 1 }
            if reader.octetOrZero(position) == Octet.dot, position < range.upperBound {
                guard isIPv4(reader, start..<range.upperBound) else { return false }
                groups += 2
                position = range.upperBound
                break
            }
            guard position > start, position - start <= 4 else { return false }
            groups += 1
            guard position < range.upperBound else { break }
            guard colon(position) else { return false }
            position += 1
            if colon(position) {
                guard !compressed else { return false }
                compressed = true
                position += 1
            } else if position == range.upperBound {
                return false
            }
        }
        return compressed ? groups <= 7 : groups == 8
    }

    private static func isIPv4(_ reader: OctetReader, _ range: Range<Int>) -> Bool {
        var position = range.lowerBound
        for part in 0..<4 {
            let start = position
            while position < range.upperBound, Octet.isDigit(reader.octetOrZero(position)) { position += 1 }
            guard position - start <= 3, let value = reader.decimal(start..<position), value <= 255 else { return false }
            if part == 3 { return position == range.upperBound }
            guard position < range.upperBound, reader.octetOrZero(position) == Octet.dot else { return false }
            position += 1
        }
        return false
    }
}

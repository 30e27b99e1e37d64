/// Fields as HPACK has them without state: names of the static table by their index, the rest as literals that nobody remembers, without
/// Huffman coding (RFC 7541 section 6.2.2). It costs octets where the peer is near and saves what a table would cost each connection.
extension HeadWriter {
    /// RFC 7541 section 5.1.
    /// - Parameters:
    ///   - prefix: bits of the first octet that the number may take.
    ///   - first: the others of that octet.
    @inline(__always)
    mutating func put(integer value: Int, prefix: Int, first: UInt8 = 0) {
        let mask = (1 &<< prefix) &- 1
        if value < mask { return put(first | UInt8(truncatingIfNeeded: value)) }
        put(first | UInt8(truncatingIfNeeded: mask))
        var rest = value &- mask
        while rest >= 0x80 {
            put(UInt8(truncatingIfNeeded: rest & 0x7f | 0x80))
            rest >>= 7
        }
        put(UInt8(truncatingIfNeeded: rest))
    }

    /// - Parameter status: 100 to 999.
    mutating func put(status: Int) {
        switch status {
        case 200: put(0x88)
        case 204: put(0x89)
        case 206: put(0x8a)
        case 304: put(0x8b)
        case 400: put(0x8c)
        case 404: put(0x8d)
        case 500: put(0x8e)
        default:
            put("\u{8}\u{3}")
            put(decimal: status)
        }
    }

    /// - Parameter name: a token, in whatever case; it goes out in lower case (RFC 9113 section 8.2.1).
    @inline(__always)
    mutating func put(hpackName name: Range<Int>, from reader: OctetReader) {
        let index = HPACKNames.index(reader, name)
        put(integer: index, prefix: 4)
        guard index == 0 else { return }
        put(integer: name.count, prefix: 7)
        for position in name {
            let octet = reader.octetOrZero(position)
            put(octet &- 0x41 < 26 ? octet | 0x20 : octet)
        }
    }

    @inline(__always)
    mutating func put(hpackValue value: Range<Int>, from reader: OctetReader) {
        let octets = reader.octets(value)
        put(integer: octets.count, prefix: 7)
        put(octets)
    }

    /// `content-length`, by its index.
    mutating func put(hpackContentLength length: Int) {
        put(integer: 28, prefix: 4)
        var digits = 1
        var rest = length
        while rest >= 10 {
            rest /= 10
            digits += 1
        }
        put(integer: digits, prefix: 7)
        put(decimal: length)
    }

    /// Whole lines in HTTP/1.1's form, up to the first that is none or the empty one. Those of a connection are left out.
    /// - Parameter keeps: whether a field goes out.
    mutating func put(hpackLines lines: UnsafeRawBufferPointer, keeps: (OctetReader, Range<Int>) -> Bool = { _, _ in true }) {
        guard let reader = OctetReader(lines) else { return }
        var parser = FieldLines(reader)
        while let (name, value) = parser.next() {
            guard !HPACKNames.isConnectionSpecific(reader, name), keeps(reader, name) else { continue }
            put(hpackName: name, from: reader)
            put(hpackValue: value, from: reader)
        }
    }

    /// Room for lines of that many octets: a field has at most as many as its line, but for the lengths of long ones.
    static func hpackRoom(_ lines: Int) -> Int { 2 * lines + slack }
}

/// The lines of a section that is well formed already, or is ours.
struct FieldLines {
    private let reader: OctetReader
    private(set) var position: Int

    init(_ reader: OctetReader, from position: Int = 0) {
        self.reader = reader
        self.position = position
    }

    mutating func next() -> (name: Range<Int>, value: Range<Int>)? {
        let start = position
        var colon = start
        while Octet.isToken(reader.octetOrZero(colon)) { colon += 1 }
        guard colon > start, reader.octetOrZero(colon) == Octet.colon else { return nil }
        var valueStart = colon + 1
        while Octet.isBlank(reader.octetOrZero(valueStart)) { valueStart += 1 }
        var end = valueStart
        while Octet.isText(reader.octetOrZero(end)) { end += 1 }
        guard reader.octetOrZero(end) == Octet.cr, reader.octetOrZero(end + 1) == Octet.lf else { return nil }
        position = end + 2
        while end > valueStart, Octet.isBlank(reader.octetOrZero(end - 1)) { end -= 1 }
        return (start..<colon, valueStart..<end)
    }
}

/// What is known of names in answers.
enum HPACKNames {
    /// The name's place in the static table (RFC 7541 appendix A), in whatever case it is; 0 without one.
    static func index(_ reader: OctetReader, _ name: Range<Int>) -> Int {
        func matches(_ text: StaticString) -> Bool { reader.matches(name, text) }
        switch name.count {
        case 3: return matches("age") ? 21 : matches("via") ? 60 : 0
        case 4: return matches("date") ? 33 : matches("etag") ? 34 : matches("vary") ? 59 : matches("link") ? 45 : 0
        case 5: return matches("allow") ? 22 : 0
        case 6: return matches("server") ? 54 : 0
        case 7: return matches("expires") ? 36 : matches("refresh") ? 52 : 0
        case 8: return matches("location") ? 46 : 0
        case 10: return matches("set-cookie") ? 55 : 0
        case 11: return matches("retry-after") ? 53 : 0
        case 12: return matches("content-type") ? 31 : 0
        case 13:
            return matches("cache-control")
                ? 24 : matches("last-modified") ? 44 : matches("accept-ranges") ? 18 : matches("content-range") ? 30 : 0
        case 14: return matches("content-length") ? 28 : 0
        case 16:
            return matches("content-encoding")
                ? 26 : matches("content-language") ? 27 : matches("content-location") ? 29 : matches("www-authenticate") ? 61 : 0
        case 19: return matches("content-disposition") ? 25 : 0
        case 25: return matches("strict-transport-security") ? 56 : 0
        case 27: return matches("access-control-allow-origin") ? 20 : 0
        default: return 0
        }
    }

    /// RFC 9113 section 8.2.2.
    static func isConnectionSpecific(_ reader: OctetReader, _ name: Range<Int>) -> Bool {
        func matches(_ text: StaticString) -> Bool { reader.matches(name, text) }
        return switch name.count {
        case 2: matches("te")
        case 7: matches("upgrade")
        case 10: matches("connection") || matches("keep-alive")
        case 16: matches("proxy-connection")
        case 17: matches("transfer-encoding")
        default: false
        }
    }

    /// Names that mean something before the content only: what a trailer section says of framing, of the content's form, of who may do
    /// what, or of where to go comes too late to be heeded, or is heeded by some and not by others (RFC 9110 section 6.5.1).
    static func isForbiddenInTrailers(_ reader: OctetReader, _ name: Range<Int>) -> Bool {
        func matches(_ text: StaticString) -> Bool { reader.matches(name, text) }
        if name.count > 8, reader.matches(name.lowerBound..<name.lowerBound + 8, "content-") { return true }
        return switch name.count {
        case 3: matches("age")
        case 5: matches("allow")
        case 6: matches("pragma")
        case 7: matches("expires") || matches("trailer")
        case 8: matches("location")
        case 10: matches("set-cookie")
        case 11: matches("retry-after")
        case 13: matches("cache-control")
        case 16: matches("www-authenticate")
        default: false
        }
    }
}

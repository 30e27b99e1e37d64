/// What a client says of content codings in `Accept-Encoding` (RFC 9110 section 12.5.3), as far as gzip goes.
///
/// Who says nothing gets nothing compressed: any coding would be allowed then, but who wants one says so. A member that cannot be
/// understood counts as refused, and of two that say the same coding the lesser counts.
struct AcceptedCodings {
    private var gzip: Int?
    private var identity: Int?
    private var any: Int?

    mutating func add(_ reader: OctetReader, _ value: Range<Int>) {
        var members = ListValue(reader, value)
        while let member = members.next() {
            let (coding, weight) = Self.read(reader, member)
            if reader.matches(coding, "gzip") || reader.matches(coding, "x-gzip") {
                gzip = min(gzip ?? weight, weight)
            } else if reader.matches(coding, "identity") {
                identity = min(identity ?? weight, weight)
            } else if reader.matches(coding, "*") {
                any = min(any ?? weight, weight)
            }
        }
    }

    /// Not where it wants it less than the answer as it is.
    var prefersGzip: Bool {
        let weight = gzip ?? any ?? 0
        return weight > 0 && weight >= identity ?? 0
    }

    /// - Returns: the weight in thousandths.
    private static func read(_ reader: OctetReader, _ member: Range<Int>) -> (coding: Range<Int>, weight: Int) {
        var end = member.lowerBound
        while end < member.upperBound, Octet.isToken(reader.octetOrZero(end)) { end += 1 }
        let coding = member.lowerBound..<end
        while end < member.upperBound, Octet.isBlank(reader.octetOrZero(end)) { end += 1 }
        guard end < member.upperBound else { return (coding, 1000) }
        guard reader.octetOrZero(end) == Octet.semicolon else { return (coding, 0) }
        end += 1
        while end < member.upperBound, Octet.isBlank(reader.octetOrZero(end)) { end += 1 }
        guard end + 2 <= member.upperBound, reader.matches(end..<end + 2, "q=") else { return (coding, 0) }
        return (coding, weight(reader, end + 2..<member.upperBound) ?? 0)
    }

    /// `0`, `1`, either with a point and up to three digits, none of which may make it more than 1.
    private static func weight(_ reader: OctetReader, _ text: Range<Int>) -> Int? {
        guard (1...5).contains(text.count), Octet.isDigit(reader.octetOrZero(text.lowerBound)) else { return nil }
        var value = Int(reader.octetOrZero(text.lowerBound) &- Octet.zero) * 1000
        if text.count > 1, reader.octetOrZero(text.lowerBound + 1) != Octet.dot { return nil }
        var place = 100
        for position in text.dropFirst(2) {
            let octet = reader.octetOrZero(position)
            guard Octet.isDigit(octet) else { return nil }
            value += Int(octet &- Octet.zero) * place
            place /= 10
        }
        return value <= 1000 ? value : nil
    }
}

/// What a request says that matters to whether its answer is compressed.
package struct CompressionWish: Hashable, Sendable {
    package var acceptsGzip: Bool
    /// It asks by a weak entity tag, as the one of a compressed answer is.
    package var showsWeakTag: Bool

    package init(acceptsGzip: Bool, showsWeakTag: Bool = false) {
        self.acceptsGzip = acceptsGzip
        self.showsWeakTag = showsWeakTag
    }
}

extension RequestHead {
    /// HTTP/1.0 gets nothing compressed: without chunks, an answer that was cut would look whole. Nor does who asks that nothing be
    /// transformed (RFC 9111 section 5.2.1.6).
    /// - Parameter octets: those this head was parsed from.
    package borrowing func compressionWish(_ octets: UnsafeRawBufferPointer) -> CompressionWish {
        var codings = AcceptedCodings()
        var wish = CompressionWish(acceptsGzip: false)
        guard let reader = OctetReader(octets, limit: length) else { return wish }
        var mayTransform = minorVersion > 0
        for index in 0..<section.count {
            let line = section[index]
            if reader.matches(line.name, "accept-encoding") {
                codings.add(reader, line.value)
            } else if reader.matches(line.name, "cache-control") {
                if reader.lists(line.value, "no-transform") { mayTransform = false }
            } else if reader.matches(line.name, "if-none-match") {
                wish.showsWeakTag = wish.showsWeakTag || reader.hasWeakTag(line.value)
            }
        }
        wish.acceptsGzip = mayTransform && codings.prefersGzip
        return wish
    }
}

extension OctetReader {
    /// Whether a member of a list is `word`, which is in lower case.
    func lists(_ value: Range<Int>, _ word: StaticString) -> Bool {
        var members = ListValue(self, value)
        while let member = members.next() { if matches(member, word) { return true } }
        return false
    }

    fileprivate func hasWeakTag(_ value: Range<Int>) -> Bool {
        var members = ListValue(self, value)
        while let member = members.next() {
            if octetOrZero(member.lowerBound) == UInt8(ascii: "W"), octetOrZero(member.lowerBound + 1) == Octet.slash { return true }
        }
        return false
    }
}

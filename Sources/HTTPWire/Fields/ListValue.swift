/// The members of a comma-separated value (RFC 9110 section 5.6.1), without blanks around them.
struct ListValue {
    private let reader: OctetReader
    private var position: Int
    private let end: Int

    init(_ reader: OctetReader, _ range: Range<Int>) {
        self.reader = reader
        position = range.lowerBound
        end = range.upperBound
    }

    /// Empty ones are left out.
    mutating func next() -> Range<Int>? {
        while let member = nextOrEmpty() { if !member.isEmpty { return member } }
        return nil
    }

    /// The same with the empty ones, for whoever takes none. A value without octets is one of them.
    mutating func nextOrEmpty() -> Range<Int>? {
        guard position <= end else { return nil }
        var start = position
        while position < end, reader.octetOrZero(position) != Octet.comma { position += 1 }
        var last = position
        position += 1
        while last > start, Octet.isBlank(reader.octetOrZero(last - 1)) { last -= 1 }
        while start < last, Octet.isBlank(reader.octetOrZero(start)) { start += 1 }
        return start..<last
    }
}

extension OctetReader {
    func isToken(_ range: Range<Int>) -> Bool {
        guard !range.isEmpty else { return false }
        for position in range where !Octet.isToken(octetOrZero(position)) { return false }
        return true
    }

    /// Whether the octets are `text`, which is in lower case, in whatever case they are.
    @inline(__always)
    func matches(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        var index = 0
        while index < range.count {
            let octet = octetOrZero(range.lowerBound + index)
            let lower = octet &- 0x41 < 26 ? octet | 0x20 : octet
            guard lower == text.utf8Start[index] else { return false }
            index += 1
        }
        return true
    }

    func equalIgnoringCase(_ one: Range<Int>, _ other: Range<Int>) -> Bool {
        guard one.count == other.count else { return false }
        var index = 0
        while index < one.count {
            let a = octetOrZero(one.lowerBound + index), b = octetOrZero(other.lowerBound + index)
            guard a == b || (a | 0x20 == b | 0x20 && (a | 0x20) &- 0x61 < 26) else { return false }
            index += 1
        }
        return true
    }

    /// 1*DIGIT, nothing else, that fits an Int.
    func decimal(_ range: Range<Int>) -> Int? {
        guard !range.isEmpty, range.count <= 19 else { return nil }
        var value = 0
        for position in range {
            let octet = octetOrZero(position)
            guard Octet.isDigit(octet) else { return nil }
            let (tens, tooBig) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = tens.addingReportingOverflow(Int(octet &- Octet.zero))
            guard !tooBig, !carried else { return nil }
            value = sum
        }
        return value
    }
}

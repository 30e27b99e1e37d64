/// Beginnings of field names, each with the rule for all names that begin so; of several that fit the first one given counts.
///
/// A lookup compares only those that agree in the first and the third octet, as most names begin with `x-`.
struct FieldPrefixes: Sendable {
    private struct Prefix {
        let words: InlineArray<8, UInt64>
        let length: Int
        let rule: UInt16

        @inline(__always)
        func matches(_ name: FoldedName) -> Bool {
            guard name.length >= length else { return false }
            var index = 0
            while (index + 1) * 8 <= length {
                guard name.word(index) == words[index] else { return false }
                index += 1
            }
            return index == 8 || (name.word(index) ^ words[index]) & OctetWord.mask(length - index * 8) == 0
        }
    }

    private static let buckets = 1024

    private let prefixes: [Prefix]
    private let starts: [UInt32]

    init() { self.init([]) }

    /// - Parameter endings: folded, each 1 to 64 octets long.
    init(_ endings: [(name: FoldedName, rule: UInt16)]) {
        var buckets = [[Prefix]](repeating: [], count: Self.buckets)
        for (name, rule) in endings {
            let prefix = Prefix(words: name.words, length: name.length, rule: rule)
            // One that ends before its third octet fits names with anything there.
            let thirds: Range<Int> = name.length > 2 ? Self.third(name)..<Self.third(name) + 1 : 0..<32
            for third in thirds { buckets[Self.first(name) | third << 5].append(prefix) }
        }
        prefixes = buckets.flatMap(\.self)
        starts = buckets.reduce(into: [0]) { $0.append($0[$0.count - 1] + UInt32($1.count)) }
    }

    /// The rule of the first beginning that fits; nil for none.
    @inline(__always)
    func rule(for name: FoldedName) -> UInt16? {
        let bucket = Self.first(name) | Self.third(name) << 5
        var index = Int(starts[bucket])
        let end = Int(starts[bucket + 1])
        while index < end {
            if prefixes[index].matches(name) { return prefixes[index].rule }
            index += 1
        }
        return nil
    }

    @inline(__always)
    private static func first(_ name: FoldedName) -> Int { Int(truncatingIfNeeded: name.word(0) & 31) }

    @inline(__always)
    private static func third(_ name: FoldedName) -> Int { Int(truncatingIfNeeded: name.word(0) >> 16 & 31) }
}

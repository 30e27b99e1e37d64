/// A field name as a careless backend may read it: letters in lower case, and everything that is no letter and no digit as
/// `-`, since CGI and its heirs turn `-`, `_` and `.` into the same variable (requirements CC-14).
///
/// Names longer than 64 octets keep their first 64: enough for every prefix, and no exact name we know is longer.
struct FoldedName {
    static let capacity = 64

    private(set) var words = InlineArray<8, UInt64>(repeating: 0)
    private(set) var length = 0
    private(set) var hash: UInt64 = 0
    /// Whether every octet that is no letter and no digit is a `-`, so that the name is spelled as registered names are.
    private(set) var isPlain = true

    @inline(__always)
    mutating func reset() {
        length = 0
        hash = 0
        isPlain = true
    }

    /// Takes the first `count` octets of the next eight.
    @inline(__always)
    mutating func append(_ block: NameBlock, count: Int) {
        guard count > 0 else { return }
        let word = block.folded & OctetWord.mask(count)
        if length < Self.capacity { words[length >> 3] = word }
        length &+= count
        hash = (hash ^ word) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 32
        if block.odd & OctetWord.mask(count) != 0 { isPlain = false }
    }

    /// Folds a name that is already known to be a token.
    init(_ reader: OctetReader, _ range: Range<Int>) {
        var position = range.lowerBound
        while position < range.upperBound {
            append(NameBlock(reader.word(position)), count: min(8, range.upperBound - position))
            position += 8
        }
    }

    init() {}

    init(_ name: String) {
        let octets = Array(name.utf8)
        octets.withUnsafeBytes { raw in
            if let reader = OctetReader(raw) { self = FoldedName(reader, 0..<raw.count) }
        }
    }

    @inline(__always)
    func word(_ index: Int) -> UInt64 { index < 8 ? words[index] : 0 }
}

/// Eight octets looked at as part of a field name.
struct NameBlock {
    let folded: UInt64
    /// Flags what is no letter, no digit and no `-`: to be held against the token alphabet one by one.
    let odd: UInt64
    /// Flags each `:`.
    let colons: UInt64

    @inline(__always)
    init(_ word: UInt64) {
        // Octets above 0x7f are no token; as zeros they cannot carry into their neighbours below.
        let high = word & OctetWord.flags
        let octets = word & ~((high >> 7) &* 0xff)
        let lower = octets | OctetWord.each(0x20)
        let letters = (lower &+ OctetWord.each(0x1f)) & ~(lower &+ OctetWord.each(0x05))
        let digits = (octets &+ OctetWord.each(0x50)) & ~(octets &+ OctetWord.each(0x46))
        let alphanumeric = (letters | digits) & OctetWord.flags
        let keep = (alphanumeric >> 7) &* 0xff
        folded = (lower & keep) | (OctetWord.each(0x2d) & ~keep)
        let dashes = ~((octets ^ OctetWord.each(0x2d)) &+ OctetWord.each(0x7f))
        odd = ~(alphanumeric | dashes) & OctetWord.flags
        colons = ~((octets ^ OctetWord.each(0x3a)) &+ OctetWord.each(0x7f)) & OctetWord.flags
    }
}

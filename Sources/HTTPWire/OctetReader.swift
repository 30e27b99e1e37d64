/// The only place of this room that loads octets of a message. Each load is held against the bounds, also in release builds,
/// where the subscript of `UnsafeRawBufferPointer` is not.
struct OctetReader {
    private let base: UnsafeRawPointer
    let count: Int

    /// - Parameter limit: octets beyond it are not seen.
    init?(_ octets: UnsafeRawBufferPointer, limit: Int = .max) {
        guard let base = octets.baseAddress, octets.count > 0 else { return nil }
        self.base = base
        self.count = min(octets.count, limit)
    }

    private init(base: UnsafeRawPointer, count: Int) {
        self.base = base
        self.count = count
    }

    /// The octet at `position`, or `.incomplete` where there is none.
    @inline(__always)
    func octet(_ position: Int) throws(HeadStop) -> UInt8 {
        guard UInt(bitPattern: position) < UInt(bitPattern: count) else { throw .incomplete }
        return base.load(fromByteOffset: position, as: UInt8.self)
    }

    /// The octet at `position`; 0, which no message may contain, where there is none.
    @inline(__always)
    func octetOrZero(_ position: Int) -> UInt8 {
        guard UInt(bitPattern: position) < UInt(bitPattern: count) else { return 0 }
        return base.load(fromByteOffset: position, as: UInt8.self)
    }

    /// Eight octets from `position`, the first one lowest; zeros where there are none.
    @inline(__always)
    func word(_ position: Int) -> UInt64 {
        guard position >= 0, position <= count - 8 else { return partialWord(position) }
        return UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    /// Octets that `isText` looks at.
    static let block = 64

    /// Whether a whole block stands at `position` and holds nothing that ``OctetWord/controls(_:)`` flags. Counted, and without a way out in
    /// between, so that the compiler takes several words at once.
    func isText(_ position: Int) -> Bool {
        guard position >= 0, position <= count - Self.block else { return false }
        var controls: UInt64 = 0
        for word in 0..<Self.block / 8 {
            controls |= OctetWord.controls(base.loadUnaligned(fromByteOffset: position &+ word &* 8, as: UInt64.self))
        }
        return controls == 0
    }

    @inline(never)
    private func partialWord(_ position: Int) -> UInt64 {
        var word: UInt64 = 0
        for offset in 0..<8 { word |= UInt64(octetOrZero(position &+ offset)) << UInt64(offset * 8) }
        return word
    }

    /// Whether `text` begins at `position`; `.incomplete` where the octets end before that is known.
    func expect(_ text: StaticString, at position: Int) throws(HeadStop) -> Bool {
        for index in 0..<text.utf8CodeUnitCount where try octet(position + index) != text.utf8Start[index] { return false }
        return true
    }

    /// What lies in `range`, cut to the bounds.
    @inline(__always)
    func octets(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        let start = max(0, min(range.lowerBound, count))
        let end = max(start, min(range.upperBound, count))
        return UnsafeRawBufferPointer(start: base + start, count: end - start)
    }

    /// A reader that ends at `end`; positions stay the same.
    @inline(__always)
    func upTo(_ end: Int) -> OctetReader { OctetReader(base: base, count: max(0, min(end, count))) }
}

/// A place in a header block. Each load is held against its end.
struct HPACKCursor {
    private let reader: OctetReader?
    private var position = 0
    private let end: Int

    init(_ block: UnsafeRawBufferPointer) {
        reader = OctetReader(block)
        end = block.count
    }

    @inline(__always) var isAtEnd: Bool { position >= end }
    /// The octet at hand; 0 behind the end.
    @inline(__always) var octet: UInt8 { reader?.octetOrZero(position) ?? 0 }

    /// Octets behind the first one that an integer may take: up to 2^28 + 254, larger than any that we could use.
    private static let continuations = 4

    /// RFC 7541 section 5.1.
    /// - Parameter prefix: bits of the first octet that belong to it, 4 to 7.
    @inline(__always)
    mutating func integer(prefix: Int) throws(HPACKFault) -> Int {
        guard position < end else { throw .truncated }
        let mask = (1 &<< prefix) &- 1
        let value = Int(octet) & mask
        position &+= 1
        return value < mask ? value : try continued(value)
    }

    private mutating func continued(_ start: Int) throws(HPACKFault) -> Int {
        var value = start
        for turn in 0..<Self.continuations {
            guard position < end else { throw .truncated }
            let next = octet
            position &+= 1
            value += Int(next & 0x7f) << (7 * turn)
            if next & 0x80 == 0 { return value }
        }
        throw .integerTooLarge
    }

    /// A string as it stands in the block (RFC 7541 section 5.2).
    @inline(__always)
    mutating func string() throws(HPACKFault) -> (octets: UnsafeRawBufferPointer, isHuffman: Bool) {
        let isHuffman = octet & 0x80 != 0
        let length = try integer(prefix: 7)
        guard let reader, length <= end &- position else { throw .truncated }
        let octets = reader.octets(position..<position &+ length)
        position &+= length
        return (octets, isHuffman)
    }
}

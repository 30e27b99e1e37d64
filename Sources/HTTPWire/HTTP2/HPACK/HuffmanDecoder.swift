/// Reads Huffman strings (RFC 7541 section 5.2) twelve bits a step: most steps give two octets. The tables are made once and never freed.
struct HuffmanDecoder: @unchecked Sendable {
    static let shared = HuffmanDecoder()
    private static let bits = 12

    /// Bits that one or two octets take, in bits 0-5, where a shift needs no mask; whether they are two, 6; bits of the first, 8-13; the
    /// octets, 16-31. 0 where the first code is longer than a step.
    private let steps: UnsafeMutablePointer<UInt32>
    /// By length: the first code of that length, how many there are, and where their symbols begin.
    private let first: UnsafeMutablePointer<(code: UInt32, count: UInt32, position: Int)>
    private let symbols: UnsafeMutablePointer<UInt16>

    private init() {
        let codes = HuffmanCode.codes()
        first = .allocate(capacity: HuffmanCode.longest + 1)
        first.initialize(repeating: (0, 0, 0), count: HuffmanCode.longest + 1)
        symbols = .allocate(capacity: codes.count)
        for (position, (symbol, code, length)) in codes.enumerated() {
            (symbols + position).initialize(to: UInt16(symbol))
            if first[length].count == 0 { first[length] = (code, 0, position) }
            first[length].count += 1
        }
        steps = .allocate(capacity: 1 << Self.bits)
        steps.initialize(repeating: 0, count: 1 << Self.bits)
        let short = codes.filter { $0.length <= Self.bits }
        for (symbol, code, length) in short { fill(code, length, UInt32(symbol) << 16 | UInt32(length) << 8 | UInt32(length)) }
        for (symbol, code, length) in short {
            for next in short where length + next.length <= Self.bits {
                let both = UInt32(next.symbol) << 24 | UInt32(symbol) << 16 | UInt32(length) << 8 | 0x40 | UInt32(length + next.length)
                fill(code << UInt32(next.length) | next.code, length + next.length, both)
            }
        }
    }

    private func fill(_ code: UInt32, _ length: Int, _ step: UInt32) {
        let rest = Self.bits - length
        for low in 0..<1 << rest { steps[Int(code) << rest | low] = step }
    }

    /// The room that `count` octets need at most when they are decoded: the shortest code has 5 bits, and a step writes two octets.
    static func room(_ count: Int) -> Int { count / 5 * 8 + count % 5 * 2 + 2 }

    /// - Parameters:
    ///   - source: inside of the octets at hand.
    ///   - target: has `room(source.count)` octets.
    /// - Returns: octets written; nil where the string is none.
    func decode(_ source: UnsafeRawBufferPointer, to target: UnsafeMutableRawPointer) -> Int? {
        guard let base = source.baseAddress else { return 0 }
        var window = Window()
        var position = 0
        var written = 0
        while source.count - position >= 8 {
            position += window.refill(base + position)
            // At least 56 bits: four steps.
            for _ in 0..<4 {
                let step = steps[window.next(Self.bits)]
                guard step != 0 else {
                    // The rest of a long code may not be here yet.
                    guard window.count >= HuffmanCode.longest else { break }
                    guard let (symbol, length) = long(window) else { return nil }
                    target.storeBytes(of: symbol, toByteOffset: written, as: UInt8.self)
                    written += 1
                    window.drop(length)
                    break
                }
                target.storeBytes(of: UInt16(truncatingIfNeeded: step &>> 16).littleEndian, toByteOffset: written, as: UInt16.self)
                written &+= 1 &+ Int(step &>> 6 & 1)
                window.drop(Int(step & 0x3f))
            }
        }
        return finish(UnsafeRawBufferPointer(rebasing: source[position...]), window, target, written)
    }

    /// The last octets, one symbol a step, and the padding.
    private func finish(_ rest: UnsafeRawBufferPointer, _ window: Window, _ target: UnsafeMutableRawPointer, _ written: Int) -> Int? {
        var (window, written) = (window, written)
        var rest = rest[...]
        while true {
            while window.count <= 56, let octet = rest.popFirst() { window.append(octet) }
            let step = steps[window.next(Self.bits)]
            let symbol: UInt8, length: Int
            if step != 0 {
                (symbol, length) = (UInt8(truncatingIfNeeded: step &>> 16), Int(step &>> 8 & 0x3f))
            } else if let found = long(window) {
                (symbol, length) = found
            } else {
                return window.isPadding ? written : nil
            }
            guard length <= window.count else { return window.isPadding ? written : nil }
            target.storeBytes(of: symbol, toByteOffset: written, as: UInt8.self)
            written += 1
            window.drop(length)
        }
    }

    /// A code of more than twelve bits; nil for EOS and for what no code begins with.
    @inline(never)
    private func long(_ window: Window) -> (UInt8, Int)? {
        for length in Self.bits + 1...HuffmanCode.longest {
            let (code, count, position) = first[length]
            let found = UInt32(truncatingIfNeeded: window.next(length))
            guard count > 0, found >= code, found - code < count else { continue }
            let symbol = symbols[position + Int(found - code)]
            return symbol < HuffmanCode.endOfString ? (UInt8(truncatingIfNeeded: symbol), length) : nil
        }
        return nil
    }
}

/// The next bits of a string, the first one highest; behind them zeros, or the bits that follow.
private struct Window {
    private var bits: UInt64 = 0
    private(set) var count = 0

    /// Takes as many of the eight octets at `source` as there is room for, and returns how many. Bits of the next one may be here already:
    /// they come again as they are.
    @inline(__always)
    mutating func refill(_ source: UnsafeRawPointer) -> Int {
        bits |= UInt64(bigEndian: source.loadUnaligned(as: UInt64.self)) &>> UInt64(count)
        let taken = (63 &- count) &>> 3
        count &+= taken &<< 3
        return taken
    }

    @inline(__always) mutating func append(_ octet: UInt8) {
        bits |= UInt64(octet) &<< UInt64(56 &- count)
        count &+= 8
    }

    @inline(__always) func next(_ length: Int) -> Int { Int(truncatingIfNeeded: bits &>> UInt64(64 &- length)) }

    @inline(__always) mutating func drop(_ length: Int) {
        bits = bits &<< UInt64(length)
        count &-= length
    }

    /// Less than an octet, and all ones, as EOS begins (RFC 7541 section 5.2).
    var isPadding: Bool { count < 8 && (count == 0 || bits &>> UInt64(64 &- count) == (1 &<< UInt64(count)) &- 1) }
}

/// Inverses modulo the order of P-256 by Lehmer's form of Euclid's algorithm (Knuth, TAOCP volume 2, section 4.5.2): many steps on
/// the leading 64 bits, then their product on all 256. For public numbers only: its time depends on them.
package enum P256ModularInverse {
    /// A number below 2^256, the least significant word first.
    package typealias Words = [4 of UInt64]

    static let order: Words = [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000]

    /// - Parameter value: from 1 to the order less one.
    /// - Returns: nil where a quotient is too large for short steps, which chance hardly brings about, and for zero.
    package static func inverse(of value: Words) -> Words? {
        // Each remainder is its factor times the value, modulo the order, with signs that alternate from step to step.
        var larger = order, smaller = value
        var largerFactor: Words = [0, 0, 0, 0], smallerFactor: Words = [1, 0, 0, 0]
        var isNegative = true
        while !isZero(smaller) {
            let steps = Steps(larger, smaller)
            guard steps.count > 0 else { return nil }
            let (a, b, c, d) = (steps.a, steps.b, steps.c, steps.d)
            let isEven = steps.count & 1 == 0
            let next = isEven ? difference(a, larger, b, smaller) : difference(b, smaller, a, larger)
            let afterNext = isEven ? difference(d, smaller, c, larger) : difference(c, larger, d, smaller)
            guard let next, let afterNext, let nextFactor = sum(a, largerFactor, b, smallerFactor),
                let afterNextFactor = sum(c, largerFactor, d, smallerFactor)
            else { return nil }
            (larger, smaller, largerFactor, smallerFactor) = (next, afterNext, nextFactor, afterNextFactor)
            if !isEven { isNegative.toggle() }
        }
        guard larger[0] == 1, larger[1] | larger[2] | larger[3] == 0 else { return nil }
        return isNegative ? difference(1, order, 1, largerFactor) : largerFactor
    }

    /// What some of Euclid's steps make of two numbers: a and b give the larger of the new ones, c and d the smaller.
    private struct Steps {
        var a: UInt64 = 0, b: UInt64 = 1, c: UInt64 = 1, d: UInt64 = 0
        var count = 0

        /// Only steps whose quotients the unseen bits cannot change, and with factors below 2^62.
        init(_ larger: Words, _ smaller: Words) {
            (a, b, c, d) = (1, 0, 0, 1)
            var (x, y, isExact) = P256ModularInverse.leading(larger, smaller)
            while y != 0 {
                let (quotient, rest) = x.quotientAndRemainder(dividingBy: y)
                let (product, isTooLarge) = quotient.multipliedReportingOverflow(by: d)
                guard !isTooLarge, product < 1 << 61 else { return }
                let nextD = product + b
                guard isExact || (rest >= nextD && y - rest >= nextD + d) else { return }
                (a, b, c, d) = (c, d, quotient &* c &+ a, nextD)
                (x, y) = (y, rest)
                count += 1
            }
        }
    }

    /// The 64 bits of both that start with the larger one's highest, and whether that is all of them.
    @inline(__always)
    private static func leading(_ larger: Words, _ smaller: Words) -> (UInt64, UInt64, isExact: Bool) {
        var top = 3
        while top > 0, larger[top] == 0 { top -= 1 }
        guard top > 0 else { return (larger[0], smaller[0], true) }
        let shift = UInt64(larger[top].leadingZeroBitCount)
        guard shift > 0 else { return (larger[top], smaller[top], false) }
        return (larger[top] << shift | larger[top - 1] >> (64 - shift), smaller[top] << shift | smaller[top - 1] >> (64 - shift), false)
    }

    @inline(__always)
    private static func isZero(_ x: Words) -> Bool { x[0] | x[1] | x[2] | x[3] == 0 }

    /// a·x − b·y for a and b below 2^62; nil where that is negative or too large.
    @inline(__always)
    private static func difference(_ a: UInt64, _ x: Words, _ b: UInt64, _ y: Words) -> Words? {
        var result: Words = [0, 0, 0, 0]
        var carry: Int128 = 0
        for index in 0..<4 {
            carry += Int128(a) * Int128(x[index]) - Int128(b) * Int128(y[index])
            result[index] = UInt64(truncatingIfNeeded: carry)
            carry >>= 64
        }
        return carry == 0 ? result : nil
    }

    /// a·x + b·y for a and b below 2^62; nil where that is too large.
    @inline(__always)
    private static func sum(_ a: UInt64, _ x: Words, _ b: UInt64, _ y: Words) -> Words? {
        var result: Words = [0, 0, 0, 0]
        var carry: UInt128 = 0
        for index in 0..<4 {
            carry += UInt128(a) * UInt128(x[index]) + UInt128(b) * UInt128(y[index])
            result[index] = UInt64(truncatingIfNeeded: carry)
            carry >>= 64
        }
        return carry == 0 ? result : nil
    }
}

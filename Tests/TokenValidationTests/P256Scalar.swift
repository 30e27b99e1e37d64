import Crypto
import Foundation

/// A number modulo the order of P-256, for signatures that no signer makes: as slow and plain as can be.
struct P256Scalar: Equatable {
    static let order: [UInt64] = [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000]
    static let zero = P256Scalar(0)

    /// The least significant comes first.
    var words: [UInt64]

    init(_ small: UInt64) { words = [small, 0, 0, 0] }

    /// The remainder of a big-endian number of 32 octets.
    init(_ octets: some Collection<UInt8>) {
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, octet) in octets.reversed().enumerated() { words[index / 8] |= UInt64(octet) << (8 * UInt64(index % 8)) }
        self.words = Self.isBelowOrder(words) ? words : Self.subtract(words, Self.order).0
    }

    static func random() -> P256Scalar { P256Scalar((0..<32).map { _ in UInt8.random(in: 0...255) }) }

    var octets: [UInt8] { words.reversed().flatMap { word in (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) } } }

    private static func isBelowOrder(_ words: [UInt64]) -> Bool { subtract(words, order).1 }

    private static func subtract(_ a: [UInt64], _ b: [UInt64]) -> ([UInt64], Bool) {
        var result = a, borrows = false
        for index in 0..<4 {
            let (first, one) = a[index].subtractingReportingOverflow(b[index])
            let (second, two) = first.subtractingReportingOverflow(borrows ? 1 : 0)
            (result[index], borrows) = (second, one || two)
        }
        return (result, borrows)
    }

    static prefix func - (a: P256Scalar) -> P256Scalar {
        guard a != zero else { return a }
        var result = a
        result.words = subtract(order, a.words).0
        return result
    }

    static func + (a: P256Scalar, b: P256Scalar) -> P256Scalar {
        // a − (−b), and the order again where that is negative: never beyond 256 bits.
        guard b != zero else { return a }
        let negated = (-b).words
        var result = a
        let (difference, borrows) = subtract(a.words, negated)
        result.words = borrows ? subtract(a.words, subtract(negated, order).0).0 : difference
        return result
    }

    static func * (a: P256Scalar, b: P256Scalar) -> P256Scalar {
        // 2^256 less the order: what the upper words count for.
        let excess = subtract([0, 0, 0, 0], order).0
        var product = multiply(a.words, b.words, plus: [])
        while product[4...].contains(where: { $0 != 0 }) { product = multiply(Array(product[4...]), excess, plus: product[..<4]) }
        var result = zero
        result.words = Array(product[..<4])
        if !isBelowOrder(result.words) { result.words = subtract(result.words, order).0 }
        return result
    }

    private static func multiply(_ a: [UInt64], _ b: [UInt64], plus c: ArraySlice<UInt64>) -> [UInt64] {
        var result = c + Array(repeating: 0, count: 8 - c.count)
        for i in 0..<4 {
            var carry: UInt128 = 0
            for j in 0..<(8 - i) {
                carry += UInt128(a[i]) * UInt128(j < 4 ? b[j] : 0) + UInt128(result[i + j])
                result[i + j] = UInt64(truncatingIfNeeded: carry)
                carry >>= 64
            }
        }
        return Array(result)
    }

    /// By Fermat: to the power of the order less 2.
    var inverse: P256Scalar {
        var result = P256Scalar(1)
        for octet in (-P256Scalar(2)).octets {
            for bit in 0..<8 {
                result = result * result
                if octet & (0x80 >> UInt8(bit)) != 0 { result = result * self }
            }
        }
        return result
    }

    /// The private key of this number; nil for zero.
    var key: P256.Signing.PrivateKey? { try? P256.Signing.PrivateKey(rawRepresentation: Data(octets)) }
}

/// A digest of any octets, which no text hashes to.
struct ChosenDigest: Digest {
    static let byteCount = 32
    var octets: [UInt8]

    init(_ octets: [UInt8]) { self.octets = octets }

    func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R { try octets.withUnsafeBytes(body) }
    func makeIterator() -> Array<UInt8>.Iterator { octets.makeIterator() }
    var description: String { "digest" }
}

/// A digest with a signature that fulfils the equation R = u1·G + u2·Q, made from its parts.
struct P256Forgery {
    var key: P256.Signing.PrivateKey
    var r, s, e: P256Scalar

    /// With chosen multipliers; nil where the points cancel each other.
    init?(u1: P256Scalar, u2: P256Scalar, key: P256Scalar) {
        guard let own = key.key, let point = (u1 + u2 * key).key else { return nil }
        self.key = own
        r = P256Scalar(point.publicKey.rawRepresentation.prefix(32))
        s = r * u2.inverse
        e = u1 * s
    }

    /// With a chosen S and digest, and so with a key that follows from them.
    init?(s: P256Scalar, e: P256Scalar, nonce: P256Scalar) {
        guard let point = nonce.key else { return nil }
        r = P256Scalar(point.publicKey.rawRepresentation.prefix(32))
        guard let key = ((s * nonce + -e) * r.inverse).key else { return nil }
        (self.key, self.s, self.e) = (key, s, e)
    }

    var signature: [UInt8] { r.octets + s.octets }
}

/// The numbers that a signature is made of, taken apart and changed: what a verifier must not mistake for a signature.
///
/// Octets, big-endian, of the numbers' full length; EdDSA's little-endian.
struct SignatureNumbers {
    /// The order of the curve's group (FIPS 186-4 appendix D.1.2; RFC 8032 section 5.1 for L), or RSA's modulus.
    let order: [UInt8]
    let kind: Kind

    enum Kind { case ecdsa, eddsa, rsa }

    static let p256 = SignatureNumbers(order: octets("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"), kind: .ecdsa)
    static let p384 = SignatureNumbers(
        order: octets("ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973"), kind: .ecdsa)
    static let ed25519 = SignatureNumbers(order: octets("1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed"), kind: .eddsa)

    /// (R, n - S): the one other signature of the same octets by the same ECDSA key, which nobody needs the private key for.
    func twin(_ signature: [UInt8]) -> [UInt8]? {
        let half = order.count
        guard kind == .ecdsa, signature.count == 2 * half else { return nil }
        return Array(signature[..<half]) + Self.difference(order, Array(signature[half...]))
    }

    func changed(_ signature: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        switch kind {
        case .ecdsa: changedPair(signature, &random)
        case .eddsa: changedEdwards(signature, &random)
        case .rsa: Self.odd(signature, order, &random)
        }
    }

    private func changedPair(_ signature: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        guard signature.count == 2 * order.count else { return signature }
        var r = Array(signature[..<order.count]), s = Array(signature[order.count...])
        switch random.below(8) {
        case 0: if let twin = twin(signature) { return twin }
        case 1: (r, s) = (s, r)
        case 2: return Self.der(r, s)
        case 3: (r, s) = ([0] + r, [0] + s)
        case 4: (r, s) = (Array(r.dropFirst()), Array(s.dropFirst()))
        case 5: r = Self.odd(r, order, &random)
        case 6: s = Self.odd(s, order, &random)
        default: (r, s) = (Self.odd(r, order, &random), Self.odd(s, order, &random))
        }
        return r + s
    }

    /// S + L is the same number to a verifier that reduces it (RFC 8032 section 5.1.7 forbids that).
    private func changedEdwards(_ signature: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        guard signature.count == 64 else { return signature }
        let point = Array(signature[..<32]), scalar = Array(signature[32...].reversed())
        switch random.below(4) {
        case 0: return point + Self.sum(scalar, order).reversed()
        case 1: return point + Self.odd(scalar, order, &random).reversed()
        // The neutral element, and points of small order.
        case 2: return ([1] + [UInt8](repeating: 0, count: 31)) + signature[32...]
        default: return [UInt8](repeating: 0, count: 32) + (random.oneIn(2) ? [UInt8](repeating: 0, count: 32) : Array(signature[32...]))
        }
    }

    /// A number beside the right one, of the same length mostly.
    private static func odd(_ number: [UInt8], _ order: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        let zero = [UInt8](repeating: 0, count: number.count)
        let one = Array(zero.dropLast()) + [1]
        switch random.below(11) {
        case 0: return zero
        case 1: return one
        case 2: return order
        case 3: return difference(order, number)
        case 4: return sum(number, order)
        case 5: return sum(number, one)
        case 6: return difference(number, one)
        case 7: return [UInt8](repeating: 0xff, count: number.count)
        case 8: return [0] + number
        case 9: return sum(order, one)
        default: return number.reversed()
        }
    }

    /// Modulo the length of `a`.
    static func difference(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var result = a
        var borrow = 0
        for index in a.indices.reversed() {
            let other = index - (a.count - b.count)
            let digit = Int(a[index]) - (b.indices.contains(other) ? Int(b[other]) : 0) - borrow
            result[index] = UInt8(truncatingIfNeeded: digit)
            borrow = digit < 0 ? 1 : 0
        }
        return result
    }

    /// Modulo the length of `a`.
    static func sum(_ a: [UInt8], _ b: [UInt8]) -> [UInt8] {
        var result = a
        var carry = 0
        for index in a.indices.reversed() {
            let other = index - (a.count - b.count)
            let digit = Int(a[index]) + (b.indices.contains(other) ? Int(b[other]) : 0) + carry
            result[index] = UInt8(truncatingIfNeeded: digit)
            carry = digit >> 8
        }
        return result
    }

    /// As X.509 has it, and JWS does not (RFC 7518 section 3.4).
    private static func der(_ r: [UInt8], _ s: [UInt8]) -> [UInt8] {
        func integer(_ number: [UInt8]) -> [UInt8] {
            var digits = Array(number.drop { $0 == 0 })
            if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
            return [2, UInt8(truncatingIfNeeded: digits.count)] + digits
        }
        let content = integer(r) + integer(s)
        return [0x30, UInt8(truncatingIfNeeded: content.count)] + content
    }

    private static func octets(_ hex: String) -> [UInt8] {
        let digits = hex.utf8.map { $0 > 0x60 ? $0 - 0x57 : $0 - 0x30 }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}

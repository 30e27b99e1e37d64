import BindingPolicy
import Crypto
import CryptoExtras
import FoundationEssentials

/// Reads one JWK (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2) into a key that can verify, or tells why not.
///
/// What is absent, null or empty is absent. Whatever is wrong with a key spoils that key and no other.
enum JSONWebKey {
    static let rsaBits = 2048...8192

    struct Entry {
        let keyID: [UInt8]?
        let key: Result<VerificationKey, JWKFault>
    }

    /// - Parameter json: one element of a set's `keys`, as it is written.
    static func read(_ json: UnsafeRawBufferPointer) -> Entry {
        var members = Members()
        do throws(JSONFault) {
            var reader = JSONReader(json)
            guard try reader.peek() == .object else { return Entry(keyID: nil, key: .failure(.notAnObject)) }
            try members.read(&reader)
        } catch {
            return Entry(keyID: members.keyID.value?.octets, key: .failure(error == .duplicateMember ? .duplicateMember : .notAnObject))
        }
        let keyID = members.keyID.value?.octets
        return Entry(keyID: keyID, key: Result { () throws(JWKFault) in try members.key(keyID) })
    }

    private struct Members {
        private(set) var keyID = Claim<JSONText>.absent
        private var type = Claim<JSONText>.absent, algorithm = Claim<JSONText>.absent, use = Claim<JSONText>.absent
        private var curve = Claim<JSONText>.absent, x = Claim<JSONText>.absent, y = Claim<JSONText>.absent
        private var n = Claim<JSONText>.absent, e = Claim<JSONText>.absent
        private var secret: String?
        /// Nil where none are named.
        private var verifies: Bool?

        mutating func read(_ reader: inout JSONReader) throws(JSONFault) {
            try reader.beginObject()
            while let name = try reader.nextMember() {
                switch name {
                case "kty": type = try Claim(textFrom: &reader)
                case "kid": keyID = try Claim(textFrom: &reader)
                case "alg": algorithm = try Claim(textFrom: &reader)
                case "use": use = try Claim(textFrom: &reader)
                case "key_ops": try readOperations(&reader)
                case "crv": curve = try Claim(textFrom: &reader)
                case "x": x = try Claim(textFrom: &reader)
                case "y": y = try Claim(textFrom: &reader)
                case "n": n = try Claim(textFrom: &reader)
                case "e": e = try Claim(textFrom: &reader)
                case "d", "p", "q", "dp", "dq", "qi", "oth", "k":
                    if try reader.skipVoid() { continue }
                    secret = name.string
                    try reader.skipUnjudged()
                default: try reader.skipUnjudged()
                }
            }
        }

        private mutating func readOperations(_ reader: inout JSONReader) throws(JSONFault) {
            if try reader.skipVoid() { return }
            guard try reader.peek() == .array else {
                verifies = false
                return try reader.skipUnjudged()
            }
            var isWellFormed = true
            try reader.beginArray()
            while try reader.nextElement() {
                guard try reader.peek() == .string else {
                    isWellFormed = false
                    try reader.skipUnjudged()
                    continue
                }
                let isVerifying = "verify" ~= (try reader.string())
                verifies = verifies ?? false || isVerifying
            }
            if !isWellFormed { verifies = false }
        }

        // MARK: What becomes of them

        /// Secrets first: that one was published is worth more than what else is wrong.
        func key(_ keyID: [UInt8]?) throws(JWKFault) -> VerificationKey {
            if let type = type.value, "oct" ~= type { throw .symmetric }
            if let secret { throw .secret(secret) }
            if case .unfit = self.keyID { throw .notText("kid") }
            guard keyID?.count ?? 0 <= JOSEHeader.maximumKeyID else { throw .keyIDTooLong }
            // `use` and `key_ops`, where present, must both allow it (RFC 7517 sections 4.2 and 4.3).
            if let use = try Self.optional(use, "use"), !("sig" ~= use) { throw .use(use.string.printable(40)) }
            guard verifies ?? true else { throw .operations }
            let name = try Self.optional(algorithm, "alg")
            let algorithm = name.flatMap(SignatureAlgorithm.init)
            if let name, algorithm == nil { throw .algorithm(name.string.printable(40)) }
            let (material, numbers) = try material()
            let key = VerificationKey(keyID: keyID, algorithm: algorithm, material: material, identity: Self.identity(keyID, numbers))
            if let algorithm, !key.suits(algorithm) { throw .algorithmOfAnotherKind(algorithm.rawValue) }
            return key
        }

        /// What makes it this key and no other, in 32 octets.
        private static func identity(_ keyID: [UInt8]?, _ numbers: [[UInt8]]) -> [UInt8] {
            var hash = SHA256()
            for part in [keyID ?? []] + numbers {
                withUnsafeBytes(of: UInt32(truncatingIfNeeded: part.count)) { hash.update(bufferPointer: $0) }
                hash.update(data: part)
            }
            return Array(hash.finalize())
        }

        private static func optional(_ member: Claim<JSONText>, _ name: String) throws(JWKFault) -> JSONText? {
            switch member {
            case .absent: nil
            case .value(let text): text
            case .unfit: throw .notText(name)
            }
        }

        private static func required(_ member: Claim<JSONText>, _ name: String) throws(JWKFault) -> JSONText {
            guard let text = try optional(member, name) else { throw .missing(name) }
            return text
        }

        private static func octets(_ member: Claim<JSONText>, _ name: String) throws(JWKFault) -> [UInt8] {
            guard let octets = try required(member, name).withOctets(Base64URL.decode) else { throw .number(name) }
            return octets
        }

        /// The key, and the numbers it is made of.
        private func material() throws(JWKFault) -> (VerificationKey.Material, [[UInt8]]) {
            let type = try Self.required(type, "kty")
            switch type {
            case "RSA": return try rsa()
            case "EC": return try ellipticCurve()
            case "OKP": return try edwards()
            default: throw .keyType(type.string.printable(40))
            }
        }

        /// BoringSSL refuses an even modulus, and exponents that are even, below 3 or beyond 33 bits.
        private func rsa() throws(JWKFault) -> (VerificationKey.Material, [[UInt8]]) {
            let (n, e) = (try Self.octets(n, "n"), try Self.octets(e, "e"))
            let digits = n.drop { $0 == 0 }
            let bits = digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0)
            guard rsaBits.contains(bits), n.count <= rsaBits.upperBound / 8 + 1 else { throw .modulus(bits) }
            guard 1...5 ~= e.count, let key = try? _RSA.Signing.PublicKey(n: n, e: e), rsaBits.contains(key.keySizeInBits) else {
                throw .rsaNumbers
            }
            return (.rsa(key, octets: (key.keySizeInBits + 7) / 8), [n, e])
        }

        /// Coordinates have the full length of the field (RFC 7518 section 6.2.1.2); BoringSSL refuses a point off the curve.
        private func ellipticCurve() throws(JWKFault) -> (VerificationKey.Material, [[UInt8]]) {
            let curve = try Self.required(curve, "crv")
            let length: Int
            switch curve {
            case "P-256": length = 32
            case "P-384": length = 48
            case "P-521": length = 66
            default: throw .curve(curve.string.printable(40))
            }
            let (x, y) = (try Self.octets(x, "x"), try Self.octets(y, "y"))
            guard x.count == length else { throw .number("x") }
            guard y.count == length else { throw .number("y") }
            let point = [4] + x + y
            let material: VerificationKey.Material? =
                switch length {
                case 32: (try? P256.Signing.PublicKey(x963Representation: point)).map { .p256($0) }
                case 48: (try? P384.Signing.PublicKey(x963Representation: point)).map { .p384($0) }
                default: (try? P521.Signing.PublicKey(x963Representation: point)).map { .p521($0) }
                }
            guard let material else { throw .point }
            return (material, [x, y])
        }

        private func edwards() throws(JWKFault) -> (VerificationKey.Material, [[UInt8]]) {
            let curve = try Self.required(curve, "crv")
            guard "Ed25519" ~= curve else { throw .curve(curve.string.printable(40)) }
            let x = try Self.octets(x, "x")
            guard x.count == 32, let key = try? Curve25519.Signing.PublicKey(rawRepresentation: x) else { throw .number("x") }
            return (.ed25519(key), [x])
        }
    }
}

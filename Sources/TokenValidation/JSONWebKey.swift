import BindingPolicy
import Crypto
import CryptoExtras
import FoundationEssentials

/// Reads one JWK (RFC 7517 section 4, RFC 7518 section 6, RFC 8037 section 2) into a key that can verify, or tells why not.
enum JSONWebKey {
    enum Outcome {
        case usable(VerificationKey)
        /// Unknown, broken, too weak, or for another purpose: passed over (RFC 7517 section 5).
        case unusable
        /// A secret that was published: passed over and reported.
        case secret
    }

    static let rsaBits = 2048...8192

    static func read(_ reader: inout JSONReader) throws(JSONFault) -> Outcome {
        var members = Members()
        try members.read(&reader)
        if members.isSecret { return .secret }
        guard members.isForVerification, members.isWellFormed, let material = members.material else { return .unusable }
        var algorithm: SignatureAlgorithm?
        if let name = members.algorithm {
            guard let known = SignatureAlgorithm(name) else { return .unusable }
            algorithm = known
        }
        let keyID = members.keyID?.octets
        guard keyID.map({ $0.count <= JOSEHeader.maximumKeyID }) ?? true else { return .unusable }
        let key = VerificationKey(keyID: keyID, algorithm: algorithm, material: material)
        if let algorithm, !key.suits(algorithm) { return .unusable }
        return .usable(key)
    }

    private struct Members {
        var type, keyID, algorithm, use, curve, x, y, n, e: JSONText?
        var isSecret = false
        /// A member of a wrong type spoils its key, not the set.
        var isWellFormed = true
        /// `use` and `key_ops`, where present, must both allow it (RFC 7517 sections 4.2 and 4.3).
        var isForVerification = true

        mutating func read(_ reader: inout JSONReader) throws(JSONFault) {
            try reader.beginObject()
            while let name = try reader.nextMember() {
                switch name {
                case "kty": type = try text(&reader)
                case "kid": keyID = try text(&reader)
                case "alg": algorithm = try text(&reader)
                case "use":
                    let use = try text(&reader)
                    if let use, "sig" ~= use {} else { isForVerification = false }
                case "key_ops": try readOperations(&reader)
                case "crv": curve = try text(&reader)
                case "x": x = try text(&reader)
                case "y": y = try text(&reader)
                case "n": n = try text(&reader)
                case "e": e = try text(&reader)
                case "d", "p", "q", "dp", "dq", "qi", "oth", "k":
                    isSecret = true
                    try reader.skip()
                default: try reader.skip()
                }
            }
            if let type, "oct" ~= type { isSecret = true }
        }

        private mutating func text(_ reader: inout JSONReader) throws(JSONFault) -> JSONText? {
            guard try reader.peek() != .string else { return try reader.string() }
            isWellFormed = false
            try reader.skip()
            return nil
        }

        private mutating func readOperations(_ reader: inout JSONReader) throws(JSONFault) {
            guard try reader.peek() == .array else {
                isWellFormed = false
                return try reader.skip()
            }
            var verifies = false
            try reader.beginArray()
            while try reader.nextElement() {
                if let operation = try text(&reader), "verify" ~= operation { verifies = true }
            }
            if !verifies { isForVerification = false }
        }

        var material: VerificationKey.Material? {
            guard let type else { return nil }
            switch type {
            case "RSA": return rsa
            case "EC": return ellipticCurve
            case "OKP":
                guard let curve, "Ed25519" ~= curve, let x = octets(x), x.count == 32 else { return nil }
                return (try? Curve25519.Signing.PublicKey(rawRepresentation: x)).map { .ed25519($0) }
            default: return nil
            }
        }

        /// BoringSSL refuses an even modulus, and exponents that are even, below 3 or beyond 33 bits.
        private var rsa: VerificationKey.Material? {
            guard let n = octets(n), let e = octets(e), n.count <= rsaBits.upperBound / 8 + 1, 1...5 ~= e.count,
                let key = try? _RSA.Signing.PublicKey(n: n, e: e), rsaBits.contains(key.keySizeInBits)
            else { return nil }
            return .rsa(key, octets: (key.keySizeInBits + 7) / 8)
        }

        /// Coordinates have the full length of the field (RFC 7518 section 6.2.1.2); BoringSSL refuses a point off the curve.
        private var ellipticCurve: VerificationKey.Material? {
            guard let curve, let x = octets(x), let y = octets(y), x.count == y.count else { return nil }
            let point = [4] + x + y
            switch (curve, x.count) {
            case ("P-256", 32): return (try? P256.Signing.PublicKey(x963Representation: point)).map { .p256($0) }
            case ("P-384", 48): return (try? P384.Signing.PublicKey(x963Representation: point)).map { .p384($0) }
            case ("P-521", 66): return (try? P521.Signing.PublicKey(x963Representation: point)).map { .p521($0) }
            default: return nil
            }
        }

        private func octets(_ text: JSONText?) -> [UInt8]? { text?.withOctets(Base64URL.decode) }
    }
}

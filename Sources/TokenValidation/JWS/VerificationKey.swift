package import Crypto
package import CryptoExtras
import FoundationEssentials

/// One public key of an issuer, able to verify and nothing else.
package struct VerificationKey: Sendable {
    package enum Material: Sendable {
        /// `octets` is the length of the modulus, and so of each signature.
        case rsa(_RSA.Signing.PublicKey, octets: Int)
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
    }

    let keyID: [UInt8]?
    /// The only algorithm it is meant for, where the key set names one (RFC 7517 section 4.4).
    let algorithm: SignatureAlgorithm?
    package let material: Material
    /// What makes it this key and no other: a digest of its id and its numbers.
    let identity: [UInt8]

    /// Whether key type, curve and intended algorithm all agree with the header's (RFC 8725 section 3.1).
    func suits(_ requested: SignatureAlgorithm) -> Bool {
        guard algorithm == nil || algorithm == requested else { return false }
        switch (material, requested) {
        case (.rsa, .rs256), (.rsa, .rs384), (.rsa, .rs512), (.rsa, .ps256), (.rsa, .ps384), (.rsa, .ps512): return true
        case (.p256, .es256), (.p384, .es384), (.p521, .es512), (.ed25519, .eddsa): return true
        default: return false
        }
    }

    /// The octets of every signature by this key; ECDSA's is the plain R and S (RFC 7518 section 3.4), never DER.
    var signatureLength: Int {
        switch material {
        case .rsa(_, let octets): octets
        case .p256, .ed25519: 64
        case .p384: 96
        case .p521: 132
        }
    }

    func verifies(_ signature: [UInt8], of input: UnsafeRawBufferPointer, by requested: SignatureAlgorithm) -> Bool {
        guard suits(requested), signature.count == signatureLength else { return false }
        switch material {
        case .rsa(let key, _):
            let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
            // `.PSS` is MGF1 with the same hash and a salt of exactly its length (RFC 7518 section 3.5).
            switch requested {
            case .rs256: return key.isValidSignature(signature, for: digest(SHA256.self, input), padding: .insecurePKCS1v1_5)
            case .rs384: return key.isValidSignature(signature, for: digest(SHA384.self, input), padding: .insecurePKCS1v1_5)
            case .rs512: return key.isValidSignature(signature, for: digest(SHA512.self, input), padding: .insecurePKCS1v1_5)
            case .ps256: return key.isValidSignature(signature, for: digest(SHA256.self, input), padding: .PSS)
            case .ps384: return key.isValidSignature(signature, for: digest(SHA384.self, input), padding: .PSS)
            case .ps512: return key.isValidSignature(signature, for: digest(SHA512.self, input), padding: .PSS)
            case .es256, .es384, .es512, .eddsa: return false
            }
        case .p256(let key):
            guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: digest(SHA256.self, input))
        case .p384(let key):
            guard let signature = try? P384.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: digest(SHA384.self, input))
        case .p521(let key):
            guard let signature = try? P521.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
            return key.isValidSignature(signature, for: digest(SHA512.self, input))
        case .ed25519(let key): return key.isValidSignature(signature, for: input)
        }
    }

    private func digest<H: HashFunction>(_ hash: H.Type, _ input: UnsafeRawBufferPointer) -> H.Digest {
        var hash = H()
        hash.update(bufferPointer: input)
        return hash.finalize()
    }
}

import ArgumentParser
import Crypto
import CryptoExtras
import X509

/// The key pairs that a certificate can be issued for.
enum KeyKind: String, CaseIterable, ExpressibleByArgument, Sendable {
    case ec
    case rsa
    case ed25519

    /// The kind nearest to a key's: any curve of ECDSA is `ec`.
    init(of key: Certificate.PublicKey) {
        self = _RSA.Signing.PublicKey(key) != nil ? .rsa : Curve25519.Signing.PublicKey(key) != nil ? .ed25519 : .ec
    }

    func generate() throws -> Certificate.PrivateKey {
        switch self {
        case .ec: Certificate.PrivateKey(P256.Signing.PrivateKey())
        case .rsa: Certificate.PrivateKey(try _RSA.Signing.PrivateKey(keySize: .bits2048))
        case .ed25519: Certificate.PrivateKey(Curve25519.Signing.PrivateKey())
        }
    }
}

import Crypto
import CryptoExtras
import Foundation
import X509

/// A client's public key for signed assertions: ES256 or PS256, the two that FAPI knows.
struct AssertionKey: Sendable {
    private enum Material: Sendable {
        case p256(P256.Signing.PublicKey)
        case rsa(_RSA.Signing.PublicKey)
    }

    static let algorithms: [SigningAlgorithm] = [.ES256, .PS256]

    let kid: String?
    let algorithm: SigningAlgorithm
    private let material: Material

    /// - Parameter jwk: EC on P-256 or RSA (RFC 7518 section 6).
    init(jwk: [String: JSONValue]) throws {
        func number(_ name: String) throws -> Data {
            guard let octets = jwk[name]?.text.flatMap({ Data(base64url: $0) }) else { throw LabError("a key of jwks lacks \(name)") }
            return octets
        }
        kid = jwk["kid"]?.text
        switch jwk["kty"]?.text {
        case "EC":
            algorithm = .ES256
            material = .p256(try P256.Signing.PublicKey(rawRepresentation: number("x") + number("y")))
        case "RSA":
            algorithm = .PS256
            material = .rsa(try _RSA.Signing.PublicKey(n: number("n"), e: number("e")))
        default: throw LabError("a key of jwks is neither EC nor RSA")
        }
    }

    /// That of a client's certificate, so that it signs its assertions with the key that it shakes hands by; none for a kind that no assertion has.
    static func jwks(ofCertificateIn directory: LabDirectory, named name: String) throws -> [[String: JSONValue]] {
        guard let key = try directory.certificates("\(name).pem").first.flatMap({ P256.Signing.PublicKey($0.publicKey) }) else { return [] }
        let point = key.rawRepresentation
        return [
            [
                "kty": .string("EC"), "crv": .string("P-256"), "x": .string(point.prefix(32).base64url), "y": .string(point.suffix(32).base64url),
            ]
        ]
    }

    func isValid(_ signature: Data, for octets: Data) -> Bool {
        switch material {
        case .p256(let key):
            (try? P256.Signing.ECDSASignature(rawRepresentation: signature)).map { key.isValidSignature($0, for: octets) } ?? false
        case .rsa(let key):
            key.isValidSignature(_RSA.Signing.RSASignature(rawRepresentation: signature), for: SHA256.hash(data: octets), padding: .PSS)
        }
    }
}

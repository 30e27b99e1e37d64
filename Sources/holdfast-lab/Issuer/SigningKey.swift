import ArgumentParser
import Crypto
import CryptoExtras
import Foundation

/// A private key of the issuer with the one algorithm it signs by.
struct SigningKey: Sendable {
    private enum Material: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case p521(P521.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    let algorithm: SigningAlgorithm
    /// The thumbprint of RFC 7638, so that a key's name is its own.
    let kid: String
    /// As the key set publishes it.
    let jwk: [String: JSONValue]
    private let material: Material

    init(_ algorithm: SigningAlgorithm) throws {
        let material: Material =
            switch algorithm {
            case .RS256, .RS384, .RS512, .PS256, .PS384, .PS512: .rsa(try _RSA.Signing.PrivateKey(keySize: .bits2048))
            case .ES256: .p256(P256.Signing.PrivateKey())
            case .ES384: .p384(P384.Signing.PrivateKey())
            case .ES512: .p521(P521.Signing.PrivateKey())
            case .EdDSA: .ed25519(Curve25519.Signing.PrivateKey())
            }
        try self.init(algorithm, material)
    }

    /// For ES256.
    init(_ key: P256.Signing.PrivateKey) throws { try self.init(.ES256, .p256(key)) }

    private init(_ algorithm: SigningAlgorithm, _ material: Material) throws {
        self.algorithm = algorithm
        self.material = material
        let members = try Self.publicMembers(material)
        kid = Data(SHA256.hash(data: try JSONText.encode(members))).base64url
        jwk = members.merging(["kid": .string(kid), "alg": .string(algorithm.rawValue), "use": .string("sig")]) { $1 }
    }

    /// The signature as a JWS carries it: raw, not DER, for the elliptic curves.
    func sign(_ octets: Data) throws -> Data {
        switch material {
        case .rsa(let key): try signRSA(octets, key)
        case .p256(let key): try key.signature(for: octets).rawRepresentation
        case .p384(let key): try key.signature(for: octets).rawRepresentation
        case .p521(let key): try key.signature(for: octets).rawRepresentation
        case .ed25519(let key): try key.signature(for: octets)
        }
    }

    private func signRSA(_ octets: Data, _ key: _RSA.Signing.PrivateKey) throws -> Data {
        let padding: _RSA.Signing.Padding = algorithm.rawValue.hasPrefix("PS") ? .PSS : .insecurePKCS1v1_5
        switch algorithm.rawValue.suffix(3) {
        case "384": return try key.signature(for: SHA384.hash(data: octets), padding: padding).rawRepresentation
        case "512": return try key.signature(for: SHA512.hash(data: octets), padding: padding).rawRepresentation
        default: return try key.signature(for: SHA256.hash(data: octets), padding: padding).rawRepresentation
        }
    }

    /// The required members only: what the thumbprint is made of.
    private static func publicMembers(_ material: Material) throws -> [String: JSONValue] {
        func curve(_ name: String, _ point: Data) -> [String: JSONValue] {
            [
                "kty": .string("EC"), "crv": .string(name), "x": .string(point.prefix(point.count / 2).base64url),
                "y": .string(point.suffix(point.count / 2).base64url),
            ]
        }
        switch material {
        case .rsa(let key):
            let primitives = try key.publicKey.getKeyPrimitives()
            return [
                "kty": .string("RSA"), "n": .string(primitives.modulus.base64url), "e": .string(primitives.publicExponent.base64url),
            ]
        case .p256(let key): return curve("P-256", key.publicKey.rawRepresentation)
        case .p384(let key): return curve("P-384", key.publicKey.rawRepresentation)
        case .p521(let key): return curve("P-521", key.publicKey.rawRepresentation)
        case .ed25519(let key):
            return ["kty": .string("OKP"), "crv": .string("Ed25519"), "x": .string(key.publicKey.rawRepresentation.base64url)]
        }
    }
}

/// The signature algorithms of RFC 7518 section 3.1 and RFC 8037 that the issuer can sign with.
// The names are the registered ones.
// swift-format-ignore: AlwaysUseLowerCamelCase
enum SigningAlgorithm: String, CaseIterable, Codable, ExpressibleByArgument, Sendable {
    case RS256, RS384, RS512
    case PS256, PS384, PS512
    case ES256, ES384, ES512
    case EdDSA
}

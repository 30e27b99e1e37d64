import BindingPolicy
import Crypto
import CryptoExtras
import Foundation
import TokenValidation

/// An issuer with a key of each kind, which signs whatever it is given.
struct PretendedIssuer {
    struct Signer {
        let algorithm: SignatureAlgorithm
        let keyID: String
        let numbers: SignatureNumbers
        let sign: (Data) throws -> Data
    }

    let name: String
    /// ES256, EdDSA, RS256, PS256 and ES384, in this order.
    let signers: [Signer]
    /// The key set's text. Two P-256 keys share a `kid`; only the second of them signs.
    let keys: [UInt8]

    static let algorithms: [SignatureAlgorithm] = [.es256, .eddsa, .rs256, .ps256, .es384]

    init(name: String) throws {
        let p256 = P256.Signing.PrivateKey(), p384 = P384.Signing.PrivateKey(), ed25519 = Curve25519.Signing.PrivateKey()
        let rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let primitives = try rsa.publicKey.getKeyPrimitives()
        let modulus = SignatureNumbers(order: Array(primitives.modulus), kind: .rsa)
        self.name = name
        signers = [
            Signer(algorithm: .es256, keyID: "k1", numbers: .p256) { try p256.signature(for: $0).rawRepresentation },
            Signer(algorithm: .eddsa, keyID: "k2", numbers: .ed25519) { try ed25519.signature(for: $0) },
            Signer(algorithm: .rs256, keyID: "k3", numbers: modulus) {
                try rsa.signature(for: SHA256.hash(data: $0), padding: .insecurePKCS1v1_5).rawRepresentation
            },
            Signer(algorithm: .ps256, keyID: "k3", numbers: modulus) {
                try rsa.signature(for: SHA256.hash(data: $0), padding: .PSS).rawRepresentation
            },
            Signer(algorithm: .es384, keyID: "k4", numbers: .p384) { try p384.signature(for: $0).rawRepresentation },
        ]
        let all = [
            Self.curveKey("P-256", "k1", P256.Signing.PrivateKey().publicKey.rawRepresentation),
            Self.curveKey("P-256", "k1", p256.publicKey.rawRepresentation),
            Self.curveKey("P-384", "k4", p384.publicKey.rawRepresentation),
            #"{"kty":"OKP","crv":"Ed25519","kid":"k2","x":"\#(Base64URL.encode(ed25519.publicKey.rawRepresentation))"}"#,
            #"{"kty":"RSA","kid":"k3","n":"\#(Base64URL.encode(primitives.modulus))","e":"\#(Base64URL.encode(primitives.publicExponent))"}"#,
        ]
        keys = Array(#"{"keys":[\#(all.joined(separator: ","))]}"#.utf8)
    }

    private static func curveKey(_ curve: String, _ keyID: String, _ point: Data) -> String {
        let half = point.count / 2
        let x = Base64URL.encode(point.prefix(half)), y = Base64URL.encode(point.suffix(half))
        return #"{"kty":"EC","crv":"\#(curve)","kid":"\#(keyID)","x":"\#(x)","y":"\#(y)"}"#
    }

    /// The keys as a resource server has them after a fetch.
    func keySet() throws -> KeySet { try KeySet(keys) }
}

/// A token as its issuer made it.
struct IssuedToken {
    typealias Member = MemberMutator.Member

    let octets: [UInt8]
    let header: [Member]
    let claims: [Member]
    let signature: [UInt8]
    /// The position in the list of issuers.
    let issuer: Int
    let signer: PretendedIssuer.Signer

    init(_ header: [Member], _ claims: [Member], issuer: Int, _ signer: PretendedIssuer.Signer) throws {
        let input = Base64URL.encode(Array(Self.text(header).utf8)) + "." + Base64URL.encode(Array(Self.text(claims).utf8))
        signature = Array(try signer.sign(Data(input.utf8)))
        octets = Array((input + "." + Base64URL.encode(signature)).utf8)
        (self.header, self.claims, self.issuer, self.signer) = (header, claims, issuer, signer)
    }

    static func text(_ members: [Member]) -> String {
        "{" + members.map { "\"\($0.name)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    /// A whole token of any header and claims.
    static func signed(_ header: [UInt8], _ claims: [UInt8], _ signer: PretendedIssuer.Signer) throws -> [UInt8] {
        let input = Base64URL.encode(header) + "." + Base64URL.encode(claims)
        return Array((input + "." + Base64URL.encode(try signer.sign(Data(input.utf8)))).utf8)
    }
}

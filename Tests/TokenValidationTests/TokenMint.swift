// swift-format-ignore-file: NeverForceUnwrap, NeverUseForceTry

import BindingPolicy
import Crypto
import CryptoExtras
import Foundation
import TokenValidation

/// A private key of a pretended issuer. Generated once a run, and never anything but a test's.
enum SigningKey: Sendable {
    case onP256(P256.Signing.PrivateKey), onP384(P384.Signing.PrivateKey), onP521(P521.Signing.PrivateKey)
    case onEd25519(Curve25519.Signing.PrivateKey)
    case ofRSA(_RSA.Signing.PrivateKey)

    static let p256 = SigningKey.onP256(P256.Signing.PrivateKey())
    static let otherP256 = SigningKey.onP256(P256.Signing.PrivateKey())
    static let p384 = SigningKey.onP384(P384.Signing.PrivateKey())
    static let p521 = SigningKey.onP521(P521.Signing.PrivateKey())
    static let ed25519 = SigningKey.onEd25519(Curve25519.Signing.PrivateKey())
    static let rsa = SigningKey.ofRSA(try! _RSA.Signing.PrivateKey(keySize: .bits2048))
    static let weakRSA = SigningKey.ofRSA(try! _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1024)))

    func sign(_ input: String, as algorithm: String) -> [UInt8] {
        let data = Data(input.utf8)
        switch self {
        case .onP256(let key): return [UInt8](try! key.signature(for: data).rawRepresentation)
        case .onP384(let key): return [UInt8](try! key.signature(for: data).rawRepresentation)
        case .onP521(let key): return [UInt8](try! key.signature(for: data).rawRepresentation)
        case .onEd25519(let key): return [UInt8](try! key.signature(for: data))
        case .ofRSA(let key):
            let padding: _RSA.Signing.Padding = algorithm.hasPrefix("PS") ? .PSS : .insecurePKCS1v1_5
            let signature =
                switch algorithm.suffix(3) {
                case "384": try! key.signature(for: SHA384.hash(data: data), padding: padding)
                case "512": try! key.signature(for: SHA512.hash(data: data), padding: padding)
                default: try! key.signature(for: SHA256.hash(data: data), padding: padding)
                }
            return [UInt8](signature.rawRepresentation)
        }
    }

    /// The members of the public JWK, without `kid`.
    var members: [String: String] {
        func point(_ curve: String, _ raw: Data) -> [String: String] {
            ["kty": "EC", "crv": curve, "x": Base64URL.encode(raw.prefix(raw.count / 2)), "y": Base64URL.encode(raw.suffix(raw.count / 2))]
        }
        switch self {
        case .onP256(let key): return point("P-256", key.publicKey.rawRepresentation)
        case .onP384(let key): return point("P-384", key.publicKey.rawRepresentation)
        case .onP521(let key): return point("P-521", key.publicKey.rawRepresentation)
        case .onEd25519(let key): return ["kty": "OKP", "crv": "Ed25519", "x": Base64URL.encode(key.publicKey.rawRepresentation)]
        case .ofRSA(let key):
            let primitives = try! key.publicKey.getKeyPrimitives()
            return ["kty": "RSA", "n": Base64URL.encode(primitives.modulus), "e": Base64URL.encode(primitives.publicExponent)]
        }
    }

    /// A public JWK; `changes` replace or add members, and an empty value removes one.
    func jwk(kid: String? = "k1", _ changes: [String: String] = [:]) -> String {
        var members = members
        if let kid { members["kid"] = kid }
        members.merge(changes) { $1 }
        return "{" + members.filter { $0.value != "" }.map { "\"\($0)\":\"\($1)\"" }.joined(separator: ",") + "}"
    }
}

func keySet(_ keys: String...) -> KeySet { try! KeySet(Array(keySetText(keys).utf8)) }

func keySetText(_ keys: [String]) -> String { #"{"keys":["# + keys.joined(separator: ",") + "]}" }

/// A token in the making: JSON members by name, as text, so that a test can write what no encoder would.
struct TokenMint {
    static let issuer = "https://as.example.com"
    static let audience = "https://api.example.com"
    static let now = 1_900_000_000.0
    static let thumbprint = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"

    var header: [(String, String)] = [("typ", #""at+jwt""#), ("alg", #""ES256""#), ("kid", #""k1""#)]
    var claims: [(String, String)] = [
        ("iss", "\"\(issuer)\""), ("aud", "\"\(audience)\""), ("sub", #""user-1""#), ("client_id", #""client-1""#),
        ("exp", "1900000300"), ("iat", "1899999990"), ("jti", #""id-1""#), ("scope", #""read write""#),
        ("cnf", #"{"x5t#S256":"\#(thumbprint)"}"#),
    ]
    var key = SigningKey.p256

    init(_ algorithm: String = "ES256", _ key: SigningKey = .p256) {
        self.key = key
        header("alg", "\"\(algorithm)\"")
    }

    /// Sets a header member; nil removes it.
    mutating func header(_ name: String, _ value: String?) { Self.set(&header, name, value) }

    mutating func claim(_ name: String, _ value: String?) { Self.set(&claims, name, value) }

    func with(header name: String, _ value: String?) -> TokenMint {
        var other = self
        other.header(name, value)
        return other
    }

    func with(claim name: String, _ value: String?) -> TokenMint {
        var other = self
        other.claim(name, value)
        return other
    }

    private static func set(_ members: inout [(String, String)], _ name: String, _ value: String?) {
        if let index = members.firstIndex(where: { $0.0 == name }) {
            if let value { members[index].1 = value } else { members.remove(at: index) }
        } else if let value {
            members.append((name, value))
        }
    }

    static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
    }

    var algorithm: String { header.first { $0.0 == "alg" }.map { $0.1.filter { $0 != "\"" } } ?? "" }

    var token: String { signed(header: Self.object(header), claims: Self.object(claims)) }

    func signed(header: String, claims: String) -> String {
        signed(header: Array(header.utf8), claims: Array(claims.utf8))
    }

    func signed(header: [UInt8], claims: [UInt8]) -> String {
        let input = Base64URL.encode(header) + "." + Base64URL.encode(claims)
        return input + "." + Base64URL.encode(key.sign(input, as: algorithm))
    }
}

extension TokenVerifier {
    /// - Parameter index: the issuer's, in the order in which they were given.
    mutating func replaceKeys(_ keys: KeySet?, ofIssuerAt index: Int) { replaceKeys(keys, of: issuers[index]) }

    /// One issuer, `TokenMint.issuer`, that allows every algorithm.
    init(
        keys: KeySet?, type: IssuerPolicy.TokenType = .accessToken, algorithms: [SignatureAlgorithm] = SignatureAlgorithm.allCases
    ) {
        self.init([
            IssuerPolicy(issuer: TokenMint.issuer, audiences: [TokenMint.audience], algorithms: algorithms, type: type)
        ])
        replaceKeys(keys, ofIssuerAt: 0)
    }

    /// Nil where the token is accepted.
    func refusal(of token: String) -> DenialReason? {
        if case .failure(let refusal) = verify(token) { refusal.reason } else { nil }
    }

    func verify(_ token: String, tries: Int = KeySet.maximumKeys) -> Result<VerifiedToken, TokenRefusal> {
        Array(token.utf8).withUnsafeBytes { verify($0, tries: tries) }
    }

    /// The whole refusal; nil where the token is accepted.
    func examination(_ token: String, tries: Int = KeySet.maximumKeys) -> TokenRefusal? {
        if case .failure(let refusal) = verify(token, tries: tries) { refusal } else { nil }
    }
}

/// A verifier with the P-256 key as `k1`, and what the whole judgement says: the verifier's reason, then BindingPolicy's.
struct Judge {
    var verifier = TokenVerifier(keys: keySet(SigningKey.p256.jwk()))
    var certificate = TokenMint.thumbprint
    var now = TokenMint.now

    func refusal(of mint: TokenMint) -> DenialReason? { refusal(of: mint.token) }

    func refusal(of token: String) -> DenialReason? {
        switch verifier.verify(token) {
        case .failure(let refusal): return refusal.reason
        case .success(let verified):
            let decision = RoutePolicy.boundToken.decide(
                verified, shownBy: Thumbprint(base64url: certificate)!, now: now)
            if case .deny(let denial) = decision { return denial.reason }
            return nil
        }
    }
}

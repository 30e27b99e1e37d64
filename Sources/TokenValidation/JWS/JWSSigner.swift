import BindingPolicy
package import Credentials
import Crypto
import CryptoExtras
import FoundationEssentials

/// A key that signs what we say ourselves (RFC 7515), by swift-crypto.
package struct JWSSigner: Sendable {
    private enum Key: Sendable {
        case es256(P256.Signing.PrivateKey)
        case ps256(_RSA.Signing.PrivateKey)
        case eddsa(Curve25519.Signing.PrivateKey)

        var algorithm: SignatureAlgorithm {
            switch self {
            case .es256: .es256
            case .ps256: .ps256
            case .eddsa: .eddsa
            }
        }
    }

    private let key: Key

    /// The kinds that sign, in words.
    package static let taken = "P-256, Ed25519 and RSA from 2048 to 8192 bits"

    /// Nil where the key is of another kind than `taken`.
    package init?(_ key: PrivateKey) {
        guard let own = Self.key(key) else { return nil }
        self.key = own
    }

    private init(_ key: Key) { self.key = key }

    /// P-256, known to nobody else.
    package static func random() -> JWSSigner { JWSSigner(.es256(P256.Signing.PrivateKey())) }

    private static func key(_ key: PrivateKey) -> Key? {
        switch key.kind {
        case .p256: (try? P256.Signing.PrivateKey(derRepresentation: key.pkcs8)).map { .es256($0) }
        case .ed25519:
            // PKCS #8 of such a key ends with its 32 octets (RFC 8410 section 7).
            (try? Curve25519.Signing.PrivateKey(rawRepresentation: key.pkcs8.suffix(32))).map { .eddsa($0) }
        case .rsa(let bits) where JSONWebKey.rsaBits.contains(bits):
            (try? _RSA.Signing.PrivateKey(derRepresentation: key.pkcs8)).map { .ps256($0) }
        default: nil
        }
    }

    package var algorithm: SignatureAlgorithm { key.algorithm }

    /// In compact form; nil where the key refuses to sign.
    ///
    /// - Parameters:
    ///   - header: in base64url (``encodedHeader(_:keyID:)``), made once for many.
    ///   - claims: a JSON object.
    package func sign(header: String, claims: String) -> String? {
        let input = header + "." + Base64URL.encode(claims.utf8)
        return signature(of: Data(input.utf8)).map { input + "." + Base64URL.encode($0) }
    }

    /// - Parameter type: `typ`.
    package func encodedHeader(_ type: String, keyID: String?) -> String {
        var header = #"{"alg":"\#(key.algorithm.rawValue)","typ":\#(JSONString.quoted(type))"#
        if let keyID { header += #","kid":\#(JSONString.quoted(keyID))"# }
        return Base64URL.encode((header + "}").utf8)
    }

    private func signature(of input: Data) -> [UInt8]? {
        switch key {
        case .es256(let key): (try? key.signature(for: input)).map { [UInt8]($0.rawRepresentation) }
        case .ps256(let key): (try? key.signature(for: SHA256.hash(data: input), padding: .PSS)).map { [UInt8]($0.rawRepresentation) }
        case .eddsa(let key): (try? key.signature(for: input)).map { [UInt8]($0) }
        }
    }
}

// MARK: The public key

extension JWSSigner {
    /// The members that RFC 7638 section 3.2 orders, as a JSON object; nil of an RSA key, which is too slow to sign requests with.
    private var publicMembers: String? {
        switch key {
        case .es256(let key):
            let point = [UInt8](key.publicKey.rawRepresentation)
            return #"{"crv":"P-256","kty":"EC","x":"\#(Base64URL.encode(point.prefix(32)))","y":"\#(Base64URL.encode(point.suffix(32)))"}"#
        case .eddsa(let key):
            return #"{"crv":"Ed25519","kty":"OKP","x":"\#(Base64URL.encode(key.publicKey.rawRepresentation))"}"#
        case .ps256: return nil
        }
    }

    /// The key's thumbprint (RFC 7638), which names it.
    package var keyID: String? { publicMembers.map { Base64URL.encode(Array(SHA256.hash(data: Data($0.utf8)))) } }

    /// As a JSON Web Key (RFC 7517).
    package var publicKey: String? {
        guard let members = publicMembers, let keyID else { return nil }
        return members.dropLast() + #","kid":"\#(keyID)","use":"sig","alg":"\#(algorithm.rawValue)"}"#
    }
}

/// Writes a JSON string (RFC 8259 section 7).
package enum JSONString {
    package static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..."\u{1f}":
                let hex = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

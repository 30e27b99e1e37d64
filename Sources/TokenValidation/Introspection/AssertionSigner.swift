import BindingPolicy
import Credentials
import Crypto
import CryptoExtras
import FoundationEssentials

/// Makes the assertions by which we authenticate (RFC 7523 sections 2.2 and 3): short-lived, each used once, for one issuer.
struct AssertionSigner: Sendable {
    /// Seconds. An assertion is sent at once, so it need only outlive a difference of the clocks.
    static let lifetime = 60.0
    static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

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
    private let keyID: String?

    /// The kinds that sign, in words.
    static let taken = "P-256, Ed25519 and RSA from 2048 to 8192 bits"

    /// Nil where the key is of another kind than `taken`.
    init?(_ key: PrivateKey, keyID: String?) {
        guard let own = Self.key(key) else { return nil }
        self.key = own
        self.keyID = keyID
    }

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

    /// - Parameters:
    ///   - audience: the issuer, which no other can pass the assertion on to.
    ///   - identifier: never used before.
    ///   - now: seconds since 1970.
    /// - Returns: nil where the key refuses to sign.
    func assertion(of clientID: String, for audience: String, identifier: String, now: Double) -> String? {
        var header = #"{"alg":"\#(key.algorithm.rawValue)","typ":"JWT""#
        if let keyID { header += #","kid":\#(JSONString.quoted(keyID))"# }
        let client = JSONString.quoted(clientID)
        let claims = """
            {"iss":\(client),"sub":\(client),"aud":\(JSONString.quoted(audience)),"jti":\(JSONString.quoted(identifier)),\
            "iat":\(Int64(now)),"exp":\(Int64(now + Self.lifetime))}
            """
        let input = Base64URL.encode((header + "}").utf8) + "." + Base64URL.encode(claims.utf8)
        return signature(of: Data(input.utf8)).map { input + "." + Base64URL.encode($0) }
    }

    private func signature(of input: Data) -> [UInt8]? {
        switch key {
        case .es256(let key): (try? key.signature(for: input)).map { [UInt8]($0.rawRepresentation) }
        case .ps256(let key): (try? key.signature(for: SHA256.hash(data: input), padding: .PSS)).map { [UInt8]($0.rawRepresentation) }
        case .eddsa(let key): (try? key.signature(for: input)).map { [UInt8]($0) }
        }
    }
}

/// Writes a JSON string (RFC 8259 section 7).
enum JSONString {
    static func quoted(_ text: String) -> String {
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

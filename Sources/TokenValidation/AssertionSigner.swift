import BindingPolicy
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

    /// - Parameter pem: a private key on P-256 or Ed25519, or of RSA with 2048 bits or more, not encrypted; nil for another.
    init?(pem: String, keyID: String?) {
        if let key = try? P256.Signing.PrivateKey(pemRepresentation: pem) {
            self.key = .es256(key)
        } else if let key = Self.ed25519(pem) {
            self.key = .eddsa(key)
        } else if let key = try? _RSA.Signing.PrivateKey(pemRepresentation: pem), JSONWebKey.rsaBits.contains(key.keySizeInBits) {
            self.key = .ps256(key)
        } else {
            return nil
        }
        self.keyID = keyID
    }

    /// PKCS #8 of an Ed25519 key (RFC 8410 section 7) is always these octets and then the key.
    private static func ed25519(_ pem: String) -> Curve25519.Signing.PrivateKey? {
        let prefix: [UInt8] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]
        let lines = pem.split(whereSeparator: \.isNewline).map { $0.filter { !$0.isWhitespace } }
        guard let begin = lines.firstIndex(of: "-----BEGINPRIVATEKEY-----"), let end = lines.firstIndex(of: "-----ENDPRIVATEKEY-----"),
            begin < end, let der = Base64.decode(lines[(begin + 1)..<end].joined()), der.count == prefix.count + 32, der.starts(with: prefix)
        else { return nil }
        return try? Curve25519.Signing.PrivateKey(rawRepresentation: der.suffix(32))
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

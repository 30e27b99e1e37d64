/// The signature algorithms that can be allowed (RFC 7518 section 3.1, RFC 8037 section 3.1). There is no `none` and no HMAC
/// among them, so no configuration can allow either.
package enum SignatureAlgorithm: String, CaseIterable, Sendable {
    case rs256 = "RS256", rs384 = "RS384", rs512 = "RS512"
    case ps256 = "PS256", ps384 = "PS384", ps512 = "PS512"
    case es256 = "ES256", es384 = "ES384", es512 = "ES512"
    /// On the curve Ed25519 only, for which RFC 9864 has the name `Ed25519` besides.
    case eddsa = "EdDSA"

    /// The names under which tokens and keys have it, for people.
    package var names: String { self == .eddsa ? "EdDSA (Ed25519)" : rawValue }

    /// - Parameter name: as a token, a key or a configuration has it.
    package init?(named name: String) {
        self.init(rawValue: name == Self.ed25519 ? Self.eddsa.rawValue : name)
    }

    private static let ed25519 = "Ed25519"

    init?(_ name: JSONText) {
        switch name {
        case "ES256": self = .es256
        case "RS256": self = .rs256
        case "PS256": self = .ps256
        case "EdDSA", "Ed25519": self = .eddsa
        case "ES384": self = .es384
        case "ES512": self = .es512
        case "RS384": self = .rs384
        case "RS512": self = .rs512
        case "PS384": self = .ps384
        case "PS512": self = .ps512
        default: return nil
        }
    }
}

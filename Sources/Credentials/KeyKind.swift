import COpenSSL

/// What kind of key it is, and whether it can be used here.
package enum KeyKind: Equatable, Sendable, CustomStringConvertible {
    case rsa(bits: Int)
    case p256, p384, p521
    case ed25519
    /// By its name in OpenSSL.
    case otherCurve(String)
    /// A curve that is written out instead of named, which RFC 5480 section 2.1.1 forbids in certificates.
    case explicitCurve
    case other(String)

    package var description: String {
        switch self {
        case .rsa(let bits): "RSA with \(bits) bits"
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        case .ed25519: "Ed25519"
        case .otherCurve(let name): "the curve \(name)"
        case .explicitCurve: "a curve written out instead of named (RFC 5480 section 2.1.1)"
        case .other(let name): name
        }
    }

    /// The kinds that TLS signs with here.
    package static let taken = "RSA, P-256, P-384, P-521 and Ed25519"

    package var isTaken: Bool {
        switch self {
        case .rsa, .p256, .p384, .p521, .ed25519: true
        case .otherCurve, .explicitCurve, .other: false
        }
    }

    /// RFC 9325 section 4.5. The curves are all strong enough.
    package var isWeak: Bool { if case .rsa(let bits) = self { bits < 2048 } else { false } }

    /// - Parameter key: an `EVP_PKEY`.
    init(_ key: OpaquePointer) {
        defer { ERR_clear_error() }
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA: self = .rsa(bits: Int(EVP_PKEY_get_bits(key)))
        case EVP_PKEY_ED25519: self = .ed25519
        case EVP_PKEY_EC: self = Self.curve(of: key)
        case let other: self = .other(OBJ_nid2sn(other).map { String(cString: $0) } ?? "a kind without a name")
        }
    }

    private static func curve(of key: OpaquePointer) -> KeyKind {
        if text("encoding", of: key) == "explicit" { return .explicitCurve }
        switch text("group", of: key) {
        case "prime256v1", "P-256": return .p256
        case "secp384r1", "P-384": return .p384
        case "secp521r1", "P-521": return .p521
        case let name?: return .otherCurve(name)
        case nil: return .explicitCurve
        }
    }

    private static func text(_ parameter: String, of key: OpaquePointer) -> String? {
        var buffer = [CChar](repeating: 0, count: 80)
        var count = 0
        guard EVP_PKEY_get_utf8_string_param(key, parameter, &buffer, buffer.count, &count) == 1, count < buffer.count else { return nil }
        return String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

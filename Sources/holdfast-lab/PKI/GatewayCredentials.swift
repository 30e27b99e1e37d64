import Crypto
import Foundation

/// What the resource server `api-gateway` can authenticate by besides its certificate.
enum GatewayCredentials {
    static let name = "api-gateway"

    static func write(to directory: LabDirectory) throws {
        try directory.write(P256.Signing.PrivateKey().pemRepresentation + "\n", to: "\(name)-assertion.key", mode: 0o600)
        // Ends in what must be encoded before it goes into Basic credentials (RFC 6749 section 2.3.1).
        let secret = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64url } + ":+%/"
        try directory.write(secret, to: "\(name).secret", mode: 0o600)
    }

    /// The public key as the client registers it.
    static func assertionKey(_ directory: LabDirectory) throws -> [String: JSONValue] {
        try SigningKey(P256.Signing.PrivateKey(pemRepresentation: directory.text("\(name)-assertion.key"))).jwk
    }

    static func secret(_ directory: LabDirectory) throws -> String { try directory.text("\(name).secret") }
}

import Foundation
import X509

/// A client known to the issuer, by the names of its registered metadata (RFC 7591, RFC 8705 section 2).
struct RegisteredClient: Codable, Sendable {
    enum Method: String, Codable, Sendable {
        /// A certificate from a known CA with the registered subject (RFC 8705 section 2.1).
        case tlsClientAuth = "tls_client_auth"
        /// The registered certificate itself (RFC 8705 section 2.2).
        case selfSigned = "self_signed_tls_client_auth"
        /// An assertion signed by a registered key (RFC 7523 section 2.2).
        case privateKeyJWT = "private_key_jwt"
        /// The registered secret (RFC 6749 section 2.3.1).
        case clientSecretBasic = "client_secret_basic"

        /// A token is bound to the certificate that asks for it, also where the client authenticates by an assertion.
        static let granting: [Method] = [.tlsClientAuth, .selfSigned, .privateKeyJWT]
        static let introspecting: [Method] = [.tlsClientAuth, .selfSigned, .privateKeyJWT, .clientSecretBasic]
    }

    let id: String
    let method: Method
    /// As RFC 4514 writes it; with `tls_client_auth`.
    var subject: String?
    /// A PEM file; with `self_signed_tls_client_auth`.
    var certificate: String?
    /// With `private_key_jwt`: `{"keys": [...]}` (RFC 7517 section 5).
    var jwks: [String: [[String: JSONValue]]]?
    /// With `client_secret_basic`.
    var secret: String?
    /// Space-separated; nil for a resource server, which gets no tokens and may introspect.
    var scope: String?
    /// Nil for what the issuer's default is.
    var tokenFormat: TokenFormat?

    private enum CodingKeys: String, CodingKey {
        case id = "client_id"
        case method = "token_endpoint_auth_method"
        case subject = "tls_client_auth_subject_dn"
        case certificate, jwks
        case secret = "client_secret"
        case scope
        case tokenFormat = "token_format"
    }

    /// The clients of a directory that `holdfast-lab pki` wrote.
    static func builtIn(_ directory: LabDirectory) throws -> [RegisteredClient] {
        let scope = "accounts:read payments:write"
        let gateway = GatewayCredentials.name
        let named = ["client-a", "client-b"]
        return try named.map {
            RegisteredClient(
                id: $0, method: .tlsClientAuth, subject: try LabAuthority.distinguishedName($0).description, scope: scope)
        }
            + named.map {
                RegisteredClient(
                    id: $0, method: .privateKeyJWT, jwks: ["keys": try AssertionKey.jwks(ofCertificateIn: directory, named: $0)], scope: scope)
            } + [
                RegisteredClient(
                    id: "client-self-signed", method: .selfSigned, certificate: directory.path("client-self-signed.pem"), scope: scope),
                RegisteredClient(id: gateway, method: .tlsClientAuth, subject: try LabAuthority.distinguishedName(gateway).description),
                RegisteredClient(id: gateway, method: .privateKeyJWT, jwks: ["keys": [try GatewayCredentials.assertionKey(directory)]]),
                RegisteredClient(id: gateway, method: .clientSecretBasic, secret: try GatewayCredentials.secret(directory)),
            ]
    }

    /// A JSON array of clients.
    static func read(_ path: String) throws -> [RegisteredClient] {
        try JSONDecoder().decode([RegisteredClient].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

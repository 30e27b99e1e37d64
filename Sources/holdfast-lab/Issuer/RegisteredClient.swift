import Foundation
import X509

/// A client known to the issuer, by the names of its registered metadata (RFC 7591, RFC 8705 section 2).
struct RegisteredClient: Codable, Sendable {
    enum Method: String, Codable, Sendable, CaseIterable {
        /// A certificate from a known CA with the registered subject (RFC 8705 section 2.1).
        case tlsClientAuth = "tls_client_auth"
        /// The registered certificate itself (RFC 8705 section 2.2).
        case selfSigned = "self_signed_tls_client_auth"
    }

    let id: String
    let method: Method
    /// As RFC 4514 writes it; with `tls_client_auth`.
    let subject: String?
    /// A PEM file; with `self_signed_tls_client_auth`.
    let certificate: String?
    /// Space-separated.
    let scope: String

    private enum CodingKeys: String, CodingKey {
        case id = "client_id"
        case method = "token_endpoint_auth_method"
        case subject = "tls_client_auth_subject_dn"
        case certificate
        case scope
    }

    var scopes: [String] { scope.split(separator: " ").map(String.init) }

    /// The clients of a directory that `holdfast-lab pki` wrote.
    static func builtIn(_ directory: LabDirectory) throws -> [RegisteredClient] {
        let scope = "accounts:read payments:write"
        return try ["client-a", "client-b"].map {
            RegisteredClient(
                id: $0, method: .tlsClientAuth, subject: try LabAuthority.distinguishedName($0).description, certificate: nil, scope: scope)
        } + [
            RegisteredClient(
                id: "client-self-signed", method: .selfSigned, subject: nil, certificate: directory.path("client-self-signed.pem"),
                scope: scope)
        ]
    }

    /// A JSON array of clients.
    static func read(_ path: String) throws -> [RegisteredClient] {
        try JSONDecoder().decode([RegisteredClient].self, from: Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

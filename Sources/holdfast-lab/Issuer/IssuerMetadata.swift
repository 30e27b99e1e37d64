import Foundation

/// The issuer's metadata (RFC 8414 section 2; RFC 8705 sections 3.3 and 5).
struct IssuerMetadata: Sendable {
    let issuer: String
    /// `https://host:port` of the listener that asks for no certificate, and of the one that does.
    let base: String
    let mutualTLSBase: String

    var document: [String: JSONValue] {
        [
            "issuer": .string(issuer),
            "token_endpoint": .string(base + "/token"),
            "jwks_uri": .string(base + "/jwks"),
            "grant_types_supported": .array([.string("client_credentials")]),
            "response_types_supported": .array([]),
            "token_endpoint_auth_methods_supported": .array(RegisteredClient.Method.allCases.map { .string($0.rawValue) }),
            "tls_client_certificate_bound_access_tokens": .bool(true),
            "mtls_endpoint_aliases": .object(["token_endpoint": .string(mutualTLSBase + "/token")]),
        ]
    }

    /// RFC 8414 section 3.1 inserts the well-known part before the issuer's path; OpenID Connect appends it.
    var paths: [String] {
        var path = URL(string: issuer)?.path ?? ""
        while path.hasSuffix("/") { path.removeLast() }
        return ["/.well-known/oauth-authorization-server" + path, path + "/.well-known/openid-configuration"]
    }
}

import Foundation

/// The issuer's metadata (RFC 8414 section 2; RFC 8705 sections 3.3 and 5; RFC 9701 section 7).
struct IssuerMetadata: Sendable {
    let issuer: String
    /// `https://host:port` of the listener that asks for no certificate, and of the one that does.
    let base: String
    let mutualTLSBase: String
    let algorithms: [SigningAlgorithm]
    /// Whether clients with certificates are sent elsewhere; without aliases all are sent where certificates are asked for.
    let hasAliases: Bool

    var document: [String: JSONValue] {
        var document: [String: JSONValue] = [
            "issuer": .string(issuer),
            "jwks_uri": .string(base + "/jwks"),
            "grant_types_supported": Self.list(GrantType.allCases),
            "token_endpoint_auth_signing_alg_values_supported": Self.list(AssertionKey.algorithms),
            "response_types_supported": .array([]),
            "token_endpoint_auth_methods_supported": Self.list(RegisteredClient.Method.granting),
            "tls_client_certificate_bound_access_tokens": .bool(true),
            "introspection_signing_alg_values_supported": Self.list(algorithms),
        ]
        for name in ["introspection", "revocation"] {
            document["\(name)_endpoint_auth_methods_supported"] = Self.list(RegisteredClient.Method.introspecting)
            document["\(name)_endpoint_auth_signing_alg_values_supported"] = Self.list(AssertionKey.algorithms)
        }
        document.merge(Self.endpoints(at: hasAliases ? base : mutualTLSBase)) { $1 }
        if hasAliases { document["mtls_endpoint_aliases"] = .object(Self.endpoints(at: mutualTLSBase)) }
        return document
    }

    /// RFC 8414 section 3.1 inserts the well-known part before the issuer's path; OpenID Connect appends it.
    var paths: [String] {
        var path = URL(string: issuer)?.path ?? ""
        while path.hasSuffix("/") { path.removeLast() }
        return ["/.well-known/oauth-authorization-server" + path, path + "/.well-known/openid-configuration"]
    }

    /// What an assertion that is sent to `path` may be addressed to.
    func audiences(_ path: String) -> [String] { [issuer, base + path, mutualTLSBase + path] }

    private static func endpoints(at base: String) -> [String: JSONValue] {
        [
            "token_endpoint": .string(base + TokenEndpoint.path), "introspection_endpoint": .string(base + IntrospectionEndpoint.path),
            "revocation_endpoint": .string(base + RevocationEndpoint.path),
        ]
    }

    private static func list(_ values: [some RawRepresentable<String>]) -> JSONValue { .array(values.map { .string($0.rawValue) }) }
}

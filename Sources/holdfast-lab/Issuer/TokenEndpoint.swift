import NIOHTTP1
import X509

/// The token endpoint (RFC 6749 section 4.4) over mutual TLS.
struct TokenEndpoint: Sendable {
    let authenticator: ClientAuthenticator
    let mint: AccessTokenMint

    func answer(_ request: LabRequest) async throws -> LabResponse {
        try await EndpointRefusal.answering(request) { try .json(try await grant(request, $0)) }
    }

    private func grant(_ request: LabRequest, _ form: FormBody) async throws -> [String: JSONValue] {
        guard case .certificate(let id, let chain) = try ClientCredentials(request, form), let leaf = chain.first,
            let client = await authenticator.authenticate(.certificate(id: id, chain: chain), audiences: [])
        else { throw EndpointRefusal.invalidClient("the certificate is not this client's") }
        guard let registered = client.scope?.split(separator: " ").map(String.init) else {
            throw EndpointRefusal.badRequest("unauthorized_client", "a resource server gets no tokens")
        }
        guard let grantType = form["grant_type"] else { throw EndpointRefusal.badRequest("invalid_request", "grant_type is missing") }
        guard grantType == "client_credentials" else {
            throw EndpointRefusal.badRequest("unsupported_grant_type", "client_credentials only")
        }
        let scopes = form["scope"]?.split(separator: " ").map(String.init) ?? registered
        guard scopes.allSatisfy(registered.contains) else {
            throw EndpointRefusal.badRequest("invalid_scope", "beyond what the client is registered for")
        }
        guard let audience = form["resource"] ?? mint.audiences.first, mint.audiences.contains(audience) else {
            throw EndpointRefusal.badRequest("invalid_target", "an unknown resource")
        }
        guard let format = form["token_format"].map(TokenFormat.init(rawValue:)) ?? client.tokenFormat ?? mint.format else {
            throw EndpointRefusal.badRequest("invalid_request", "token_format is jwt or opaque")
        }
        let scope = scopes.joined(separator: " ")
        let claims = mint.claims(client: client.id, scope: scope, audience: audience, thumbprint: try leaf.thumbprint)
        return [
            "access_token": .string(try mint.issue(claims, as: format)), "token_type": .string("Bearer"),
            "expires_in": .integer(mint.lifetime), "scope": .string(scope),
        ]
    }
}

import NIOHTTP1
import NIOSSL
import SwiftASN1
import X509

/// The token endpoint over mutual TLS: whatever a client authenticates by and asks for, its token is bound to the certificate of the connection (RFC
/// 8705 section 3).
struct TokenEndpoint: Sendable {
    static let path = "/token"

    let authenticator: ClientAuthenticator
    /// What an assertion may be addressed to.
    let audiences: [String]
    let mint: AccessTokenMint
    let refreshTokens: RefreshTokens

    func answer(_ request: LabRequest) async throws -> LabResponse {
        try await EndpointRefusal.answering(request) { try .json(try await grant(request, $0)) }
    }

    private func grant(_ request: LabRequest, _ form: FormBody) async throws -> [String: JSONValue] {
        guard let leaf = try request.clientChain.first.map({ try Certificate(derEncoded: $0.toDERBytes()) }) else {
            throw EndpointRefusal.invalidClient("no certificate; see mtls_endpoint_aliases")
        }
        let thumbprint = try leaf.thumbprint
        let client = try await authenticate(request, form, thumbprint)
        guard let registered = client.scope?.split(separator: " ").map(String.init) else {
            throw EndpointRefusal.badRequest("unauthorized_client", "a resource server gets no tokens")
        }
        guard let name = form["grant_type"], !name.isEmpty else { throw EndpointRefusal.badRequest("invalid_request", "grant_type is missing") }
        guard let type = GrantType(rawValue: name) else {
            throw EndpointRefusal.badRequest("unsupported_grant_type", "one of \(GrantType.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let grant =
            switch type {
            case .clientCredentials: try byClient(client, registered, form)
            case .refreshToken: try byRefreshToken(client, form)
            case .tokenExchange: try byExchange(client, registered, form)
            }
        guard let format = form["token_format"].map(TokenFormat.init(rawValue:)) ?? client.tokenFormat ?? mint.format else {
            throw EndpointRefusal.badRequest("invalid_request", "token_format is jwt or opaque")
        }
        return try response(grant, to: client, format, thumbprint, isExchange: type == .tokenExchange)
    }

    private func authenticate(_ request: LabRequest, _ form: FormBody, _ thumbprint: String) async throws -> RegisteredClient {
        let credentials = try ClientCredentials(request, form)
        if case .secret = credentials { throw EndpointRefusal.invalidClient("a secret gets no tokens here") }
        if case .assertion(let assertion) = credentials, !assertion.isFor(certificate: thumbprint) {
            throw EndpointRefusal.invalidClient("the assertion is bound to another certificate")
        }
        guard let client = await authenticator.authenticate(credentials, audiences: audiences) else {
            throw EndpointRefusal.invalidClient("what is shown is not this client's")
        }
        return client
    }

    // MARK: Grants

    private func byClient(_ client: RegisteredClient, _ registered: [String], _ form: FormBody) throws -> TokenGrant {
        TokenGrant(
            subject: client.id, scopes: try TokenGrant.scopes(form, of: registered), audience: try audience(form),
            isRefreshable: TokenGrant.isOffline(form))
    }

    private func byRefreshToken(_ client: RegisteredClient, _ form: FormBody) throws -> TokenGrant {
        guard let token = form["refresh_token"] else { throw EndpointRefusal.badRequest("invalid_request", "refresh_token is missing") }
        guard let former = refreshTokens.take(token, by: client.id) else {
            throw EndpointRefusal.badRequest("invalid_grant", "unknown, used already, or another client's")
        }
        return TokenGrant(
            subject: former.subject, scopes: try TokenGrant.scopes(form, of: former.scopes), audience: former.audience, isRefreshable: true)
    }

    /// The token that is shown may be bound to whatever certificate: it is its client's, and whoever exchanges it is the API that it was sent to.
    private func byExchange(_ client: RegisteredClient, _ registered: [String], _ form: FormBody) throws -> TokenGrant {
        guard let token = form["subject_token"], form["subject_token_type"] == TokenGrant.accessToken,
            form["requested_token_type"] ?? TokenGrant.accessToken == TokenGrant.accessToken
        else { throw EndpointRefusal.badRequest("invalid_request", "an access token is exchanged for another") }
        guard let told = try mint.issued.document(of: token), told["active"] == .bool(true), let subject = told["sub"]?.text else {
            throw EndpointRefusal.badRequest("invalid_grant", "the subject's token is not active")
        }
        let scopes = (told["scope"]?.text ?? "").split(separator: " ").map(String.init).filter(registered.contains)
        return TokenGrant(
            subject: subject, scopes: try TokenGrant.scopes(form, of: scopes), audience: try audience(form, "audience"),
            actor: client.id)
    }

    private func audience(_ form: FormBody, _ other: String? = nil) throws -> String {
        guard let audience = form["resource"] ?? other.flatMap({ form[$0] }) ?? mint.audiences.first, mint.audiences.contains(audience) else {
            throw EndpointRefusal.badRequest("invalid_target", "an unknown resource")
        }
        return audience
    }

    // MARK: The answer

    private func response(
        _ grant: TokenGrant, to client: RegisteredClient, _ format: TokenFormat, _ thumbprint: String, isExchange: Bool
    ) throws -> [String: JSONValue] {
        let scope = grant.scopes.joined(separator: " ")
        var claims = mint.claims(client: client.id, scope: scope, audience: grant.audience, thumbprint: thumbprint)
        claims["sub"] = .string(grant.subject)
        if let actor = grant.actor { claims["act"] = .object(["sub": .string(actor)]) }
        var answer: [String: JSONValue] = [
            "access_token": .string(try mint.issue(claims, as: format)), "token_type": .string("Bearer"),
            "expires_in": .integer(mint.lifetime), "scope": .string(scope),
        ]
        if isExchange { answer["issued_token_type"] = .string(TokenGrant.accessToken) }
        if grant.isRefreshable {
            answer["refresh_token"] = .string(
                refreshTokens.give(.init(client: client.id, subject: grant.subject, scopes: grant.scopes, audience: grant.audience)))
        }
        return answer
    }
}

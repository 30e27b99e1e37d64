import NIOCore
import NIOHTTP1
import NIOSSL
import SwiftASN1
import X509

/// The token endpoint (RFC 6749 section 4.4) over mutual TLS.
struct TokenEndpoint: Sendable {
    let authenticator: ClientAuthenticator
    let mint: AccessTokenMint

    private struct Refusal: Error {
        let status: HTTPResponseStatus
        let code: String
        let description: String
    }

    func answer(_ request: LabRequest) async throws -> LabResponse {
        do {
            return try .json(try await grant(request), headers: [("Cache-Control", "no-store")])
        } catch let refusal as Refusal {
            return try .json(
                ["error": refusal.code, "error_description": refusal.description], status: refusal.status,
                headers: [("Cache-Control", "no-store")])
        }
    }

    private func grant(_ request: LabRequest) async throws -> [String: JSONValue] {
        guard request.headers["Content-Type"].first?.hasPrefix("application/x-www-form-urlencoded") == true,
            let form = FormBody(String(buffer: request.body))
        else { throw Refusal(status: .badRequest, code: "invalid_request", description: "not one well-formed form") }
        let chain = try request.clientChain.map { try Certificate(derEncoded: $0.toDERBytes()) }
        guard let id = form["client_id"] else {
            throw Refusal(status: .badRequest, code: "invalid_request", description: "client_id is missing")
        }
        guard let leaf = chain.first else {
            throw Refusal(status: .unauthorized, code: "invalid_client", description: "no certificate; see mtls_endpoint_aliases")
        }
        guard let client = await authenticator.authenticate(id, presenting: chain) else {
            throw Refusal(status: .unauthorized, code: "invalid_client", description: "the certificate is not this client's")
        }
        guard let grantType = form["grant_type"] else {
            throw Refusal(status: .badRequest, code: "invalid_request", description: "grant_type is missing")
        }
        guard grantType == "client_credentials" else {
            throw Refusal(status: .badRequest, code: "unsupported_grant_type", description: "client_credentials only")
        }
        let scopes = form["scope"]?.split(separator: " ").map(String.init) ?? client.scopes
        guard scopes.allSatisfy(client.scopes.contains) else {
            throw Refusal(status: .badRequest, code: "invalid_scope", description: "beyond what the client is registered for")
        }
        guard let audience = form["resource"] ?? mint.audiences.first, mint.audiences.contains(audience) else {
            throw Refusal(status: .badRequest, code: "invalid_target", description: "an unknown resource")
        }
        let scope = scopes.joined(separator: " ")
        let claims = mint.claims(client: client.id, scope: scope, audience: audience, thumbprint: try leaf.thumbprint)
        return [
            "access_token": .string(try mint.sign(claims, with: try mint.ring.signer(nil))), "token_type": .string("Bearer"),
            "expires_in": .integer(mint.lifetime), "scope": .string(scope),
        ]
    }
}

import NIOHTTP1

/// Ends tokens before their time (RFC 7009): for resource servers any, for a client its own.
struct RevocationEndpoint: Sendable {
    static let path = "/revoke"

    let authenticator: ClientAuthenticator
    /// What assertions may be addressed to.
    let audiences: [String]
    let mint: AccessTokenMint

    func answer(_ request: LabRequest) async throws -> LabResponse {
        try await EndpointRefusal.answering(request) { form in
            guard let client = await authenticator.authenticate(try ClientCredentials(request, form), audiences: audiences) else {
                throw EndpointRefusal.invalidClient("not by what it is registered for")
            }
            guard let token = form["token"] else { throw EndpointRefusal.badRequest("invalid_request", "token is missing") }
            // An unknown token is as good as revoked (section 2.2).
            if let document = try mint.issued.document(of: token) {
                guard client.scope == nil || document["client_id"]?.text == client.id else {
                    throw EndpointRefusal.badRequest("invalid_grant", "another client's token")
                }
                mint.issued.revoke(token)
            }
            return LabResponse(.ok, type: "text/plain", text: "")
        }
    }
}

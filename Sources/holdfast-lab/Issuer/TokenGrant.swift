/// By what a client asks for a token.
enum GrantType: String, CaseIterable, Sendable {
    /// RFC 6749 section 4.4.
    case clientCredentials = "client_credentials"
    /// RFC 6749 section 6.
    case refreshToken = "refresh_token"
    /// RFC 8693: an API that calls another one in the name of its client.
    case tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
}

/// Whose token it is to be, and for what: what each kind of grant comes to before the token is made.
struct TokenGrant {
    static let accessToken = "urn:ietf:params:oauth:token-type:access_token"
    /// Asks for a refresh token beside the token (OpenID Connect Core section 11).
    static let offline = "offline_access"

    let subject: String
    let scopes: [String]
    let audience: String
    /// Who acts for the subject (RFC 8693 section 4.1); nil where that acts itself.
    var actor: String?
    var isRefreshable = false

    /// - Parameters:
    ///   - granted: what the client, or the token that it shows, may have.
    ///   - usual: where it does not say.
    static func scopes(_ form: FormBody, of granted: [String], usual: [String]? = nil) throws -> [String] {
        let asked = form["scope"]?.split(separator: " ").map(String.init).filter { $0 != offline }
        let scopes = asked.flatMap { $0.isEmpty ? nil : $0 } ?? usual ?? granted
        guard scopes.allSatisfy(granted.contains) else {
            throw EndpointRefusal.badRequest("invalid_scope", "beyond what there is to be had")
        }
        return scopes
    }

    static func isOffline(_ form: FormBody) -> Bool { form["scope"]?.split(separator: " ").contains { $0 == offline } ?? false }
}

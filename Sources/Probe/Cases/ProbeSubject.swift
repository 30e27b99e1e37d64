/// What a deployment is tried with: where it is, and the tokens that were given.
package struct ProbeSubject: Sendable {
    /// A token that must be refused, and why it must.
    package struct BadToken: Sendable {
        package let id: String
        package let title: String
        package let token: String

        package init(id: String, title: String, token: String) {
            (self.id, self.title, self.token) = (id, title, token)
        }
    }

    /// The `Host` of every request.
    package var authority: String
    /// A path that the good request may ask for.
    package var path: String
    /// One that it may not.
    package var protectedPath: String?
    /// Bound to the client's own certificate.
    package var token: String
    package var badTokens: [BadToken] = []
    /// Whether there is another client's certificate.
    package var hasOther = false
    /// base64url of the other certificate's SHA-256.
    package var otherThumbprint: String?
    /// Another name that is served under other terms.
    package var otherServerName: String?
    /// The field by which the API is told of the client's certificate.
    package var identityField = "X-Client-Cert-SHA256"
    /// Letters and digits that nothing else in an answer has.
    package var seed: String

    package init(authority: String, path: String, token: String, seed: String) {
        (self.authority, self.path, self.token, self.seed) = (authority, path, token, seed)
    }

    /// - Parameter token: nil: none.
    func request(_ target: String? = nil, token: String?) -> RawRequest {
        let credentials = token.map { ["Authorization: Bearer \($0)"] } ?? []
        return RawRequest(target: target ?? path, lines: ["Host: \(authority)"] + credentials + ["Connection: close"])
    }

    var good: RawRequest { request(token: token) }
}

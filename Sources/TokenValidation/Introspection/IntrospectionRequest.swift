import BindingPolicy

/// The question about one token (RFC 7662 section 2.1), with our credentials. Secret: never logged, kept no longer than needed.
package struct IntrospectionRequest: Equatable, Sendable, CustomStringConvertible {
    package static let json = "application/json"
    package static let signed = "application/token-introspection+jwt"

    /// Besides those that every request has.
    package let headers: [String: String]
    /// `application/x-www-form-urlencoded`.
    package let body: [UInt8]
    /// What the answer must be: there is no going back from signed to plain.
    package let contentType: String

    package var description: String { "a question about a token" }

    /// - Parameters:
    ///   - identifier: random, for an assertion.
    ///   - now: seconds since 1970.
    /// - Returns: nil where no assertion could be signed.
    package init?(
        _ token: [UInt8], _ settings: IntrospectionSettings, _ authentication: ClientAuthentication, issuer: String, identifier: String,
        now: Double
    ) {
        var fields = [("token", token), ("token_type_hint", Array("access_token".utf8))]
        contentType = settings.signedResponse ? Self.signed : Self.json
        switch authentication.method {
        case .tlsClientAuth:
            fields.append(("client_id", Array(settings.clientID.utf8)))
            headers = [:]
        case .privateKeyJWT(let signer):
            guard let assertion = signer.assertion(of: settings.clientID, for: issuer, identifier: identifier, now: now) else { return nil }
            fields += [("client_assertion_type", Array(AssertionSigner.type.utf8)), ("client_assertion", Array(assertion.utf8))]
            headers = [:]
        case .clientSecretBasic(let secret):
            let pair = FormEncoding.encode(settings.clientID) + ":" + FormEncoding.encode(secret)
            headers = ["Authorization": "Basic " + Base64.encode(pair.utf8)]
        }
        body = FormEncoding.body(fields.map { (name: $0.0, value: $0.1) })
    }
}

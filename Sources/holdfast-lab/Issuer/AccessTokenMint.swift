import Crypto
import Foundation

/// Makes access tokens bound to a certificate (RFC 8705 section 3): JWTs (RFC 9068), and opaque ones.
struct AccessTokenMint: Sendable {
    let issuer: String
    /// The resources a token can be asked for; the first is the one that tokens are for unless another is asked for.
    let audiences: [String]
    /// Seconds.
    let lifetime: Int
    /// What a token is unless another format is asked for.
    let format: TokenFormat
    let ring: KeyRing
    let issued = IssuedTokens()

    /// - Parameter thumbprint: `x5t#S256`; nil for a token that is bound to nothing.
    func claims(
        client: String, scope: String, audience: String, thumbprint: String?, expiresIn: Int? = nil
    ) -> [String: JSONValue] {
        let now = Int(Date.now.timeIntervalSince1970)
        var claims: [String: JSONValue] = [
            "iss": .string(issuer), "sub": .string(client), "client_id": .string(client), "aud": .string(audience),
            "iat": .integer(now), "exp": .integer(now + (expiresIn ?? lifetime)),
            "jti": .string(UUID().uuidString), "scope": .string(scope),
        ]
        if let thumbprint { claims["cnf"] = .object(["x5t#S256": .string(thumbprint)]) }
        return claims
    }

    /// A token as the token endpoint gives it.
    func issue(_ claims: [String: JSONValue], as format: TokenFormat) throws -> String {
        switch format {
        case .opaque: return try issueOpaque(claims)
        case .jwt:
            let token = try sign(claims, with: try ring.signer(nil))
            try issued.record(token, claims)
            return token
        }
    }

    /// - Parameter text: the token itself; a random one unless it is given.
    func issueOpaque(_ claims: [String: JSONValue], text: String? = nil) throws -> String {
        let token = text ?? SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64url }
        try issued.record(token, claims)
        return token
    }

    /// - Parameter header: members written over the usual ones; null takes one away.
    func sign(_ claims: [String: JSONValue], with key: SigningKey, kid: String? = nil, header: [String: JSONValue] = [:]) throws -> String {
        let usual: [String: JSONValue] = [
            "typ": .string("at+jwt"), "alg": .string(key.algorithm.rawValue), "kid": .string(kid ?? key.kid),
        ]
        let signed = try JSONText.encode(usual.overridden(by: header)).base64url + "." + JSONText.encode(claims).base64url
        return signed + "." + (try key.sign(Data(signed.utf8)).base64url)
    }
}

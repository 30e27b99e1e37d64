import Foundation

/// A JWT by which a client authenticates (RFC 7523 sections 2.2 and 3), taken apart and not yet believed.
struct ClientAssertion: Sendable {
    static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    /// Seconds that an assertion may still have to live: longer, and its `jti` would have to be remembered for longer.
    private static let longestLife = 600

    /// Whom it claims to be from: `iss` and `sub`, which are the same.
    let client: String
    /// Unique to each assertion.
    let identifier: String
    private let header: [String: JSONValue]
    private let claims: [String: JSONValue]
    private let signed: Data
    private let signature: Data

    /// Nil unless it is a JWS of JSON objects with `iss`, the same `sub`, and `jti`.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Data(base64url: parts[2]), let header = Self.object(parts[0]),
            let claims = Self.object(parts[1]), let client = claims["iss"]?.text, claims["sub"]?.text == client,
            let identifier = claims["jti"]?.text, !identifier.isEmpty
        else { return nil }
        self.client = client
        self.identifier = identifier
        self.header = header
        self.claims = claims
        self.signature = signature
        signed = Data((parts[0] + "." + parts[1]).utf8)
    }

    /// Whether one of the client's keys signed it, for one of these audiences and for now.
    func isValid(keys: [AssertionKey], audiences: [String], now: Date = .now) -> Bool {
        let now = Int(now.timeIntervalSince1970)
        guard let expiry = claims["exp"]?.seconds, expiry > now, expiry <= now + Self.longestLife else { return false }
        if let start = claims["nbf"]?.seconds, start > now { return false }
        guard let audience = claims["aud"], audience.texts.contains(where: audiences.contains) else { return false }
        let kid = header["kid"]?.text
        return keys.contains { key in
            header["alg"]?.text == key.algorithm.rawValue && (kid == nil || kid == key.kid) && key.isValid(signature, for: signed)
        }
    }

    /// Whether it is bound to no other certificate than this: by `cnf` (RFC 8705 section 3.1), or by the header's `x5t#S256` (RFC 7515 section 4.1.8),
    /// where the client's certificate has the key that signed it.
    func isFor(certificate thumbprint: String) -> Bool {
        let confirmed: JSONValue? = if case .object(let members)? = claims["cnf"] { members["x5t#S256"] } else { claims["cnf"] }
        return [confirmed, header["x5t#S256"]].allSatisfy { $0 == nil || $0?.text == thumbprint }
    }

    private static func object(_ part: Substring) -> [String: JSONValue]? {
        Data(base64url: part).flatMap { try? JSONDecoder().decode([String: JSONValue].self, from: $0) }
    }
}

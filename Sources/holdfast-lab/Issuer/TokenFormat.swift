/// What an access token looks like.
enum TokenFormat: String, Codable, Sendable {
    /// Signed (RFC 9068).
    case jwt
    /// Random: only introspection tells what it is.
    case opaque
}

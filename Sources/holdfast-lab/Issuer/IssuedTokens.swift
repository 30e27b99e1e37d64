import Crypto
import Foundation
import Synchronization

/// The tokens issued so far, by their hashes, with what introspection says of each (RFC 7662 section 2.2).
final class IssuedTokens: Sendable {
    private struct Entry {
        /// JSON: a tenth of the memory of the value.
        let document: Data
        /// Nil where the order decided once and for all whether the token is active.
        let expiry: Int?
    }

    private let entries = Mutex(BoundedTable<SHA256.Digest, Entry>(limit: 65_536))

    /// - Parameter claims: what the token says; a member `active` is what introspection then says, whatever the time.
    func record(_ token: String, _ claims: [String: JSONValue]) throws {
        let usual: [String: JSONValue] = ["active": .bool(true), "token_type": .string("Bearer")]
        let document = try JSONText.encode(usual.merging(claims) { $1 })
        let expiry = claims["active"] == nil ? claims["exp"]?.seconds : nil
        entries.withLock { $0.insert(Entry(document: document, expiry: expiry), for: Self.hash(token)) }
    }

    /// Nil for a token that is unknown, forgotten, revoked or expired.
    func document(of token: String) throws -> [String: JSONValue]? {
        guard let entry = entries.withLock({ $0[Self.hash(token)] }) else { return nil }
        if let expiry = entry.expiry, expiry <= Int(Date.now.timeIntervalSince1970) { return nil }
        return try JSONDecoder().decode([String: JSONValue].self, from: entry.document)
    }

    func revoke(_ token: String) { entries.withLock { $0.remove(Self.hash(token)) } }

    private static func hash(_ token: String) -> SHA256.Digest { SHA256.hash(data: Data(token.utf8)) }
}

/// What an access token looks like.
enum TokenFormat: String, Codable, Sendable {
    /// Signed (RFC 9068).
    case jwt
    /// Random: only introspection tells what it is.
    case opaque
}

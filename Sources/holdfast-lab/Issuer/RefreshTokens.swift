import Crypto
import Foundation
import Synchronization

/// Refresh tokens given so far (RFC 6749 section 6): each is good once, for the client that it was given to.
///
/// The client's own authentication is what binds them (RFC 8705 section 7.1): after its certificate has been renewed, a token that it gets by one is
/// bound to the new one.
final class RefreshTokens: Sendable {
    struct Grant: Sendable {
        let client: String
        let subject: String
        let scopes: [String]
        let audience: String
    }

    private let grants = Mutex(BoundedTable<SHA256.Digest, Grant>(limit: 65_536))

    func give(_ grant: Grant) -> String {
        let token = SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64url }
        grants.withLock { $0.insert(grant, for: Self.hash(token)) }
        return token
    }

    /// Nil for one that is unknown, used already, or another client's, which leaves it as it is.
    func take(_ token: String, by client: String) -> Grant? {
        let hash = Self.hash(token)
        return grants.withLock { grants in
            guard let grant = grants[hash], grant.client == client else { return nil }
            grants.remove(hash)
            return grant
        }
    }

    private static func hash(_ token: String) -> SHA256.Digest { SHA256.hash(data: Data(token.utf8)) }
}

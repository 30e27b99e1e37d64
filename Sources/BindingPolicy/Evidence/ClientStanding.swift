/// A client that the configuration names, as one certificate of it shows it: who it is, and what it may have there.
package final class ClientStanding: Equatable, Sendable {
    package let id: String
    /// The scopes that it may use, of those that its tokens have; nil for all of these.
    package let scopes: [String]?
    /// One of these must be its tokens' `client_id`; nil where any will do.
    package let clientIDs: [String]?

    package init(id: String, scopes: [String]? = nil, clientIDs: [String]? = nil) {
        self.id = id
        self.scopes = scopes
        self.clientIDs = clientIDs
    }

    package static func == (left: ClientStanding, right: ClientStanding) -> Bool {
        left === right || left.id == right.id && left.scopes == right.scopes && left.clientIDs == right.clientIDs
    }

    /// The same client with no more than these scopes.
    package func narrowed(to others: [String]) -> ClientStanding {
        ClientStanding(id: id, scopes: scopes.map { $0.filter { $0.isSpelled(in: others) } } ?? others, clientIDs: clientIDs)
    }

    package func mayUse(_ scope: some StringProtocol) -> Bool {
        scopes.map { allowed in allowed.contains { $0.utf8.elementsEqual(scope.utf8) } } ?? true
    }

    /// Whether a token of that `client_id` is its own.
    func owns(tokenOf clientID: String?) -> Bool {
        guard let clientIDs else { return true }
        return clientID?.isSpelled(in: clientIDs) ?? false
    }
}

/// What one route asks of a request.
package struct RoutePolicy: Equatable, Sendable {
    package enum Requirement: String, CaseIterable, Sendable {
        /// A token bound to the certificate of the connection: the default, and the only one not called weaker.
        case boundToken = "bound-token"
        /// A client certificate that the listener accepts; no token is looked at.
        case certificate = "certificate"
    }

    package let requirement: Requirement
    /// Every one of these must be in the token's `scope`.
    package let scopes: [String]

    package init(requirement: Requirement, scopes: [String]) {
        self.requirement = requirement
        self.scopes = scopes
    }

    /// What holds where no route is configured or none matches.
    package static let boundToken = RoutePolicy(requirement: .boundToken, scopes: [])
}

/// What a token of proven origin is held against, in this order (requirements DT-14). What comes after the binding is looked at only for
/// a token that is valid and bound: a 403, or a demand to step up, is never given to anybody else.
package enum TokenCondition: Sendable, CaseIterable {
    /// Whether its issuer counts on the route.
    case issuer
    case expiry
    case beginning
    case audience
    case binding
    /// Whether it is of the client that the certificate stands for.
    case client
    case authentication
    case authenticationAge
    case scope
    case claims

    /// One array for all requests.
    package static let order = allCases
}

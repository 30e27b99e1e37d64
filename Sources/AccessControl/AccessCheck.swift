/// What is looked at before a token, in this order: the proxy and `explain` run this list, and no other. Behind it stand the proof of
/// the token's origin (TokenValidation) and ``TokenCondition``; before it the handshake and the parser, which both run too.
package enum AccessCheck: Sendable, CaseIterable {
    /// A known method in another case is none (RFC 9110 section 9.1), yet many frameworks fold it: it would escape the routes of that
    /// method.
    case methodSpelling
    /// TRACE and CONNECT.
    case method
    /// Whether the request has been through this process before (RFC 9110 section 7.6.3).
    case loop
    case host
    /// The resource's own metadata, which ends the list.
    case document
    case interactionID
    /// Which route it is, and whether that can be said for certain.
    case path
    /// The certificate was judged at the handshake and may have run out since.
    case certificate
    /// Whether it says of its holder what the route asks for. Not the token's matter: no other would help.
    case certificateTerms
    /// Also where no token is asked for: the upstream might take the one or the other.
    case authorizationOnce
    /// Ends the list where the route asks for no token.
    case need
    case credentials

    /// One array for all requests.
    package static let order = allCases
}

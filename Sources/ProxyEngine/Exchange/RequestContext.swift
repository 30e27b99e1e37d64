package import BindingPolicy

/// What is said of a request that is forwarded, for somebody to sign.
package struct RequestContext {
    /// As the client sent them: what stands in the request line, the path without its query.
    package let method: String
    package let path: String
    package let peer: AuthenticatedPeer
    /// What it was judged by; nil on a route that asks for no token, and where it would have been refused.
    package let permit: Permit
    /// Seconds since 1970.
    package let now: Double
}

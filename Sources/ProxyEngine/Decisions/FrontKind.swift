/// How a front asks for a decision. The raw value is what the log and the metric have.
package enum FrontKind: String, Sendable, CaseIterable {
    /// A request of HTTP in the place of the client's: nginx's `auth_request`, Traefik's ForwardAuth, Caddy's `forward_auth`.
    case http = "forward_auth"
    /// A call of gRPC: Envoy.
    case envoy = "ext_authz"
    /// HAProxy.
    case haproxy = "spop"
}

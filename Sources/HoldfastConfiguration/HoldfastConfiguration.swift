package import BindingPolicy

/// All that one `holdfast.yaml` says, checked and with every default filled in. Immutable: a reload makes another one.
package struct HoldfastConfiguration: Equatable, Sendable {
    /// The file it was read from, as it was named to us.
    package let file: String
    /// As it was read.
    package let text: String
    package let listener: Listener
    package let clientTrust: ClientTrust
    /// Files (PEM) of certificates between clients and their CAs, lent to clients that do not send them.
    package let intermediates: [LocatedPath]
    /// CAs that may stand between a client's certificate and its authority.
    package let maxIntermediates: Int
    /// The only ones that are let in; empty for all whose certificates are accepted. No id twice.
    package let clients: [RegisteredClient]
    /// Certificates that are let in no more; nil for none.
    package let denyList: LocatedPath?
    /// At least one; no issuer twice.
    package let tokens: [TokenIssuer]
    /// What this API says of itself (RFC 9728); nil where the file does not say.
    package let resource: Resource?
    /// The rules of an ecosystem, already worked into everything else here; nil for none.
    package let profile: Profile?
    /// Where requests go whose route names no other.
    package let upstream: Upstream
    /// The others, as they stand in the file; no name twice.
    package let namedUpstreams: [Upstream]
    package let forward: Forward
    package let routes: [Route]
    /// Where the file has them: `routes`, or `routes.list`.
    package let routesKey: String
    /// Its fallback has `reportOnly` where the whole file has; each route then has it too.
    package let routeTable: RouteTable
    /// The claims that routes compare or that are forwarded, each once.
    package let claimNames: [ClaimName]
    /// Where `/livez`, `/readyz` and `/metrics` are served in clear; nil for nowhere.
    package let admin: NetworkAddress?
    /// Where other proxies ask for decisions; nil for nowhere.
    package let decisions: Decisions?
    package let limits: Limits
    package let log: Log
    /// Nil for nowhere.
    package let otlp: OTLP?
    package let shutdown: Shutdown
    package let sandbox: Sandbox
    /// Event loops; nil for one per core that this process may use.
    package let threads: Int?
    /// Verified tokens remembered per loop; 0 for none.
    package let verificationCache: Int
}

extension HoldfastConfiguration {
    /// Whether no request passes without a token bound to its certificate, on any route and at any time: what the metadata may
    /// promise to clients (RFC 8705 section 3.3, RFC 9728 section 2).
    package var isBoundEverywhere: Bool {
        (routes.map(\.policy) + [routeTable.fallback]).allSatisfy { $0.requirement == .boundToken && $0.reportOnly == nil }
    }

    /// Whether clients may connect without a certificate, since there is a route that asks for none.
    package var isCertificateOptional: Bool { routes.contains { $0.policy.requirement == .nothing } }
}

extension HoldfastConfiguration {
    /// The one without a name first.
    package var upstreams: [Upstream] { [upstream] + namedUpstreams }

    /// The names of those that no route sends anything to.
    package var unusedUpstreams: [Upstream] {
        namedUpstreams.filter { upstream in !routes.contains { $0.policy.upstream == upstream.name } }
    }
}

internal import BindingPolicy
import HTTPWire
import Timekeeping

extension ConfigurationSummary {
    static func warnings(_ configuration: HoldfastConfiguration, _ now: Double) -> [String] {
        var warnings: [String] = []
        for (key, trust) in configuration.trusts where trust == .any {
            warnings.append(
                "\(key).trust is `any`: certificates are not held against a CA, so a route without a token is open to everybody."
            )
        }
        if configuration.readsCertificates {
            for (key, trust) in configuration.trusts where trust == .any {
                warnings.append(
                    "\(key).trust is `any`: nobody vouches for what certificates say there, so a route with `certificate` refuses its clients, and nothing of it is forwarded."
                )
            }
        }
        for case (let key, .authorities(_, .any)) in configuration.trusts {
            warnings.append(
                "\(key).usage is `any`: certificates that were issued for servers, code or mail are taken as clients' too. Whoever has one of these CAs' certificates for whatever use is a client."
            )
        }
        warnings += configuration.trusts.flatMap { key, trust in revocation(trust, key) }
        if configuration.listener.minimumBodyRate == 0 {
            warnings.append(
                "listener.minimum_body_rate is 0: a body that trickles holds its connection, and one to the API, for as long as it likes.")
        }
        if let profile = configuration.profile { warnings += unmet(profile, configuration) }
        for (index, token) in configuration.tokens.enumerated() { warnings += weaknesses(of: token, "tokens[\(index)]") }
        for (index, route) in configuration.routes.enumerated() {
            warnings += weaknesses(of: route, "\(configuration.routesKey)[\(index)]", configuration)
        }
        warnings += matching(configuration)
        warnings += kept(configuration.forward)
        warnings += reportOnly(configuration, now)
        let hosts = configuration.listener.hosts + configuration.listener.identities.flatMap(\.hosts)
        if let identifier = configuration.resource?.identifier, !hosts.isEmpty,
            !Array(identifier.hostField.utf8).withUnsafeBytes({ ServedHosts(hosts).contains($0) })
        {
            warnings.append(
                "resource.identifier names \(identifier.host), which is not among listener.hosts: whoever asks for its metadata there is answered 421."
            )
        }
        warnings += configuration.upstreams.flatMap(weaknesses)
        for upstream in configuration.unusedUpstreams {
            warnings.append("\(upstream.keyPath): no route sends anything there. Name it in the `upstream` of a route, or remove it.")
        }
        warnings += configuration.listener.http2.warnings
        if configuration.decisions?.claimedIdentity == .frontRemoves {
            warnings.append(
                "decision.claimed_identity is `front-removes`: what clients claim to be reaches the API unless the proxy in front removes each such field, in every spelling."
            )
        }
        for range in configuration.listener.proxyPeers where range.isEverybody {
            warnings.append(
                "listener.proxy_protocol.from has `\(range)`: whoever can connect says which address a request comes from, in the log and to the API."
            )
        }
        if configuration.sandbox == .none {
            warnings.append("process.sandbox is `none`: whoever takes this process over may read and write what its user may.")
        }
        if configuration.listener.reusePort {
            warnings.append(
                "listener.reuse_port is true: whatever process of this user listens on the same addresses gets its part of the connections, and another Holdfast that was left running is not noticed."
            )
        }
        if !configuration.forward.via {
            warnings.append(
                "forward.via is false: a request that comes back here, since something behind sends it to this listener again, is not known, and goes round until its sender gives up."
            )
        }
        warnings += configuration.upstreams.flatMap(tolerated) + configuration.upstreams.flatMap(compressed)
        if let otlp = configuration.otlp, !otlp.traces.isTrustworthy {
            warnings.append(
                "telemetry.otlp.cleartext is `allowed`: paths and clients' addresses\(otlp.headersFile == nil ? "" : ", and what headers_file holds,") travel to \(otlp.traces.host) in clear."
            )
        }
        if let admin = configuration.admin, !admin.isLoopback {
            warnings.append("admin.address \(admin) is not a loopback address: whoever reaches it sees the metrics.")
        }
        return warnings
    }

    private static func weaknesses(of upstream: HoldfastConfiguration.Upstream) -> [String] {
        var warnings: [String] = []
        let hosts = upstream.addresses.isEmpty ? [upstream.destination.host].compactMap(\.self) : upstream.addresses.map(\.host)
        if upstream.tls == nil, let host = hosts.first(where: { !HostName.isLoopback($0) }) {
            warnings.append(
                "\(upstream.keyPath).cleartext is `allowed`: tokens and the trusted header travel to \(host) in clear, and whoever is on the way can read and forge them."
            )
        }
        guard let tls = upstream.tls else { return warnings }
        if tls.minimumVersion == .tls10 || tls.minimumVersion == .tls11 {
            warnings.append(
                "\(upstream.keyPath).minimum_tls is \(tls.minimumVersion.rawValue): whoever is on the way can have an old version spoken (RFC 8996).")
        }
        if tls.suites == .legacy {
            warnings.append(
                "\(upstream.keyPath).suites is `legacy`: RSA key exchange, CBC and SHA-1 are spoken where the upstream wants them; who records it can read it once he has the upstream's key."
            )
        }
        if tls.renegotiation != .never {
            warnings.append(
                "\(upstream.keyPath).renegotiation is `\(tls.renegotiation.rawValue)`: the upstream may begin another handshake on a connection that is in use."
            )
        }
        return warnings
    }

    /// What is asked less about than it could be.
    private static func revocation(_ trust: HoldfastConfiguration.ClientTrust, _ key: String) -> [String] {
        guard case .authorities(let authorities, _) = trust else { return [] }
        return authorities.flatMap { part -> [String] in
            guard let revocation = part.revocation else { return [] }
            return [
                revocation.scope == .leaf
                    ? "\(key).authorities: of \(part.file.path) `scope` is `leaf`: an intermediate that has been revoked is not looked up, nor is whoever it issued to."
                    : nil,
                revocation.whenStale == .accept && revocation.responders != nil
                    ? "\(key).authorities: of \(part.file.path) `when_unreachable` is `accept`: who has been revoked passes whenever the responder gives no answer."
                    : nil,
                revocation.whenStale == .accept && revocation.responders == nil
                    ? "\(key).authorities: of \(part.file.path) `when_stale` is `accept`: who has been revoked since the last list passes for as long as no newer one comes."
                    : nil,
            ].compactMap(\.self)
        }
    }

    /// What a profile asks for and this configuration does not do.
    private static func unmet(_ profile: HoldfastConfiguration.Profile, _ configuration: HoldfastConfiguration) -> [String] {
        var warnings: [String] = []
        for case (let key, .authorities(let authorities, _)) in configuration.trusts where profile == .cdr {
            for part in authorities where part.revocation == nil {
                warnings.append(
                    "profile `cdr` asks that certificates be checked for revocation, and there is no list for those of \(part.file.path): write `\(key).revocation_lists`."
                )
            }
        }
        for (index, token) in configuration.tokens.enumerated() where token.introspection?.tokens != .all {
            let (what, which) = token.introspection == nil ? ("no `introspection`", "tokens") : ("`introspection.tokens: opaque`", "JWTs")
            warnings.append(
                "profile `\(profile.rawValue)` asks that revoked tokens be refused (\(profile.revocationRule)); tokens[\(index)] has \(what), so \(which) of \(token.issuer) are taken until `exp`."
            )
        }
        return warnings
    }

    private static func weaknesses(of token: HoldfastConfiguration.TokenIssuer, _ keyPath: String) -> [String] {
        var warnings: [String] = []
        if token.type == .any {
            warnings.append(
                "\(keyPath).type is `any`: other JWTs of \(token.issuer) with this audience, such as ID tokens, are taken for access tokens."
            )
        }
        let dropped = token.type.requiredClaims.filter { !token.requiredClaims.contains($0) }
        if token.verifiesJWTs, !dropped.isEmpty {
            warnings.append(
                "\(keyPath).required_claims leaves out \(dropped.map(quoted).joined(separator: ", ")): access tokens have them (RFC 9068 section 2.2), and those of \(token.issuer) are taken without."
            )
        }
        if token.introspection != nil, token.audienceInAnswer == .optional {
            warnings.append(
                "\(keyPath).audience_in_answer is `optional`: an active token of \(token.issuer) is taken for one of this API where the answer does not say whom it is for."
            )
        }
        if token.introspection?.tokens == .opaque {
            warnings.append(
                "\(keyPath).introspection.tokens is `opaque`: JWTs of \(token.issuer) are not asked about, so a revoked one is taken until its `exp`."
            )
        }
        if token.keysMediaType == .any {
            warnings.append(
                "\(keyPath).keys_media_type is `any`: whatever is served at the address of the keys counts, also what others could upload there."
            )
        }
        if token.leeway > .seconds(60) {
            warnings.append("\(keyPath).leeway is \(Quantity.spell(token.leeway)): so long after their expiry tokens are still taken.")
        }
        if token.staleKeys < .seconds(60) {
            warnings.append(
                "\(keyPath).stale_keys is \(Quantity.spell(token.staleKeys)): whenever \(token.issuer) is away for longer, every request with its tokens is answered 503."
            )
        }
        var lists = [("algorithms", token.algorithms)]
        if let introspection = token.introspection, introspection.signedResponse, introspection.responseAlgorithms != token.algorithms {
            lists.append(("introspection.response_algorithms", introspection.responseAlgorithms))
        }
        for (key, algorithms) in lists {
            let weak = algorithms.filter { [.rs256, .rs384, .rs512].contains($0) }.map(\.rawValue)
            guard !weak.isEmpty else { continue }
            warnings.append(
                "\(keyPath).\(key) has \(weak.joined(separator: ", ")): the FAPI profiles do not allow it (FAPI 2.0 section 5.4.1); use PS256 or ES256 where the issuer can."
            )
        }
        return warnings
    }

    private static func weaknesses(of route: Route, _ keyPath: String, _ configuration: HoldfastConfiguration) -> [String] {
        switch route.policy.requirement {
        case .boundToken: return []
        case .certificate: return ["\(name(of: route)) asks for no token: everybody with an accepted certificate gets through."]
        case .nothing:
            return [
                "\(keyPath).require is `nothing`: \(name(of: route)) is open to everybody who can connect, without a token and without a certificate, and the listener lets clients without a certificate connect.\(outside(configuration))"
            ]
        }
    }

    private static func matching(_ configuration: HoldfastConfiguration) -> [String] {
        let (table, key) = (configuration.routeTable, configuration.routesKey)
        switch table.matching {
        case .exact:
            guard table.asksForDifferentThings else { return [] }
            return [
                "routes.matching is `exact`: where the API takes another spelling of a path for the same (another case, a dot or a space at the end of a segment, full-width letters), that spelling is served by whatever route covers it, which may be a weaker one."
            ]
        case .fold:
            return RouteTable.confusable(configuration.routes).map { one, other in
                "\(key)[\(one)] and \(key)[\(other)] are one path to an API that folds it, and ask for different things: requests for either need the stricter of both, and where neither is, they are refused as ambiguous. If the API tells the two apart, write `matching: exact`."
            }
        }
    }

    private static func kept(_ forward: HoldfastConfiguration.Forward) -> [String] {
        guard !forward.keep.isEmpty else { return [] }
        return [
            "forward.keep lets what clients send in \(forward.keep.joined(separator: ", ")) reach the API, where other proxies put who the client is or what it asks for: the API must not believe it."
        ]
    }

    private static func tolerated(_ upstream: HoldfastConfiguration.Upstream) -> [String] {
        upstream.tolerated.map { word in
            let what =
                switch word {
                case .repeatedChunked: "`Transfer-Encoding: chunked` that stands there twice counts once"
                case .lengthBesideChunked: "a `Content-Length` beside `Transfer-Encoding: chunked` is dropped"
                case .chunkedInHTTP10: "`Transfer-Encoding: chunked` counts in an answer of HTTP/1.0"
                case .bareLF: "a line may end with LF alone, in heads and between chunks"
                case .controlCharacters: "control characters in values become spaces"
                }
            return
                "\(upstream.keyPath).tolerate has `\(word.rawValue)`: \(what). Where others between here and the API read it in another way, an answer could be taken for a part of another; clients get it clean."
        }
    }

    private static func compressed(_ upstream: HoldfastConfiguration.Upstream) -> [String] {
        guard let terms = upstream.compression else { return [] }
        return [
            "\(upstream.keyPath).compression compresses answers of \(terms.types.map(\.text).joined(separator: ", ")): where one holds a secret beside something that others can choose, its length tells them of the secret, guess by guess, although it is encrypted (BREACH). Name no type of such answers, or send their routes to an upstream without it."
        ]
    }

    private static func name(of route: Route) -> String { (route.methods + [route.pattern.description]).joined(separator: " ") }

    /// The whole file's, and that of each route that differs from it.
    private static func reportOnly(_ configuration: HoldfastConfiguration, _ now: Double) -> [String] {
        let whole = configuration.routeTable.fallback.reportOnly
        var warnings: [String] = []
        if let whole {
            let covered = configuration.routes.isEmpty ? "everything" : "every route that does not say otherwise"
            warnings.append(reportOnly(whole, "report_only", on: covered, configuration, now))
        }
        for (index, route) in configuration.routes.enumerated() where route.policy.requirement != .nothing {
            guard let mode = route.policy.reportOnly, mode != whole else { continue }
            warnings.append(reportOnly(mode, "\(configuration.routesKey)[\(index)].report_only", on: name(of: route), configuration, now))
        }
        return warnings
    }

    private static func reportOnly(
        _ mode: ReportOnly, _ key: String, on what: String, _ configuration: HoldfastConfiguration, _ now: Double
    ) -> String {
        if let until = mode.until, !mode.isOn(at: now) {
            return "\(key) ended at \(Timestamp.text(until)): \(what) is enforced. Remove the key."
        }
        let end = mode.until.map { "until \(Timestamp.text($0))" } ?? "with no end"
        return
            "\(key) is on \(end): on \(what), requests that should be refused are forwarded, marked and counted. Nothing is protected.\(outside(configuration))"
    }

    private static func outside(_ configuration: HoldfastConfiguration) -> String {
        configuration.profile.map { " This lies outside of `profile: \($0.rawValue)`." } ?? ""
    }
}

extension HTTPURL {
    /// The host as a `Host` field has it, without the port.
    fileprivate var hostField: String { host.contains(":") ? "[\(host.lowercased())]" : host.lowercased() }
}

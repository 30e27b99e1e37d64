internal import BindingPolicy

/// What a configuration lets through, in plain words, for `holdfast check` and the start of `holdfast run`.
package struct ConfigurationSummary: Equatable, Sendable {
    /// One sentence a line.
    package let facts: [String]
    /// What is weaker than it could be, or leads into trouble; each names its key.
    package let warnings: [String]

    package init(_ configuration: HoldfastConfiguration) {
        facts =
            Self.listener(configuration) + Self.clients(configuration) + Self.tokens(configuration) + Self.routes(configuration)
            + Self.upstream(configuration) + Self.operation(configuration)
        warnings = Self.warnings(configuration)
    }

    /// Facts first, then the warnings, each marked as one.
    package var lines: [String] {
        facts + (warnings.isEmpty ? ["Nothing in this configuration is weaker than the default."] : warnings.map { "warning: \($0)" })
    }
}

// MARK: - Facts

extension ConfigurationSummary {
    private static func listener(_ configuration: HoldfastConfiguration) -> [String] {
        let listener = configuration.listener
        let versions = listener.minimumTLS == .tls12 ? "TLS 1.2 and 1.3" : "TLS 1.3 only"
        return ["Listens on \(listener.address) with \(versions); each client must present a certificate and prove its key."]
    }

    private static func clients(_ configuration: HoldfastConfiguration) -> [String] {
        switch configuration.clientTrust {
        case .authorities(let file): ["Accepts client certificates with a valid path to a CA in \(file.path), and no others."]
        case .any: ["Accepts whatever client certificate, also self-signed or expired: only the binding of the token counts."]
        }
    }

    private static func tokens(_ configuration: HoldfastConfiguration) -> [String] {
        configuration.tokens.map { token in
            let audiences = token.audiences.count == 1 ? token.audiences[0] : "one of " + token.audiences.joined(separator: ", ")
            let type = token.type == .accessToken ? "`typ` at+jwt" : "`typ` at+jwt, JWT or none"
            let keys =
                switch token.keys {
                case .url(let url): "keys from \(url)"
                case .file(let file): "keys from the file \(file.path)"
                case .discovered: "keys discovered from the issuer's metadata"
                case .none: "no keys"
                }
            return
                "Accepts tokens of \(token.issuer) for \(audiences): signed with \(token.algorithms.map(\.rawValue).joined(separator: ", ")), \(type), \(keys), taken until `exp`\(token.leeway == .zero ? "" : " and \(Quantity.spell(token.leeway)) longer")."
        }
    }

    private static func routes(_ configuration: HoldfastConfiguration) -> [String] {
        let whole = "needs a token bound to the client's certificate"
        guard !configuration.routes.isEmpty else { return ["Every request \(whole)."] }
        return configuration.routes.map { route in
            let methods =
                route.methods.isEmpty ? "Any method" : route.methods.map { $0 == "GET" ? "GET and HEAD" : $0 }.joined(separator: ", ")
            let needs =
                switch route.policy.requirement {
                case .boundToken where route.policy.scopes.isEmpty: whole
                case .boundToken: "\(whole), with \(route.policy.scopes.map { "`\($0)`" }.joined(separator: " and ")) in its scope"
                case .certificate: "needs a client certificate only: no token is looked at"
                case .nothing: "needs nothing: it is open to everybody"
                }
            return "\(methods) on \(route.pattern) \(needs)."
        } + ["Every other request \(whole), whatever its scope."]
    }

    private static func upstream(_ configuration: HoldfastConfiguration) -> [String] {
        let upstream = configuration.upstream
        let forward = configuration.forward
        let encryption =
            upstream.tls.map { tls in
                let authorities = tls.certificateAuthorities.map { "a CA in \($0.path)" } ?? "a CA that this system trusts"
                return ", whose certificate must be for \(tls.serverName) and from \(authorities)"
                    + (tls.identity.map { ", showing \($0.certificate.path)" } ?? "")
            } ?? ""
        let token = forward.authorization == .keep ? "the Authorization field as it came" : "no Authorization field"
        let address = forward.clientAddress == .xForwarded ? ", and the client's address in X-Forwarded-For" : ""
        let strip =
            forward.strip.isEmpty
            ? "" : " Beside the usual names it never sees what clients send in \(forward.strip.joined(separator: ", "))."
        return [
            "Forwards to \(upstream.url)\(encryption).",
            "The upstream receives the certificate's thumbprint in \(forward.thumbprintHeader), \(token)\(address).\(strip)",
        ]
    }

    private static func operation(_ configuration: HoldfastConfiguration) -> [String] {
        let admin =
            configuration.admin.map { "Serves /livez, /readyz and /metrics in clear on \($0)." }
            ?? "Serves neither health nor metrics: there is no `admin` section."
        let log = configuration.log.access ? "Logs a line a request on standard output" : "Logs no line for single requests"
        return [admin, "\(log), and its own messages from level \(configuration.log.level.rawValue) on."]
    }
}

// MARK: - Warnings

extension ConfigurationSummary {
    private static func warnings(_ configuration: HoldfastConfiguration) -> [String] {
        var warnings: [String] = []
        if configuration.clientTrust == .any {
            warnings.append(
                "client_certificates.trust is `any`: certificates are not held against a CA, so a route without a token is open to everybody."
            )
        }
        for (index, token) in configuration.tokens.enumerated() { warnings += weaknesses(of: token, "tokens[\(index)]") }
        for route in configuration.routes where route.policy.requirement == .certificate {
            warnings.append("\(route.pattern) asks for no token: everybody with an accepted certificate gets through.")
        }
        if configuration.upstream.tls == nil, case .tcp(let host, _) = configuration.upstream.destination, !HostName.isLoopback(host) {
            warnings.append(
                "upstream.cleartext is `allowed`: tokens and the trusted header travel to \(host) in clear, and whoever is on the way can read and forge them."
            )
        }
        if let admin = configuration.admin, !admin.isLoopback {
            warnings.append("admin.address \(admin) is not a loopback address: whoever reaches it sees the metrics.")
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
        if token.leeway > .seconds(60) {
            warnings.append("\(keyPath).leeway is \(Quantity.spell(token.leeway)): so long after their expiry tokens are still taken.")
        }
        let weak = token.algorithms.filter { [.rs256, .rs384, .rs512].contains($0) }.map(\.rawValue)
        if !weak.isEmpty {
            warnings.append(
                "\(keyPath).algorithms has \(weak.joined(separator: ", ")): the FAPI profiles do not allow it (FAPI 2.0 section 5.4.1); use PS256 or ES256 where the issuer can."
            )
        }
        return warnings
    }
}

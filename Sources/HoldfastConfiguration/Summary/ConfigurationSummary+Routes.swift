internal import BindingPolicy
import Timekeeping

extension ConfigurationSummary {
    static func routes(_ configuration: HoldfastConfiguration, _ now: Double) -> [String] {
        let fallback = configuration.routeTable.fallback
        let whole = "needs a token bound to the client's certificate"
        guard !configuration.routes.isEmpty else { return ["Every request \(whole)\(reporting(fallback, now))."] }
        let routes = configuration.routes.map { route in
            let methods =
                route.methods.isEmpty ? "Any method" : route.methods.map { $0 == "GET" ? "GET and HEAD" : $0 }.joined(separator: ", ")
            let place = route.policy.upstream == .default ? "" : ", and goes to \(quoted(route.policy.upstream.text))"
            let whole = needs(of: route.policy, configuration) + place + body(route.policy) + upgrading(route.policy)
            return "\(methods) on \(route.pattern) \(whole)\(reporting(route.policy, now))."
        }
        return routes + ["Every other request \(whole), whatever its scope\(reporting(fallback, now)).", matching(configuration.routeTable)]
    }

    private static func upgrading(_ policy: RoutePolicy) -> String {
        policy.upgrade.map { "; its connection may go on with \($0.rawValue) for as long as that holds" } ?? ""
    }

    private static func matching(_ table: RouteTable) -> String {
        switch table.matching {
        case .exact: "Paths are held against routes as they are spelled (`matching: exact`)."
        case .fold:
            "Paths are held against routes as they are spelled, and as an API could read them that folds case, dots and spaces around segments, compatibility forms (NFKC) and further layers of encoding (`matching: fold`): the stricter route holds, and where neither is, the path is refused as ambiguous."
        }
    }

    private static func needs(of policy: RoutePolicy, _ configuration: HoldfastConfiguration) -> String {
        let certificate = policy.certificate.map { " with \(terms($0))" } ?? ""
        switch policy.requirement {
        case .certificate: return "needs a client certificate\(certificate) only: no token is looked at"
        case .nothing: return "needs nothing, neither a token nor a client certificate: it is open to everybody"
        case .boundToken: break
        }
        let issuers = policy.issuers.map { " of \($0.joined(separator: " or "))" }
        return (["needs a token\(issuers ?? "") bound to the client's certificate\(certificate)"] + conditions(of: policy)).joined(separator: ", ")
    }

    static func terms(_ certificate: CertificateTerms) -> String {
        let roles = certificate.roles.isEmpty ? [] : ["the roles \(certificate.roles.map(\.rawValue).joined(separator: " and "))"]
        return (roles + certificate.terms.map { "\(either($0.patterns.map(\.description))) as its \($0.kind.words)" }).joined(separator: " and ")
    }

    private static func conditions(of policy: RoutePolicy) -> [String] {
        var conditions: [String] = []
        let all = policy.scopes.map(quoted).joined(separator: " and ")
        switch (policy.scopes.isEmpty, policy.anyScope.isEmpty) {
        case (true, true): break
        case (false, true): conditions.append("with \(all) in its scope")
        case (true, false): conditions.append("with \(either(policy.anyScope)) in its scope")
        case (false, false): conditions.append("with \(all) and one of \(either(policy.anyScope)) in its scope")
        }
        if !policy.audiences.isEmpty { conditions.append("meant for \(either(policy.audiences))") }
        if !policy.acr.isEmpty { conditions.append("with \(either(policy.acr)) as its `acr`") }
        if let age = policy.maximumAuthenticationAge {
            conditions.append("for a user who authenticated within the last \(Quantity.spell(Duration.seconds(age)))")
        }
        for claim in policy.claims {
            conditions.append(
                claim.accepted.isEmpty
                    ? "with a claim \(quoted(claim.name.text))"
                    : "with \(either(claim.accepted)) \(claim.isOfWords ? "among the words of" : "as") its \(quoted(claim.name.text))")
        }
        return conditions
    }

    private static func body(_ policy: RoutePolicy) -> String {
        policy.maxBody.map { "; bodies up to \(Quantity.spell($0))" } ?? ""
    }

    /// What is said behind it while it is not enforced.
    private static func reporting(_ policy: RoutePolicy, _ now: Double) -> String {
        guard policy.requirement != .nothing, let mode = policy.reportOnly, mode.isOn(at: now) else { return "" }
        return mode.until.map { "; that is only reported and not enforced until \(Timestamp.text($0))" }
            ?? "; that is only reported and not enforced"
    }
}

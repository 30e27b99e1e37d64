/// Which of two policies lets less through: the one of which everything that passes would pass the other too. Often neither.
extension RoutePolicy {
    /// What a path gets that this policy covers by its spelling, and `other` where an upstream reads it otherwise: the stricter of the two,
    /// and nil where it cannot be said which that is.
    ///
    /// A route that enforces less covers no other spelling of its path: what it would only report is enforced there.
    func settled(with other: RoutePolicy) -> RoutePolicy? {
        if other === self { return self }
        // It cannot go to both.
        guard other.upstream == upstream else { return nil }
        if !other.enforces(asMuchAs: self) { return self }
        return Self.stricter(self, other)
    }

    static func stricter(_ one: RoutePolicy, _ other: RoutePolicy) -> RoutePolicy? {
        if one === other || one.isAtLeastAsStrict(as: other) { return one }
        return other.isAtLeastAsStrict(as: one) ? other : nil
    }

    func isAtLeastAsStrict(as other: RoutePolicy) -> Bool {
        guard upgrade == nil || upgrade == other.upgrade, enforces(asMuchAs: other),
            other.certificate.map({ certificate?.imply($0) ?? false }) ?? true
        else { return false }
        // As many as anywhere may be more or fewer than a number.
        guard maxBody == other.maxBody || (maxBody ?? .max) < (other.maxBody ?? -1) else { return false }
        if requirement != other.requirement { return requirement.strictness > other.requirement.strictness }
        return hasScopes(of: other) && hasAuthentication(of: other) && isSubset(issuers, of: other.issuers)
            && isSubset(audiences, of: other.audiences) && other.claims.allSatisfy { wanted in claims.contains { $0.implies(wanted) } }
    }

    /// Whether it stops to only report no later than the other.
    private func enforces(asMuchAs other: RoutePolicy) -> Bool {
        guard let reportOnly else { return true }
        guard let mode = other.reportOnly else { return false }
        return reportOnly.until ?? .infinity <= mode.until ?? .infinity
    }

    private func hasScopes(of other: RoutePolicy) -> Bool {
        other.scopes.allSatisfy { $0.isSpelled(in: scopes) }
            && (isSubset(anyScope, of: other.anyScope) || other.anyScope.contains { $0.isSpelled(in: scopes) })
    }

    private func hasAuthentication(of other: RoutePolicy) -> Bool {
        guard isSubset(acr, of: other.acr) else { return false }
        return maximumAuthenticationAge ?? .infinity <= other.maximumAuthenticationAge ?? .infinity
    }

    /// An empty list lets everything through.
    private func isSubset(_ texts: [String], of others: [String]) -> Bool {
        others.isEmpty || !texts.isEmpty && texts.allSatisfy { $0.isSpelled(in: others) }
    }

    /// Without a list all count.
    private func isSubset(_ names: [String]?, of others: [String]?) -> Bool {
        guard let others else { return true }
        return names?.allSatisfy { $0.isSpelled(in: others) } ?? false
    }
}

extension RoutePolicy.Claim {
    fileprivate func implies(_ wanted: RoutePolicy.Claim) -> Bool {
        name == wanted.name
            && (wanted.accepted.isEmpty || !accepted.isEmpty && accepted.allSatisfy { $0.isSpelled(in: wanted.accepted) })
    }
}

/// What a certificate must say of its holder: all of it, each about one kind of value (requirements PKI-14).
package struct CertificateTerms: Equatable, Sendable {
    /// About values of one kind, one of which must match one of the patterns.
    package struct Term: Equatable, Sendable {
        package enum Kind: Hashable, Sendable {
            case organization
            /// By object identifiers with dots.
            case subject(String)
            case dns
            case uri
            case otherName(String)
            case spiffeID
        }

        package let kind: Kind
        package let patterns: [ValuePattern]

        package init(_ kind: Kind, _ patterns: [ValuePattern]) {
            self.kind = kind
            self.patterns = patterns
        }
    }

    /// Each of them.
    package let roles: [PaymentRole]
    package let terms: [Term]

    package init(roles: [PaymentRole] = [], terms: [Term] = []) {
        self.roles = roles
        self.terms = terms
    }

    package func areMet(by facts: CertificateFacts) -> Bool {
        roles.allSatisfy(facts.roles.contains) && terms.allSatisfy { $0.isMet(by: facts) }
    }

    /// Whether a certificate is easily thought of that meets both, each of which is one term: two of one kind are looked at, no more.
    package func overlap(_ others: CertificateTerms) -> Bool {
        terms.contains { term in others.terms.contains { $0.overlaps(term) } }
    }

    /// Whether every certificate that meets these terms meets the others.
    func imply(_ others: CertificateTerms) -> Bool {
        others.roles.allSatisfy(roles.contains) && others.terms.allSatisfy { wanted in terms.contains { $0.implies(wanted) } }
    }
}

extension CertificateTerms.Term {
    package func isMet(by facts: CertificateFacts) -> Bool {
        switch kind {
        case .organization: facts.organization.map { matches(Array($0.utf8)) } ?? false
        case .subject(let type): facts.subject.contains { $0.type == type && matches($0.value) }
        case .dns: facts.dns.contains(where: matches)
        case .uri: facts.uris.contains(where: matches)
        case .otherName(let type): facts.otherNames.contains { $0.type == type && matches($0.value) }
        case .spiffeID: facts.spiffeID.map { matches(Array($0.text.utf8)) } ?? false
        }
    }

    private func matches(_ value: [UInt8]) -> Bool { patterns.contains { $0.matches(value) } }

    fileprivate func overlaps(_ other: Self) -> Bool {
        kind == other.kind && patterns.contains { mine in other.patterns.contains { mine.implies($0) || $0.implies(mine) } }
    }

    fileprivate func implies(_ other: Self) -> Bool {
        kind == other.kind && patterns.allSatisfy { mine in other.patterns.contains { mine.implies($0) } }
    }
}

import BindingPolicy

extension CertificateTerms {
    /// What a route asks of a certificate, and what of that it says.
    ///
    /// - Parameter facts: nil where it has none, or none that somebody vouches for.
    func describe(_ finding: inout Explanation.Finding, _ facts: CertificateFacts?) {
        let roles = roles.isEmpty ? [] : [("roles", roles.map(\.rawValue).joined(separator: " and "))]
        finding.expected = Self.text(roles + terms.map { ($0.kind.words, $0.patterns.map(\.description).joined(separator: " or ")) })
        guard let facts else { return }
        let found = self.roles.isEmpty ? [] : [("roles", Self.list(facts.roles.map(\.rawValue)))]
        finding.found = Self.text(found + terms.map { ($0.kind.words, Self.list($0.values(in: facts))) })
    }

    private static func text(_ parts: [(String, String)]) -> String {
        TokenInspection.printable(parts.map { "\($0): \($1)" }.joined(separator: "; "))
    }

    private static func list(_ values: [String]) -> String { values.isEmpty ? "none" : values.joined(separator: ", ") }
}

extension CertificateTerms.Term {
    /// For people.
    fileprivate func values(in facts: CertificateFacts) -> [String] {
        switch kind {
        case .organization: facts.organization.map { [$0] } ?? []
        case .subject(let type): facts.subject.filter { $0.type == type }.map { Self.text($0.value) }
        case .dns: facts.dns.map(Self.text)
        case .uri: facts.uris.map(Self.text)
        case .otherName(let type): facts.otherNames.filter { $0.type == type }.map { Self.text($0.value) }
        case .spiffeID: facts.spiffeID.map { [$0.text] } ?? []
        }
    }

    private static func text(_ octets: [UInt8]) -> String { String(decoding: octets, as: UTF8.self) }
}

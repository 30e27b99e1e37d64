import BindingPolicy
import HTTPWire

/// What the upstream is told of a client's certificate in fields of their own: of facts that somebody vouches for. A client's fields of those
/// names are always stripped.
package struct ForwardedClient: Equatable, Sendable {
    package enum Fact: String, CaseIterable, Sendable {
        case id
        case organization
        case roles
        case spiffeID = "spiffe_id"
    }

    private let fields: [(fact: Fact, name: [UInt8])]

    /// - Parameter headers: the name of each fact's field.
    package init(_ headers: [(Fact, String)]) { fields = headers.map { ($0, Array("\($1): ".utf8)) } }

    package static func == (left: ForwardedClient, right: ForwardedClient) -> Bool {
        left.fields.elementsEqual(right.fields) { $0.fact == $1.fact && $0.name == $1.name }
    }

    /// Whole lines; none for what the certificate does not say.
    func write(_ facts: CertificateFacts, to lines: inout [UInt8]) {
        for (fact, name) in fields {
            let values = Self.values(of: fact, in: facts)
            guard !values.isEmpty else { continue }
            lines += name
            FieldValueEncoding.write(values, to: &lines)
            lines += [UInt8(ascii: "\r"), UInt8(ascii: "\n")]
        }
    }

    private static func values(of fact: Fact, in facts: CertificateFacts) -> [String] {
        switch fact {
        case .id: facts.client.map { [$0.id] } ?? []
        case .organization: facts.organization.map { [$0] } ?? []
        case .roles: facts.roles.map(\.rawValue)
        case .spiffeID: facts.spiffeID.map { [$0.text] } ?? []
        }
    }
}

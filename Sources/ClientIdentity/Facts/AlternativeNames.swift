import BindingPolicy
import SwiftASN1

/// The names of a certificate beside its subject (RFC 5280 section 4.2.1.6) that routes can ask for.
struct AlternativeNames: Equatable {
    static let extensionType = "2.5.29.17"

    private(set) var dns: [[UInt8]] = []
    private(set) var uris: [[UInt8]] = []
    /// Those whose value is a text.
    private(set) var others: [CertificateFacts.Typed] = []

    /// None at all where anything in the extension is malformed.
    static func read(_ content: CertificateExtension) -> AlternativeNames {
        guard case .content(let der) = content else { return AlternativeNames() }
        return (try? AlternativeNames(der)) ?? AlternativeNames()
    }

    private init() {}

    private init(_ der: [UInt8]) throws {
        let root = try DER.parse(der)
        try DER.sequence(root, identifier: .sequence) { nodes in
            while let node = nodes.next() { try take(node) }
        }
    }

    private mutating func take(_ node: ASN1Node) throws {
        guard node.identifier.tagClass == .contextSpecific else { throw ASN1Error.unexpectedFieldType(node.identifier) }
        switch node.identifier.tagNumber {
        case 0: if let other = try Self.other(node) { others.append(other) }
        case 2: dns.append(try Self.text(node))
        case 6: uris.append(try Self.text(node))
        default: break
        }
    }

    private static func text(_ node: ASN1Node) throws -> [UInt8] {
        guard case .primitive(let octets) = node.content else { throw ASN1Error.unexpectedFieldType(node.identifier) }
        return Array(octets)
    }

    /// `SEQUENCE { type-id OBJECT IDENTIFIER, value [0] EXPLICIT ANY }`; nil where the value is no text.
    private static func other(_ node: ASN1Node) throws -> CertificateFacts.Typed? {
        try DER.sequence(node, identifier: node.identifier) { nodes in
            let type = try ASN1ObjectIdentifier(derEncoded: &nodes)
            let value = try DER.explicitlyTagged(&nodes, tagNumber: 0, tagClass: .contextSpecific) { $0 }
            guard [.utf8String, .ia5String, .printableString].contains(value.identifier), case .primitive(let octets) = value.content else {
                return nil
            }
            return CertificateFacts.Typed(type: type.description, value: Array(octets))
        }
    }
}

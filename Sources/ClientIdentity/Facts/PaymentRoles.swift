import BindingPolicy
import SwiftASN1

/// The roles of a payment service provider, out of `qcStatements` (RFC 3739 section 3.2.6, ETSI TS 119 495 section 5.1).
///
/// Only a statement that is whole counts: whatever is malformed anywhere in the extension, or there twice, gives no role at all.
enum PaymentRoles {
    /// id-pe-qcStatements.
    static let extensionType = "1.3.6.1.5.5.7.1.3"
    /// id-etsi-psd2-qcStatement.
    private static let statementType: ASN1ObjectIdentifier = [0, 4, 0, 19495, 2]
    private static let types: [ASN1ObjectIdentifier: PaymentRole] = [
        [0, 4, 0, 19495, 1, 1]: .accountServicing, [0, 4, 0, 19495, 1, 2]: .paymentInitiation, [0, 4, 0, 19495, 1, 3]: .accountInformation,
        [0, 4, 0, 19495, 1, 4]: .cardIssuing,
    ]

    static func read(_ content: CertificateExtension) -> [PaymentRole] {
        guard case .content(let der) = content else { return [] }
        return (try? roles(der)) ?? []
    }

    private static func roles(_ der: [UInt8]) throws -> [PaymentRole] {
        let statements = try DER.sequence(of: Statement.self, identifier: .sequence, rootNode: DER.parse(der)).filter { $0.type == statementType }
        guard statements.count == 1, let information = statements.first?.information else { return [] }
        let named = try DER.sequence(information, identifier: .sequence) { nodes in
            let roles: [Role] = try DER.sequence(of: Role.self, identifier: .sequence, nodes: &nodes)
            // Of the authority that gave them: its name and its id.
            _ = try ASN1UTF8String(derEncoded: &nodes)
            _ = try ASN1UTF8String(derEncoded: &nodes)
            return roles
        }
        return PaymentRole.allCases.filter { role in named.contains { types[$0.type] == role } }
    }

    private struct Statement: DERParseable {
        let type: ASN1ObjectIdentifier
        let information: ASN1Node?

        init(derEncoded node: ASN1Node) throws {
            (type, information) = try DER.sequence(node, identifier: .sequence) { (try ASN1ObjectIdentifier(derEncoded: &$0), $0.next()) }
        }
    }

    private struct Role: DERParseable {
        let type: ASN1ObjectIdentifier

        init(derEncoded node: ASN1Node) throws {
            type = try DER.sequence(node, identifier: .sequence) { nodes in
                let type = try ASN1ObjectIdentifier(derEncoded: &nodes)
                _ = try ASN1UTF8String(derEncoded: &nodes)
                return type
            }
        }
    }
}

import SwiftASN1
import X509

/// What a certificate says of where its revocation can be learnt.
struct RevocationPointers {
    let responders: [String]
    let lists: [String]
    /// That it can be learnt nowhere, which is meant for short lives (RFC 9608).
    let isNowhere: Bool

    var extensions: [any CertificateExtensionConvertible] {
        get throws {
            var list: [any CertificateExtensionConvertible] = []
            if !responders.isEmpty {
                list.append(
                    AuthorityInformationAccess(responders.map { .init(method: .ocspServer, location: .uniformResourceIdentifier($0)) }))
            }
            if !lists.isEmpty { list.append(Certificate.Extension(oid: [2, 5, 29, 31], critical: false, value: try points[...])) }
            if isNowhere { list.append(Certificate.Extension(oid: [2, 5, 29, 56], critical: false, value: [0x05, 0x00])) }
            return list
        }
    }

    /// `CRLDistributionPoints` (RFC 5280 section 4.2.1.13): a point with a full name for each list.
    private var points: [UInt8] {
        get throws {
            let tag = ASN1Identifier(tagWithNumber: 0, tagClass: .contextSpecific)
            return try DER.encoded { coder in
                try coder.appendConstructedNode(identifier: .sequence) { points in
                    for list in lists {
                        try points.appendConstructedNode(identifier: .sequence) { point in
                            try point.appendConstructedNode(identifier: tag) { name in
                                try name.serializeSequenceOf([GeneralName.uniformResourceIdentifier(list)], identifier: tag)
                            }
                        }
                    }
                }
            }
        }
    }
}

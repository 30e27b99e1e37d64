import Foundation
import SwiftASN1
import X509

/// An authority's certificate revocation list (RFC 5280 section 5), which swift-certificates has no type for.
struct RevocationList {
    let issuer: LabAuthority
    let entries: [RevocationRegister.Entry]
    let times: UpdateTimes

    /// Grows from list to list, with nothing to be kept.
    private var number: Int { Int(times.thisUpdate.timeIntervalSince1970 * 1000) }

    /// DER.
    var encoded: [UInt8] {
        get throws {
            let signer = try DERSigner(issuer.identity.key)
            return try signer.signed { content in
                try content.serialize(1)  // version 2
                try signer.appendAlgorithm(to: &content)
                try content.serialize(issuer.identity.certificate.subject)
                try content.serialize(DERTime.certificate(times.thisUpdate))
                try content.serialize(DERTime.certificate(times.nextUpdate))
                if !entries.isEmpty {
                    try content.appendConstructedNode(identifier: .sequence) { list in
                        for entry in entries { try Self.append(entry, to: &list) }
                    }
                }
                try content.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { tagged in
                    let key = AuthorityKeyIdentifier(keyIdentifier: issuer.identity.certificate.keyIdentifier)
                    try tagged.serializeSequenceOf([
                        key.makeCertificateExtension(),
                        Certificate.Extension(oid: [2, 5, 29, 20], critical: false, value: DER.encoded { try $0.serialize(number) }[...]),
                    ])
                }
            }
        }
    }

    var pem: String {
        get throws { PEMDocument(type: "X509 CRL", derBytes: try encoded).pemString + "\n" }
    }

    private static func append(_ entry: RevocationRegister.Entry, to list: inout DER.Serializer) throws {
        try list.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(entry.serial.bytes)
            try coder.serialize(DERTime.certificate(entry.date))
            // RFC 5280 section 5.3.1: rather no reason than "unspecified".
            guard entry.reason != .unspecified else { return }
            let reason = DER.encoded { $0.appendEnumerated(entry.reason.code) }
            try coder.serializeSequenceOf([Certificate.Extension(oid: [2, 5, 29, 21], critical: false, value: reason[...])])
        }
    }
}

import Foundation
import SwiftASN1
import X509

/// An OCSP response (RFC 6960 section 4.2).
enum StatusResponse {
    /// What one certificate's state is.
    enum Status {
        case good
        case revoked(Date, RevocationReason)
        case unknown
    }

    /// Refusals to answer, which nobody signs.
    enum Refusal: UInt8 {
        case malformedRequest = 1
        case internalError = 2
        case tryLater = 3
        case unauthorized = 6
    }

    static func refusal(_ refusal: Refusal) -> [UInt8] {
        DER.encoded { $0.appendConstructedNode(identifier: .sequence) { $0.appendEnumerated(refusal.rawValue) } }
    }

    /// - Parameter signer: the authority itself, or whoever it delegated this to; sent along, and named by its key.
    static func signed(
        _ answers: [(certificate: CertificateIdentifier, status: Status)], nonce: Certificate.Extension?, by signer: IssuedCertificate,
        times: UpdateTimes
    ) throws -> [UInt8] {
        let basic = try DERSigner(signer.key).signed { content in
            try content.serialize(explicitlyTaggedWithTagNumber: 2, tagClass: .contextSpecific) {
                try $0.serialize(ASN1OctetString(contentBytes: SubjectKeyIdentifier(hash: signer.certificate.publicKey).keyIdentifier))
            }
            try content.serialize(DERTime.generalized(times.thisUpdate))
            try content.appendConstructedNode(identifier: .sequence) { list in
                for answer in answers {
                    try list.appendConstructedNode(identifier: .sequence) { single in
                        single.serializeRawBytes(answer.certificate.encoded)
                        try append(answer.status, to: &single)
                        try single.serialize(DERTime.generalized(times.thisUpdate))
                        try single.serialize(DERTime.generalized(times.nextUpdate), explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific)
                    }
                }
            }
            if let nonce {
                try content.serialize(explicitlyTaggedWithTagNumber: 1, tagClass: .contextSpecific) { try $0.serializeSequenceOf([nonce]) }
            }
        } appendix: { coder in
            try coder.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) {
                try $0.serializeSequenceOf([signer.certificate])
            }
        }
        return try successful(basic)
    }

    private static func successful(_ basic: [UInt8]) throws -> [UInt8] {
        let basicIdentifier: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 48, 1, 1]
        return try DER.encoded { coder in
            try coder.appendConstructedNode(identifier: .sequence) { response in
                response.appendEnumerated(0)
                try response.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { tagged in
                    try tagged.appendConstructedNode(identifier: .sequence) { octets in
                        try octets.serialize(basicIdentifier)
                        try octets.serialize(ASN1OctetString(contentBytes: basic[...]))
                    }
                }
            }
        }
    }

    private static func append(_ status: Status, to coder: inout DER.Serializer) throws {
        func tag(_ number: UInt) -> ASN1Identifier { ASN1Identifier(tagWithNumber: number, tagClass: .contextSpecific) }
        switch status {
        case .good: coder.appendPrimitiveNode(identifier: tag(0)) { _ in }
        case .unknown: coder.appendPrimitiveNode(identifier: tag(2)) { _ in }
        case .revoked(let date, let reason):
            try coder.appendConstructedNode(identifier: tag(1)) { revoked in
                try revoked.serialize(DERTime.generalized(date))
                guard reason != .unspecified else { return }
                revoked.serialize(explicitlyTaggedWithTagNumber: 0, tagClass: .contextSpecific) { $0.appendEnumerated(reason.code) }
            }
        }
    }
}

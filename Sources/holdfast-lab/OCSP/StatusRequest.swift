import Crypto
import Foundation
import SwiftASN1
import X509

/// An OCSP request (RFC 6960 section 4.1). Who signed it, if anybody, is not asked.
struct StatusRequest {
    /// The certificates asked about, at least one.
    let certificates: [CertificateIdentifier]
    /// The extension as it came; its value has an octet or more, 128 at most (RFC 9654).
    let nonce: Certificate.Extension?

    /// More would be a way to keep the responder busy.
    private static let limit = 64
    static let nonceIdentifier: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 48, 1, 2]

    init(der: [UInt8]) throws {
        (certificates, nonce) = try DER.sequence(DER.parse(der), identifier: .sequence) { nodes in
            let content = try Self.next(&nodes)
            while nodes.next() != nil {}  // a signature
            return try DER.sequence(content, identifier: .sequence) { parts in
                _ = try DER.optionalExplicitlyTagged(&parts, tagNumber: 0, tagClass: .contextSpecific) { try Int(derEncoded: $0) }
                _ = try DER.optionalExplicitlyTagged(&parts, tagNumber: 1, tagClass: .contextSpecific) { $0 }
                let requests = try DER.sequence(of: SingleRequest.self, identifier: .sequence, rootNode: Self.next(&parts))
                guard (1...Self.limit).contains(requests.count) else { throw LabError("it asks about \(requests.count) certificates") }
                let extensions = try DER.optionalExplicitlyTagged(&parts, tagNumber: 2, tagClass: .contextSpecific) {
                    try DER.sequence(of: Certificate.Extension.self, identifier: .sequence, rootNode: $0)
                }
                let nonce = extensions?.first { $0.oid == Self.nonceIdentifier }
                if let nonce {
                    let size = try ASN1OctetString(derEncoded: nonce.value).bytes.count
                    guard (1...128).contains(size) else { throw LabError("its nonce has \(size) octets") }
                }
                return (requests.map(\.certificate), nonce)
            }
        }
    }

    fileprivate static func next(_ nodes: inout ASN1NodeCollection.Iterator) throws -> ASN1Node {
        guard let node = nodes.next() else { throw LabError("it ends too early") }
        return node
    }
}

/// One entry of a request.
private struct SingleRequest: DERParseable {
    let certificate: CertificateIdentifier

    init(derEncoded node: ASN1Node) throws {
        certificate = try DER.sequence(node, identifier: .sequence) { parts in
            let identifier = try CertificateIdentifier(StatusRequest.next(&parts))
            _ = try DER.optionalExplicitlyTagged(&parts, tagNumber: 0, tagClass: .contextSpecific) { $0 }
            return identifier
        }
    }
}

/// `CertID`: a serial number, and hashes of the issuer's name and key.
struct CertificateIdentifier {
    private enum Hash {
        case sha1, sha256, sha384, sha512

        init?(_ identifier: ASN1ObjectIdentifier) {
            switch identifier {
            case [1, 3, 14, 3, 2, 26]: self = .sha1
            case [2, 16, 840, 1, 101, 3, 4, 2, 1]: self = .sha256
            case [2, 16, 840, 1, 101, 3, 4, 2, 2]: self = .sha384
            case [2, 16, 840, 1, 101, 3, 4, 2, 3]: self = .sha512
            default: return nil
            }
        }

        func callAsFunction(_ octets: some Sequence<UInt8>) -> [UInt8] {
            let octets = Data(octets)
            return switch self {
            case .sha1: Array(Insecure.SHA1.hash(data: octets))
            case .sha256: Array(SHA256.hash(data: octets))
            case .sha384: Array(SHA384.hash(data: octets))
            case .sha512: Array(SHA512.hash(data: octets))
            }
        }
    }

    let serial: Certificate.SerialNumber
    /// As it came, for the answer.
    let encoded: ArraySlice<UInt8>
    private let hash: Hash?
    private let name: ArraySlice<UInt8>
    private let key: ArraySlice<UInt8>

    fileprivate init(_ node: ASN1Node) throws {
        encoded = node.encodedBytes
        (hash, name, key, serial) = try DER.sequence(node, identifier: .sequence) { parts in
            let identifier = try DER.sequence(StatusRequest.next(&parts), identifier: .sequence) { algorithm in
                let identifier = try ASN1ObjectIdentifier(derEncoded: &algorithm)
                let _: ASN1Null? = try DER.optionalImplicitlyTagged(&algorithm)
                return identifier
            }
            return (
                Hash(identifier), try ASN1OctetString(derEncoded: &parts).bytes, try ASN1OctetString(derEncoded: &parts).bytes,
                Certificate.SerialNumber(bytes: try ArraySlice<UInt8>(derEncoded: &parts))
            )
        }
    }

    /// Whether it names a certificate that this one's key signs.
    func names(_ issuer: Certificate) throws -> Bool {
        guard let hash else { return false }
        let subject = try DER.encoded { try $0.serialize(issuer.subject) }
        return hash(subject) == Array(name) && hash(issuer.publicKey.subjectPublicKeyInfoBytes) == Array(key)
    }
}

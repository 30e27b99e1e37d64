import Foundation
import SwiftASN1
import X509

/// What a leaf certificate is to say.
struct LeafRequest {
    let name: String
    let key: Certificate.PrivateKey
    let usage: CertificateUsage
    let notBefore: Date
    let notAfter: Date
    let alternativeNames: [GeneralName]

    /// - Parameter lifetime: seconds from now until it expires; below zero for one that has.
    init(
        _ name: String, key: Certificate.PrivateKey, usage: CertificateUsage = .client, startsIn delay: TimeInterval = -60,
        lifetime: TimeInterval, alternativeNames: [GeneralName] = []
    ) {
        self.name = name
        self.key = key
        self.usage = usage
        notAfter = .now.addingTimeInterval(lifetime)
        // One that has expired was valid for a day before it did.
        notBefore = lifetime > delay ? .now.addingTimeInterval(delay) : notAfter.addingTimeInterval(-86_400)
        self.alternativeNames = alternativeNames
    }

    var extensions: Certificate.Extensions {
        get throws {
            var list: [any CertificateExtensionConvertible] = [
                Critical(BasicConstraints.notCertificateAuthority), Critical(KeyUsage(digitalSignature: true)),
                SubjectKeyIdentifier(hash: key.publicKey),
            ]
            if let usage = try usage.extendedKeyUsage { list.append(usage) }
            if !alternativeNames.isEmpty { list.append(SubjectAlternativeNames(alternativeNames)) }
            return try Certificate.Extensions(list.map { try $0.makeCertificateExtension() })
        }
    }

    /// What clients on this machine call a server.
    static let loopbackNames: [GeneralName] = [
        .dnsName("localhost"),
        .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
        .ipAddress(ASN1OctetString(contentBytes: [UInt8](repeating: 0, count: 15) + [1])),
    ]
}

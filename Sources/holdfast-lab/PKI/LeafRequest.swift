import Foundation
import SwiftASN1
import X509

/// What a leaf certificate is to say.
struct LeafRequest {
    let subject: DistinguishedName
    let usage: CertificateUsage
    let validity: CertificateValidity
    let alternativeNames: [GeneralName]
    /// Further extensions.
    let more: [any CertificateExtensionConvertible]

    init(
        _ subject: DistinguishedName, usage: CertificateUsage = .client, validity: CertificateValidity, alternativeNames: [GeneralName] = [],
        more: [any CertificateExtensionConvertible] = []
    ) {
        self.subject = subject
        self.usage = usage
        self.validity = validity
        self.alternativeNames = alternativeNames
        self.more = more
    }

    func content(_ publicKey: Certificate.PublicKey) throws -> CertificateContent {
        var extensions: [any CertificateExtensionConvertible] = [
            Critical(BasicConstraints.notCertificateAuthority), Critical(KeyUsage(digitalSignature: true)),
        ]
        extensions += try usage.extensions + more
        if !alternativeNames.isEmpty {
            let names = SubjectAlternativeNames(alternativeNames)
            // RFC 5280 section 4.2.1.6: where there is no other name, these must be understood.
            extensions.append(subject.isEmpty ? Critical(names) : names)
        } else if subject.isEmpty {
            throw LabError("a certificate needs a subject or an alternative name")
        }
        return try CertificateContent(
            subject: subject, publicKey: publicKey, validity: validity, extensions: extensions)
    }

    /// What clients on this machine call a server.
    static let loopbackNames: [GeneralName] = [
        .dnsName("localhost"),
        .ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1])),
        .ipAddress(ASN1OctetString(contentBytes: [UInt8](repeating: 0, count: 15) + [1])),
    ]
}

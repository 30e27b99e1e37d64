import Foundation
import SwiftASN1
import X509

/// A certificate authority of the lab: signs other authorities and leaves.
struct LabAuthority: Sendable {
    static let organization = "Holdfast Lab"

    let identity: IssuedCertificate

    /// A self-signed root.
    static func root(named name: String, lifetime: TimeInterval) throws -> LabAuthority {
        let key = try KeyKind.ec.generate()
        let subject = try distinguishedName(name)
        let certificate = try issue(
            subject: subject, key: key.publicKey, issuer: subject, issuerKey: key, from: .now.addingTimeInterval(-60),
            until: .now.addingTimeInterval(lifetime), extensions: authorityExtensions(key: key.publicKey, pathLength: 1))
        return LabAuthority(identity: IssuedCertificate(certificate: certificate, key: key, intermediates: []))
    }

    /// An authority below this one that may sign leaves only.
    func intermediate(named name: String, lifetime: TimeInterval) throws -> LabAuthority {
        let key = try KeyKind.ec.generate()
        let certificate = try Self.issue(
            subject: Self.distinguishedName(name), key: key.publicKey, issuer: identity.certificate.subject, issuerKey: identity.key,
            from: .now.addingTimeInterval(-60), until: .now.addingTimeInterval(lifetime),
            extensions: Self.authorityExtensions(key: key.publicKey, pathLength: 0))
        return LabAuthority(identity: IssuedCertificate(certificate: certificate, key: key, intermediates: []))
    }

    /// A leaf signed by this authority, followed by it.
    func leaf(_ request: LeafRequest) throws -> IssuedCertificate {
        let certificate = try Self.issue(
            subject: Self.distinguishedName(request.name), key: request.key.publicKey, issuer: identity.certificate.subject,
            issuerKey: identity.key, from: request.notBefore, until: request.notAfter, extensions: request.extensions)
        return IssuedCertificate(certificate: certificate, key: request.key, intermediates: [identity.certificate])
    }

    /// A leaf signed by its own key.
    static func selfSigned(_ request: LeafRequest) throws -> IssuedCertificate {
        let subject = try distinguishedName(request.name)
        let certificate = try issue(
            subject: subject, key: request.key.publicKey, issuer: subject, issuerKey: request.key, from: request.notBefore,
            until: request.notAfter, extensions: request.extensions)
        return IssuedCertificate(certificate: certificate, key: request.key, intermediates: [])
    }

    static func distinguishedName(_ commonName: String) throws -> DistinguishedName {
        try DistinguishedName {
            OrganizationName(organization)
            CommonName(commonName)
        }
    }

    private static func authorityExtensions(key: Certificate.PublicKey, pathLength: Int) throws -> Certificate.Extensions {
        try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: pathLength))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            SubjectKeyIdentifier(hash: key)
        }
    }

    private static func issue(
        subject: DistinguishedName, key: Certificate.PublicKey, issuer: DistinguishedName, issuerKey: Certificate.PrivateKey,
        from notBefore: Date, until notAfter: Date, extensions: Certificate.Extensions
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: .short(), publicKey: key, notValidBefore: notBefore, notValidAfter: notAfter, issuer: issuer,
            subject: subject, extensions: extensions, issuerPrivateKey: issuerKey)
    }
}

extension Certificate.SerialNumber {
    /// Random, and of at most 159 bits: DER then takes no more than the 20 octets that RFC 5280 section 4.1.2.2 allows.
    static func short() -> Self {
        var octets = (0..<20).map { _ in UInt8.random(in: .min ... .max) }
        octets[0] = octets[0] & 0x3f | 0x40
        return Self(bytes: octets)
    }
}

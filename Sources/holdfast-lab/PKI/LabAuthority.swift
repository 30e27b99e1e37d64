import Foundation
import SwiftASN1
import X509

/// A certificate authority of the lab: signs other authorities and leaves.
struct LabAuthority: Sendable {
    static let organization = "Holdfast Lab"

    let identity: IssuedCertificate
    /// Whether what it signs says by which key (`authorityKeyIdentifier`). Without, authorities of one name differ in their signatures only.
    var namesItsKey = true

    /// A self-signed root.
    static func root(
        _ subject: DistinguishedName, key: Certificate.PrivateKey, limits: AuthorityLimits, lifetime: TimeInterval
    ) throws -> LabAuthority {
        LabAuthority(
            identity: try CertificateContent(
                subject: subject, publicKey: key.publicKey, validity: CertificateValidity(lifetime: lifetime), extensions: limits.extensions
            ).selfSigned(by: key))
    }

    /// An authority below this one.
    func intermediate(
        _ subject: DistinguishedName, key: Certificate.PrivateKey, limits: AuthorityLimits, lifetime: TimeInterval
    ) throws -> LabAuthority {
        let content = try CertificateContent(
            subject: subject, publicKey: key.publicKey, validity: CertificateValidity(lifetime: lifetime), extensions: limits.extensions)
        return LabAuthority(identity: try issue(content, key: key), namesItsKey: namesItsKey)
    }

    func issue(_ content: CertificateContent, key: Certificate.PrivateKey) throws -> IssuedCertificate {
        IssuedCertificate(chain: try sign(content), key: key)
    }

    func leaf(_ request: LeafRequest, key: Certificate.PrivateKey) throws -> IssuedCertificate {
        try issue(request.content(key.publicKey), key: key)
    }

    /// A certificate signed by this authority, followed by it.
    func sign(_ content: CertificateContent) throws -> CertificateChain {
        let certificate = try content.signed(
            by: identity.key, of: identity.certificate.subject, authorityKey: namesItsKey ? identity.certificate.keyIdentifier : nil)
        let above = identity.certificate.isSelfSigned ? [] : [identity.certificate] + identity.chain.intermediates
        return CertificateChain(certificate: certificate, intermediates: above)
    }

    static func distinguishedName(_ commonName: String, organization: String = organization) throws -> DistinguishedName {
        try DistinguishedName {
            OrganizationName(organization)
            CommonName(commonName)
        }
    }
}

extension Certificate {
    /// How what it signs names its key.
    var keyIdentifier: ArraySlice<UInt8> {
        (try? extensions.subjectKeyIdentifier?.keyIdentifier) ?? SubjectKeyIdentifier(hash: publicKey).keyIdentifier
    }
}

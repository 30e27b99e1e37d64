import Foundation
import SwiftASN1
import X509

/// What a certificate is to say, but for its serial number, its issuer and the identifiers of the keys, which come with signing.
struct CertificateContent {
    let subject: DistinguishedName
    let publicKey: Certificate.PublicKey
    let notBefore: Date
    let notAfter: Date
    let extensions: [Certificate.Extension]

    init(
        subject: DistinguishedName, publicKey: Certificate.PublicKey, validity: CertificateValidity,
        extensions: [any CertificateExtensionConvertible]
    ) throws {
        self.subject = subject
        self.publicKey = publicKey
        (notBefore, notAfter) = (validity.notBefore, validity.notAfter)
        self.extensions = try extensions.map { try $0.makeCertificateExtension() }
    }

    /// What a certificate says, from now on and with this key.
    init(renewing former: Certificate, publicKey: Certificate.PublicKey, lifetime: TimeInterval) throws {
        let identifiers: [ASN1ObjectIdentifier] = [.X509ExtensionID.subjectKeyIdentifier, .X509ExtensionID.authorityKeyIdentifier]
        try self.init(
            subject: former.subject, publicKey: publicKey, validity: CertificateValidity(lifetime: lifetime),
            extensions: former.extensions.filter { !identifiers.contains($0.oid) })
    }

    /// - Parameter authorityKey: the identifier of the key that signs, if the certificate is to name it.
    func signed(by key: Certificate.PrivateKey, of issuer: DistinguishedName, authorityKey: ArraySlice<UInt8>?) throws -> Certificate {
        var all = extensions
        all.append(try SubjectKeyIdentifier(hash: publicKey).makeCertificateExtension())
        if let authorityKey { all.append(try AuthorityKeyIdentifier(keyIdentifier: authorityKey).makeCertificateExtension()) }
        return try Certificate(
            version: .v3, serialNumber: .short(), publicKey: publicKey, notValidBefore: notBefore, notValidAfter: notAfter, issuer: issuer,
            subject: subject, extensions: Certificate.Extensions(all), issuerPrivateKey: key)
    }

    /// A certificate signed by its own key.
    func selfSigned(by key: Certificate.PrivateKey) throws -> IssuedCertificate {
        let certificate = try signed(by: key, of: subject, authorityKey: nil)
        return IssuedCertificate(chain: CertificateChain(certificate: certificate, intermediates: []), key: key)
    }
}

/// From when until when a certificate is valid.
struct CertificateValidity {
    let notBefore: Date
    let notAfter: Date

    /// - Parameter lifetime: seconds from now until it expires; below zero for one that has.
    init(startsIn delay: TimeInterval = -60, lifetime: TimeInterval) {
        notAfter = .now.addingTimeInterval(lifetime)
        // One that has expired was valid for a day before it did.
        notBefore = lifetime > delay ? .now.addingTimeInterval(delay) : notAfter.addingTimeInterval(-86_400)
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

import Crypto
import Foundation
import SwiftASN1
import X509

/// The time that these tests happen at: 2027-01-15T08:00:00Z.
let testNow = 1_800_000_000.0
let day = 86_400.0

/// A certificate with its key, and the means to issue others by it.
struct TestCertificate {
    let certificate: Certificate
    let key: Certificate.PrivateKey
    let der: [UInt8]

    init(_ certificate: Certificate, _ key: Certificate.PrivateKey) throws {
        self.certificate = certificate
        self.key = key
        var serializer = DER.Serializer()
        try serializer.serialize(certificate)
        der = serializer.serializedBytes
    }

    var pem: String { get throws { try certificate.serializeAsPEM().pemString + "\n" } }
    var keyPEM: String { get throws { try key.serializeAsPEM().pemString + "\n" } }

    static func newKey() -> Certificate.PrivateKey { Certificate.PrivateKey(P256.Signing.PrivateKey()) }

    /// A self-signed authority, constrained by `extensions` beyond CA:TRUE and keyCertSign.
    static func authority(
        _ name: String = "Test Root", key: Certificate.PrivateKey = newKey(), notBefore: Double = testNow - 300 * day,
        notAfter: Double = testNow + 300 * day, signature: Certificate.SignatureAlgorithm? = nil,
        extensions: Certificate.Extensions? = nil
    ) throws -> TestCertificate {
        let subject = try DistinguishedName { CommonName(name) }
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: Date(timeIntervalSince1970: notBefore),
            notValidAfter: Date(timeIntervalSince1970: notAfter), issuer: subject, subject: subject,
            signatureAlgorithm: signature ?? key.defaultSignature, extensions: extensions ?? authorityExtensions(), issuerPrivateKey: key)
        return try TestCertificate(certificate, key)
    }

    static func authorityExtensions(pathLength: Int? = nil) throws -> Certificate.Extensions {
        try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: pathLength))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
        }
    }

    /// A certificate issued by this one, an ordinary client's unless its `extensions` say otherwise.
    func issue(
        _ name: String, key subjectKey: Certificate.PrivateKey = newKey(), publicKey: Certificate.PublicKey? = nil,
        notBefore: Double = testNow - day, notAfter: Double = testNow + day, signature: Certificate.SignatureAlgorithm? = nil,
        extensions: Certificate.Extensions? = nil, serial: [UInt8]? = nil
    ) throws -> TestCertificate {
        let certificate = try Certificate(
            version: .v3, serialNumber: serial.map { .init(bytes: $0) } ?? .init(), publicKey: publicKey ?? subjectKey.publicKey,
            notValidBefore: Date(timeIntervalSince1970: notBefore), notValidAfter: Date(timeIntervalSince1970: notAfter),
            issuer: self.certificate.subject, subject: try DistinguishedName { CommonName(name) },
            signatureAlgorithm: signature ?? key.defaultSignature, extensions: extensions ?? Self.clientExtensions(),
            issuerPrivateKey: key)
        return try TestCertificate(certificate, subjectKey)
    }

    static func clientExtensions(
        usage: KeyUsage? = KeyUsage(digitalSignature: true), extended: [ExtendedKeyUsage.Usage]? = [.clientAuth]
    ) throws -> Certificate.Extensions {
        var extensions = Certificate.Extensions()
        try extensions.append(Certificate.Extension(BasicConstraints.notCertificateAuthority, critical: true))
        if let usage { try extensions.append(Certificate.Extension(usage, critical: true)) }
        if let extended { try extensions.append(Certificate.Extension(ExtendedKeyUsage(extended), critical: false)) }
        return extensions
    }
}

extension Certificate.PrivateKey {
    fileprivate var defaultSignature: Certificate.SignatureAlgorithm {
        publicKey.description.contains("RSA") ? .sha256WithRSAEncryption : .ecdsaWithSHA256
    }
}

/// A file that lives as long as this value.
final class TemporaryFile: Sendable {
    let path: String

    init(_ contents: some Sequence<UInt8>) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)").path
        try Data(contents).write(to: URL(fileURLWithPath: path))
    }

    convenience init(_ contents: String) throws { try self.init(contents.utf8) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

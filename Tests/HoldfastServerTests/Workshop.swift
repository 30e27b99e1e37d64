import BindingPolicy
import Crypto
import Foundation
import SwiftASN1
import Synchronization
import Testing
import X509

/// A folder with certificates, keys and an issuer's key set, and the tokens of that issuer.
final class Workshop: Sendable {
    static let issuer = "https://as.example.com"
    static let audience = "https://api.example.com"

    let folder: String
    private let signingKey = SigningKey(keyID: "k")
    private let published = Mutex<[SigningKey]>([])

    struct SigningKey: Sendable {
        let keyID: String
        fileprivate let key = P256.Signing.PrivateKey()
    }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-server-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let authority = try Issued(nil, "Clients")
        try authority.write(to: folder, as: "ca")
        try Issued(authority, "localhost").write(to: folder, as: "server")
        for name in ["a", "b"] { try Issued(authority, "client \(name)").write(to: folder, as: name) }
        try Issued(authority, "client a").write(to: folder, as: "renewed")
        try Issued(authority, "expired", from: -200_000, to: -100_000).write(to: folder, as: "expired")
        let strangers = try Issued(nil, "Strangers")
        try strangers.write(to: folder, as: "strangers")
        try Issued(strangers, "stranger").write(to: folder, as: "stranger")
        try publish(signingKey)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// A file that nobody else may read.
    func write(_ content: String, as name: String) throws {
        try Data(content.utf8).write(to: URL(fileURLWithPath: path(name)))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path(name))
    }

    func thumbprint(of client: String) throws -> String {
        let der = try DER.Serializer.serialized(element: Certificate(pemEncoded: String(contentsOfFile: path("\(client).pem"), encoding: .utf8)))
        return Base64URL.encode(Array(SHA256.hash(data: der)))
    }

    // MARK: Tokens

    /// A further key that the issuer publishes from now on.
    func addKey(_ keyID: String) throws -> SigningKey {
        let key = SigningKey(keyID: keyID)
        try publish(key)
        return key
    }

    private func publish(_ key: SigningKey) throws {
        let keys = published.withLock { published in
            published.append(key)
            return published
        }
        let members = keys.map { key in
            let point = key.key.publicKey.rawRepresentation
            let (x, y) = (Base64URL.encode(point.prefix(32)), Base64URL.encode(point.suffix(32)))
            return "{\"kty\": \"EC\", \"crv\": \"P-256\", \"kid\": \"\(key.keyID)\", \"x\": \"\(x)\", \"y\": \"\(y)\"}"
        }
        try Data("{\"keys\": [\(members.joined(separator: ", "))]}".utf8).write(to: URL(fileURLWithPath: folder + "/keys.json"), options: .atomic)
    }

    /// A good token for `client`, with `changes` to its claims (NSNull takes one away) and to its header.
    func token(for client: String?, _ changes: [String: Any] = [:], header: [String: Any] = [:], signedBy key: SigningKey? = nil) throws -> String {
        var claims: [String: Any] = [
            "iss": Self.issuer, "aud": Self.audience, "sub": "s", "client_id": "c", "jti": "j", "iat": Int(Date().timeIntervalSince1970) - 5,
            "exp": Int(Date().timeIntervalSince1970) + 3600,
        ]
        if let client { claims["cnf"] = ["x5t#S256": try thumbprint(of: client)] }
        for (name, value) in changes { claims[name] = value is NSNull ? nil : value }
        let joined = ["alg": "ES256", "typ": "at+jwt", "kid": (key ?? signingKey).keyID].merging(header) { $1 } as [String: Any]
        let parts = try [joined, claims].map { Base64URL.encode(Array(try JSONSerialization.data(withJSONObject: $0))) }
        let signature = try (key ?? signingKey).key.signature(for: Data(parts.joined(separator: ".").utf8)).rawRepresentation
        return (parts + [Base64URL.encode(Array(signature))]).joined(separator: ".")
    }
}

/// A certificate with its key.
private struct Issued {
    let certificate: Certificate
    let key: Certificate.PrivateKey

    /// - Parameters:
    ///   - issuer: nil for an authority, which issues itself.
    ///   - start, end: seconds from now.
    init(_ issuer: Issued?, _ name: String, from start: Double = -60, to end: Double = 86400) throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let subject = try DistinguishedName { CommonName(name) }
        let extensions =
            if issuer == nil {
                try Certificate.Extensions {
                    Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                    Critical(KeyUsage(keyCertSign: true))
                }
            } else {
                try Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                }
            }
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: Date(timeIntervalSinceNow: start),
            notValidAfter: Date(timeIntervalSinceNow: end), issuer: issuer?.certificate.subject ?? subject, subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions, issuerPrivateKey: issuer?.key ?? key)
        self.key = key
    }

    func write(to folder: String, as name: String) throws {
        try Data((try certificate.serializeAsPEM().pemString + "\n").utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name).pem"))
        let file = "\(folder)/\(name).key"
        try Data((try key.serializeAsPEM().pemString + "\n").utf8).write(to: URL(fileURLWithPath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    }
}

extension DER.Serializer {
    fileprivate static func serialized(element: some DERSerializable) throws -> [UInt8] {
        var serializer = DER.Serializer()
        try serializer.serialize(element)
        return serializer.serializedBytes
    }
}

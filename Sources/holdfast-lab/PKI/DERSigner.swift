import Crypto
import CryptoExtras
import Foundation
import SwiftASN1
import X509

/// Signs structures that swift-certificates has no types for: revocation lists and OCSP answers.
struct DERSigner {
    private let key: Certificate.PrivateKey
    private let algorithm: Certificate.SignatureAlgorithm
    private let identifier: ASN1ObjectIdentifier
    /// RFC 4055 section 5: RSA's identifiers have a NULL, the others nothing.
    private let hasNull: Bool

    init(_ key: Certificate.PrivateKey) throws {
        self.key = key
        let known = key.publicKey
        hasNull = _RSA.Signing.PublicKey(known) != nil
        if hasNull {
            (algorithm, identifier) = (.sha256WithRSAEncryption, [1, 2, 840, 113549, 1, 1, 11])
        } else if Curve25519.Signing.PublicKey(known) != nil {
            (algorithm, identifier) = (.ed25519, [1, 3, 101, 112])
        } else if P384.Signing.PublicKey(known) != nil {
            (algorithm, identifier) = (.ecdsaWithSHA384, [1, 2, 840, 10045, 4, 3, 3])
        } else if P521.Signing.PublicKey(known) != nil {
            (algorithm, identifier) = (.ecdsaWithSHA512, [1, 2, 840, 10045, 4, 3, 4])
        } else {
            (algorithm, identifier) = (.ecdsaWithSHA256, [1, 2, 840, 10045, 4, 3, 2])
        }
    }

    func appendAlgorithm(to coder: inout DER.Serializer) throws {
        try coder.appendConstructedNode(identifier: .sequence) { coder in
            try coder.serialize(identifier)
            if hasNull { try coder.serialize(ASN1Null()) }
        }
    }

    /// A sequence of a sequence of what `content` writes, the algorithm, the signature, and what `appendix` writes.
    func signed(
        _ content: (inout DER.Serializer) throws -> Void, appendix: (inout DER.Serializer) throws -> Void = { _ in }
    ) throws -> [UInt8] {
        let octets = try DER.encoded { try $0.appendConstructedNode(identifier: .sequence, content) }
        let signature = try key.sign(bytes: octets, signatureAlgorithm: algorithm)
        return try DER.encoded { coder in
            try coder.appendConstructedNode(identifier: .sequence) { coder in
                coder.serializeRawBytes(octets)
                try appendAlgorithm(to: &coder)
                try coder.serialize(ASN1BitString(bytes: signature.rawRepresentation[...]))
                try appendix(&coder)
            }
        }
    }
}

extension DER {
    static func encoded(_ write: (inout DER.Serializer) throws -> Void) rethrows -> [UInt8] {
        var coder = DER.Serializer()
        try write(&coder)
        return coder.serializedBytes
    }
}

extension DER.Serializer {
    mutating func appendEnumerated(_ value: UInt8) {
        appendPrimitiveNode(identifier: .enumerated) { $0.append(value) }
    }
}

/// The times of certificates and lists, in whole seconds of UTC.
enum DERTime {
    /// `UTCTime` until 2049, `GeneralizedTime` from then on (RFC 5280 section 4.1.2.5).
    static func certificate(_ date: Date) throws -> ASN1Any {
        let time = try generalized(date)
        guard (1950..<2050).contains(time.year) else { return try ASN1Any(erasing: time) }
        return try ASN1Any(
            erasing: UTCTime(
                year: time.year, month: time.month, day: time.day, hours: time.hours, minutes: time.minutes, seconds: time.seconds))
    }

    static func generalized(_ date: Date) throws -> GeneralizedTime {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        guard let year = parts.year, let month = parts.month, let day = parts.day, let hour = parts.hour, let minute = parts.minute,
            let second = parts.second
        else { throw LabError("\(date) is no date") }
        return try GeneralizedTime(year: year, month: month, day: day, hours: hour, minutes: minute, seconds: second, fractionalSeconds: 0)
    }
}

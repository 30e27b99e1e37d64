import Crypto
import SwiftASN1
import X509

/// A revocation list in DER, written here octet by octet.
struct TestRevocationList {
    struct Entry {
        let serial: [UInt8]
        /// An ENUMERATED of RFC 5280 section 5.3.1; nil for none.
        var reason: UInt8?
    }

    let der: [UInt8]

    /// - Parameters:
    ///   - issuer: a name.
    ///   - key: that signs it.
    init(
        of issuer: DistinguishedName, signedBy key: P256.Signing.PrivateKey, _ entries: [Entry], thisUpdate: String = "270115070000Z",
        nextUpdate: String = "270116070000Z"
    ) throws {
        let algorithm = Self.value(0x30, Self.value(0x06, [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))
        var name = DER.Serializer()
        try name.serialize(issuer)
        let listed = entries.flatMap { entry -> [UInt8] in
            let reason = entry.reason.map { code in
                Self.value(0x30, Self.value(0x30, Self.value(0x06, [0x55, 0x1d, 0x15]) + Self.value(0x04, Self.value(0x0a, [code]))))
            }
            return Self.value(0x30, Self.value(0x02, entry.serial) + Self.time(thisUpdate) + (reason ?? []))
        }
        var fields = Self.value(0x02, [1]) + algorithm + name.serializedBytes
        fields += Self.time(thisUpdate) + Self.time(nextUpdate) + (entries.isEmpty ? [] : Self.value(0x30, listed))
        let part = Self.value(0x30, fields)
        let signature = try key.signature(for: part).derRepresentation
        der = Self.value(0x30, part + algorithm + Self.value(0x03, [0] + signature))
    }

    private static func time(_ text: String) -> [UInt8] { value(0x17, Array(text.utf8)) }

    private static func value(_ tag: UInt8, _ octets: [UInt8]) -> [UInt8] {
        guard octets.count > 127 else { return [tag, UInt8(octets.count)] + octets }
        var length: [UInt8] = []
        var rest = octets.count
        while rest > 0 {
            length.insert(UInt8(rest & 0xff), at: 0)
            rest >>= 8
        }
        return [tag, 0x80 | UInt8(length.count)] + length + octets
    }
}

import BindingPolicy
package import Credentials
import Files

/// The authorities of a SPIFFE trust domain, out of its bundle: a JWK set whose keys for `x509-svid` have a certificate each (SPIFFE Trust Domain
/// and Bundle sections 4.1 and 4.2).
package enum SPIFFEBundle {
    /// Octets of a file.
    package static let limit = 1 << 20
    /// Of keys, those for other uses included.
    static let maximumKeys = 256

    /// - Returns: DER of the authorities' certificates, at least one.
    package static func read(_ path: String) throws(CredentialFault) -> [[UInt8]] {
        let octets: [UInt8]
        do throws(FileFault) { octets = ByteOrderMark.removed(from: try RegularFile.read(path, limit: limit)) } catch {
            throw CredentialFault(path, error)
        }
        do throws(Fault) {
            return try certificates(octets)
        } catch {
            throw CredentialFault(path, error.words)
        }
    }

    enum Fault: Error, Equatable {
        case notJSON
        case tooManyKeys
        /// No key has `use: x509-svid`.
        case noAuthority
        /// A key for X.509-SVIDs, from 1 on, has not exactly one certificate in `x5c`.
        case certificate(Int)

        var words: String {
            switch self {
            case .notJSON: "is no SPIFFE bundle: a JSON object with a list `keys` is expected, no member of it twice"
            case .tooManyKeys: "has more than \(SPIFFEBundle.maximumKeys) keys"
            case .noAuthority: "has no key with `use: x509-svid`, and so no authority; `spire-server bundle show -format spiffe` prints a bundle"
            case .certificate(let position):
                "has a key (number \(position)) for `x509-svid` whose `x5c` is not a list of exactly one certificate in base64"
            }
        }
    }

    static func certificates(_ json: [UInt8]) throws(Fault) -> [[UInt8]] {
        var keys: [Key]?
        do throws(JSONFault) {
            keys = try json.withUnsafeBufferPointer { (octets) throws(JSONFault) in try read(UnsafeRawBufferPointer(octets)) }
        } catch {
            throw error == .tooManyMembers ? .tooManyKeys : .notJSON
        }
        guard let keys else { throw .notJSON }
        guard keys.count <= maximumKeys else { throw .tooManyKeys }
        var found: [[UInt8]] = []
        // Keys of other uses, and of none, are for others (section 4.2.2).
        for (index, key) in keys.enumerated() where key.isForCertificates {
            guard key.certificates.count == 1, let der = key.certificates[0].flatMap(base64) else { throw .certificate(index + 1) }
            found.append(der)
        }
        guard !found.isEmpty else { throw .noAuthority }
        return found
    }

    private struct Key {
        var isForCertificates = false
        /// Nil for what is no text.
        var certificates: [[UInt8]?] = []
    }

    /// Nil where there is no `keys`.
    private static func read(_ json: UnsafeRawBufferPointer) throws(JSONFault) -> [Key]? {
        var keys: [Key]?
        var reader = JSONReader(json, maximumMembers: 16 * maximumKeys)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            guard "keys" ~= name else {
                try reader.skip()
                continue
            }
            var list: [Key] = []
            try reader.beginArray()
            while try reader.nextElement() { list.append(try key(&reader)) }
            keys = list
        }
        try reader.finish()
        return keys
    }

    private static func key(_ reader: inout JSONReader) throws(JSONFault) -> Key {
        var key = Key()
        try reader.beginObject()
        while let name = try reader.nextMember() {
            switch name {
            case "use" where try reader.peek() == .string: key.isForCertificates = "x509-svid" ~= (try reader.string())
            case "x5c" where try reader.peek() == .array:
                try reader.beginArray()
                while try reader.nextElement() {
                    if try reader.peek() == .string {
                        key.certificates.append(try reader.string().octets)
                    } else {
                        try reader.skip()
                        key.certificates.append(nil)
                    }
                }
            default: try reader.skip()
            }
        }
        return key
    }

    /// RFC 4648 section 4, padded: what `x5c` has (RFC 7517 section 4.7).
    private static func base64(_ text: [UInt8]) -> [UInt8]? {
        guard !text.isEmpty, text.count % 4 == 0, !text.contains(where: { "-_".utf8.contains($0) }) else { return nil }
        var digits = text
        for _ in 0..<2 where digits.last == UInt8(ascii: "=") { digits.removeLast() }
        for index in digits.indices {
            switch digits[index] {
            case UInt8(ascii: "+"): digits[index] = UInt8(ascii: "-")
            case UInt8(ascii: "/"): digits[index] = UInt8(ascii: "_")
            default: break
            }
        }
        return digits.withUnsafeBytes(Base64URL.decode)
    }
}

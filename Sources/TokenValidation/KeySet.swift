import BindingPolicy

/// An issuer's usable keys at one moment (RFC 7517 section 5): immutable, shared by every event loop.
package final class KeySet: Sendable {
    /// Octets of a key set's text.
    package static let maximumLength = 1 << 20
    static let maximumKeys = 256
    /// Signatures tried for one token: without a `kid`, or with one that several keys share.
    static let maximumCandidates = 8

    package enum Fault: Error, Equatable, Sendable {
        case tooLarge
        /// Not a JSON object with an array `keys`, or a duplicate member anywhere in it.
        case malformed
        case tooManyKeys
        case noUsableKey
    }

    package let keys: [VerificationKey]
    /// Symmetric or private keys that were found and passed over: somebody published a secret.
    package let publishedSecrets: Int
    /// Keys passed over as unknown, broken, too weak or not for signatures.
    package let unusableKeys: Int

    package var count: Int { keys.count }

    package convenience init(_ json: [UInt8]) throws(Fault) {
        guard json.count <= Self.maximumLength else { throw .tooLarge }
        var content = Content()
        do throws(JSONFault) {
            try json.withUnsafeBufferPointer { (octets) throws(JSONFault) in
                try content.read(UnsafeRawBufferPointer(octets))
            }
        } catch {
            throw error == .tooManyMembers ? .tooManyKeys : .malformed
        }
        guard !content.keys.isEmpty else { throw .noUsableKey }
        self.init(content)
    }

    private init(_ content: Content) {
        keys = content.keys
        publishedSecrets = content.secrets
        unusableKeys = content.unusable
    }

    private struct Content {
        var keys: [VerificationKey] = []
        var secrets = 0
        var unusable = 0

        mutating func read(_ json: UnsafeRawBufferPointer) throws(JSONFault) {
            var found = false
            var reader = JSONReader(json, maximumMembers: 16 * KeySet.maximumKeys)
            try reader.beginObject()
            while let name = try reader.nextMember() {
                guard "keys" ~= name else {
                    try reader.skip()
                    continue
                }
                found = true
                try readKeys(&reader)
            }
            try reader.finish()
            guard found else { throw .malformed }
        }

        private mutating func readKeys(_ reader: inout JSONReader) throws(JSONFault) {
            try reader.beginArray()
            while try reader.nextElement() {
                guard try reader.peek() == .object else {
                    unusable += 1
                    try reader.skip()
                    continue
                }
                switch try JSONWebKey.read(&reader) {
                case .usable(let key): keys.append(key)
                case .unusable: unusable += 1
                case .secret: secrets += 1
                }
                guard keys.count <= KeySet.maximumKeys else { throw .tooManyMembers }
            }
        }
    }

    enum Selection {
        case candidates([VerificationKey])
        /// No key has that `kid`.
        case unknown
        /// There are keys, but not for that algorithm.
        case unsuitable
    }

    /// The keys to try: of exactly that `kid` (several may share one, FAPI 2.0 section 5.4.3), or any where the token names none.
    func select(keyID: [UInt8]?, algorithm: SignatureAlgorithm) -> Selection {
        var known = false
        var candidates: [VerificationKey] = []
        for key in keys where keyID == nil || key.keyID == keyID {
            known = true
            guard key.suits(algorithm) else { continue }
            candidates.append(key)
            if candidates.count == Self.maximumCandidates { break }
        }
        guard known else { return .unknown }
        return candidates.isEmpty ? .unsuitable : .candidates(candidates)
    }

    /// Why the signature is none of these keys': `.keyUnknown`, `.keyUnsuitable` or `.signatureInvalid`. Nil where one of them made it.
    func fault(in signature: [UInt8], of jws: CompactJWS, _ header: JOSEHeader) -> DenialReason? {
        switch select(keyID: header.keyID, algorithm: header.algorithm) {
        case .unknown: .keyUnknown
        case .unsuitable: .keyUnsuitable
        case .candidates(let keys):
            keys.contains { $0.verifies(signature, of: jws.signingInput, by: header.algorithm) } ? nil : .signatureInvalid
        }
    }
}

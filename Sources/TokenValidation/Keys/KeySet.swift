import Synchronization

/// An issuer's usable keys at one moment (RFC 7517 section 5): immutable, shared by every event loop.
package final class KeySet: Sendable {
    /// Octets of a key set's text.
    package static let maximumLength = 1 << 20
    package static let maximumKeys = 256
    /// Ids of keys that former sets had, as many as are remembered: of `JOSEHeader.maximumKeyID` octets at most, so bounded in those too.
    static let rememberedIDs = 512

    package enum Fault: Error, Equatable, Sendable {
        case tooLarge
        /// Not a JSON object with an array `keys`, or with two.
        case malformed
        case tooManyKeys
        /// What is wrong with those that were found.
        case noUsableKey([UnusableKey])

        /// From a closed set, for logs.
        package var code: String {
            switch self {
            case .tooLarge: "too_large"
            case .malformed: "key_set_malformed"
            case .tooManyKeys: "too_many_keys"
            case .noUsableKey: "no_usable_key"
            }
        }

        /// Follows the name of the document.
        package var words: String {
            switch self {
            case .tooLarge: "is larger than \(maximumLength >> 10) KiB"
            case .malformed: "is no JSON Web Key Set: an object with a list `keys`"
            case .tooManyKeys: "has more than \(maximumKeys) keys"
            case .noUsableKey([]): "has no key at all"
            case .noUsableKey(let found): "has no key that can be used: \(found.prefix(4).map(\.words).joined(separator: "; "))"
            }
        }
    }

    /// A key that was found and passed over (RFC 7517 section 5).
    package struct UnusableKey: Equatable, Sendable {
        /// In the order of the set, from 1.
        package let position: Int
        package let keyID: [UInt8]?
        package let cause: JWKFault

        package var name: String { keyID.map { "key `\(String(decoding: $0, as: UTF8.self).printable(64))`" } ?? "key number \(position)" }
        package var words: String { "\(name) is unusable because \(cause.words)" }
    }

    package let keys: [VerificationKey]
    /// The first of them; ``unusableKeys`` and ``publishedSecrets`` count them all.
    package let unusable: [UnusableKey]
    /// Symmetric or private keys that were found and passed over: somebody published a secret.
    package let publishedSecrets: Int
    /// Keys passed over as unknown, broken, too weak or not for signatures.
    package let unusableKeys: Int
    /// Ids of keys that the sets before this one had.
    private let withdrawnIDs: [[UInt8]]
    /// Where the search begins for a token that does not name its key: at the one that verified the last.
    private let favourite = Atomic(0)

    package var count: Int { keys.count }

    /// - Parameter predecessor: the set that this one replaces.
    package convenience init(_ json: [UInt8], replacing predecessor: KeySet? = nil) throws(Fault) {
        guard json.count <= Self.maximumLength else { throw .tooLarge }
        var content = Content()
        do throws(JSONFault) {
            try json.withUnsafeBufferPointer { (octets) throws(JSONFault) in
                try content.read(UnsafeRawBufferPointer(octets))
            }
        } catch {
            throw error == .tooManyMembers ? .tooManyKeys : .malformed
        }
        guard !content.keys.isEmpty else { throw .noUsableKey(content.unusable) }
        self.init(content, predecessor)
    }

    private init(_ content: Content, _ predecessor: KeySet?) {
        keys = content.keys
        unusable = content.unusable
        publishedSecrets = content.secrets
        unusableKeys = content.faults
        let now = Set(content.keys.compactMap(\.keyID))
        let former = (predecessor?.keys.compactMap(\.keyID) ?? []) + (predecessor?.withdrawnIDs ?? [])
        withdrawnIDs = Array(former.filter { !now.contains($0) }.prefix(Self.rememberedIDs))
    }

    /// Whether it has a key that `other` has not.
    package func adds(to other: KeySet?) -> Bool {
        let known = Set(other?.keys.map(\.identity) ?? [])
        return keys.contains { !known.contains($0.identity) }
    }

    private struct Content {
        var keys: [VerificationKey] = []
        var unusable: [UnusableKey] = []
        var secrets = 0
        var faults = 0

        mutating func read(_ json: UnsafeRawBufferPointer) throws(JSONFault) {
            var found = false
            var reader = JSONReader(json, maximumMembers: 16 * KeySet.maximumKeys)
            try reader.beginObject()
            while let name = try reader.nextMember() {
                guard "keys" ~= name else {
                    try reader.skipUnjudged()
                    continue
                }
                found = true
                try readKeys(&reader)
            }
            try reader.finish()
            guard found else { throw .malformed }
        }

        /// Each is read by itself, so that what is wrong with one spoils no other.
        private mutating func readKeys(_ reader: inout JSONReader) throws(JSONFault) {
            var position = 0
            try reader.beginArray()
            while try reader.nextElement() {
                position += 1
                let entry = JSONWebKey.read(try reader.text(judged: false))
                switch entry.key {
                case .success(let key): keys.append(key)
                case .failure(let cause):
                    if cause.isSecret { secrets += 1 } else { faults += 1 }
                    if unusable.count < KeySet.maximumKeys {
                        unusable.append(UnusableKey(position: position, keyID: entry.keyID, cause: cause))
                    }
                }
                guard keys.count <= KeySet.maximumKeys else { throw .tooManyMembers }
            }
        }
    }

    // MARK: Verifying

    /// Why a signature is none of these keys'.
    package enum SignatureFault: Equatable, Sendable {
        /// No key has that `kid`.
        case unknown
        /// A former set had one, and this one no longer.
        case withdrawn
        /// One has, and it cannot be used.
        case unusable(JWKFault)
        /// There are keys, but not for that algorithm.
        case unsuitable
        /// - tried: how many keys were.
        case invalid(tried: Int)
    }

    /// Nil where one of the keys made the signature: one of exactly the `kid` that is named (several may share one, FAPI 2.0 section
    /// 5.4.3), or any where the token names none.
    ///
    /// - Parameter tries: keys that are tried at most.
    func fault(in signature: [UInt8], of jws: CompactJWS, _ header: JOSEHeader, tries: Int = maximumKeys) -> SignatureFault? {
        var known = false
        var tried = 0
        let start = header.keyID == nil ? favourite.load(ordering: .relaxed) : 0
        for offset in keys.indices {
            let index = (start + offset) % keys.count
            let key = keys[index]
            guard header.keyID == nil || key.keyID == header.keyID else { continue }
            known = true
            guard key.suits(header.algorithm), tried < tries else { continue }
            tried += 1
            if key.verifies(signature, of: jws.signingInput, by: header.algorithm) {
                if header.keyID == nil, index != start { favourite.store(index, ordering: .relaxed) }
                return nil
            }
        }
        if tried > 0 { return .invalid(tried: tried) }
        if known { return .unsuitable }
        guard let keyID = header.keyID else { return .unknown }
        if let passedOver = unusable.first(where: { $0.keyID == keyID }) { return .unusable(passedOver.cause) }
        return withdrawnIDs.contains(keyID) ? .withdrawn : .unknown
    }
}

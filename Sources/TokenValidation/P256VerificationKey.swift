package import Crypto
import Synchronization

/// One P-256 public key: verifies by swift-crypto, and by ``P256FixedPoint`` once it has verified often.
///
/// A table of multiples costs 15 ms and 150 KiB, so it is made for keys in use only, by a task of its own, and for a bounded number
/// of them: a key set can name hundreds. Safe from any thread, and takes no lock.
package final class P256VerificationKey: Sendable {
    /// Good signatures by which the table has saved what it costs.
    package static let verificationsBeforeTable = 800
    /// In the process: 5 MB.
    package static let maximumTables = 32

    private static let tables = Atomic(0)

    private let key: P256.Signing.PublicKey
    private let verifications = Atomic(0)
    private let fixedPoint = AtomicLazyReference<P256FixedPoint>()

    package init(_ key: P256.Signing.PublicKey) { self.key = key }

    deinit {
        if hasTable { Self.tables.subtract(1, ordering: .relaxed) }
    }

    package var hasTable: Bool { fixedPoint.load() != nil }

    /// - Parameter signature: R and S (RFC 7518 section 3.4), of 32 octets each; anything else is refused.
    package func verifies(_ signature: [UInt8], of digest: SHA256.Digest) -> Bool {
        guard let fixedPoint = fixedPoint.load() else { return verifiesWithoutTable(signature, of: digest) }
        let verdict = signature.withUnsafeBytes { signature in
            digest.withUnsafeBytes { fixedPoint.verifies(signature, ofDigest: $0) }
        }
        return verdict ?? isValid(signature, digest)
    }

    private func verifiesWithoutTable(_ signature: [UInt8], of digest: SHA256.Digest) -> Bool {
        guard isValid(signature, digest) else { return false }
        if verifications.add(1, ordering: .relaxed).newValue.isMultiple(of: Self.verificationsBeforeTable) {
            Task.detached(priority: .utility) { self.makeTable() }
        }
        return true
    }

    private func isValid(_ signature: [UInt8], _ digest: SHA256.Digest) -> Bool {
        guard let signature = try? P256.Signing.ECDSASignature(rawRepresentation: signature) else { return false }
        return key.isValidSignature(signature, for: digest)
    }

    /// Does nothing where there is one, or too many of others'.
    package func makeTable() {
        guard !hasTable else { return }
        guard Self.tables.add(1, ordering: .relaxed).newValue <= Self.maximumTables,
            let made = P256FixedPoint([UInt8](key.x963Representation)), fixedPoint.storeIfNil(made) === made
        else {
            Self.tables.subtract(1, ordering: .relaxed)
            return
        }
    }
}

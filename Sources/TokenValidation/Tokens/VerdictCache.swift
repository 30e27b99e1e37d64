package import BindingPolicy
import Crypto

/// Remembers whose tokens have been verified, so that a signature is paid for once: per event loop, bounded, by the SHA-256 of
/// the token. It holds neither tokens nor refusals nor any comparison with a connection, a time or a route.
///
/// An entry dies with its token's expiry, after the time for which an introspected one may be remembered, with a change of the
/// issuer's keys or policy, or for a newer one. Lookup and
/// insertion look at one set of at most eight entries, chosen by bits of the digest.
package struct VerdictCache {
    /// The SHA-256 of a token, as received.
    package struct Digest: Hashable, Sendable {
        let words: SIMD4<UInt64>

        package init(_ token: UnsafeRawBufferPointer) {
            var hash = SHA256()
            hash.update(bufferPointer: token)
            words = hash.finalize().withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
        }
    }

    private struct Entry {
        let digest: Digest
        let token: VerifiedToken
        /// Held strongly, so that no later issuer can be mistaken for it.
        let issuer: TrustedIssuer
        let expiresAt: Double
        var used = false
    }

    private let waysPerSet: Int
    private var sets: [[Entry]]
    package private(set) var count = 0

    /// - Parameter capacity: the most entries; 0 remembers nothing.
    package init(capacity: Int) {
        waysPerSet = max(0, min(8, capacity))
        sets = waysPerSet == 0 ? [] : [[Entry]](repeating: [], count: capacity / waysPerSet)
    }

    package var isOff: Bool { sets.isEmpty }

    /// The token of that digest, if `verifier` would still vouch for it.
    ///
    /// - Parameter now: seconds since 1970.
    package mutating func token(for digest: Digest, under verifier: TokenVerifier, now: Double) -> VerifiedToken? {
        guard let set = set(of: digest), let way = sets[set].firstIndex(where: { $0.digest == digest }) else { return nil }
        guard isLive(sets[set][way], verifier, now) else {
            sets[set].remove(at: way)
            count -= 1
            return nil
        }
        if !sets[set][way].used { sets[set][way].used = true }
        return sets[set][way].token
    }

    /// Remembers what `verifier` has just verified, or what its issuer said of it.
    ///
    /// - Parameter validUntil: seconds since 1970 from which on it is not remembered, whatever its expiry.
    package mutating func insert(
        _ token: VerifiedToken, for digest: Digest, under verifier: TokenVerifier, now: Double, validUntil: Double = .infinity
    ) {
        guard let set = set(of: digest), verifier.issuers.indices.contains(token.issuerIndex) else { return }
        let issuer = verifier.issuers[token.issuerIndex]
        let expiresAt = min(token.expiresAt + issuer.policy.expiryLeeway, validUntil)
        guard now < expiresAt else { return }
        let entry = Entry(digest: digest, token: token, issuer: issuer, expiresAt: expiresAt)
        if let way = sets[set].firstIndex(where: { $0.digest == digest || !isLive($0, verifier, now) }) {
            sets[set][way] = entry
        } else if sets[set].count < waysPerSet {
            sets[set].append(entry)
            count += 1
        } else {
            sets[set][victim(in: set, digest)] = entry
        }
    }

    /// Second chance: an entry not looked up since the last eviction here, else any one.
    private mutating func victim(in set: Int, _ digest: Digest) -> Int {
        if let way = sets[set].firstIndex(where: { !$0.used }) { return way }
        for way in sets[set].indices { sets[set][way].used = false }
        return Int(truncatingIfNeeded: digest.words[1] % UInt64(waysPerSet))
    }

    private func set(of digest: Digest) -> Int? {
        sets.isEmpty ? nil : Int(truncatingIfNeeded: digest.words[0].multipliedFullWidth(by: UInt64(sets.count)).high)
    }

    private func isLive(_ entry: Entry, _ verifier: TokenVerifier, _ now: Double) -> Bool {
        guard now < entry.expiresAt, verifier.issuers.indices.contains(entry.token.issuerIndex) else { return false }
        return verifier.issuers[entry.token.issuerIndex] === entry.issuer
    }
}

package import BindingPolicy
import Crypto

/// Remembers whose tokens have been verified, so that a signature is paid for once: per event loop, by the SHA-256 of the token. It holds
/// neither tokens nor refusals nor any comparison with a connection, a time or a route; and no keys: what vouched for an entry is known by
/// its seal, so that a key set that was replaced is let go, whatever is still remembered of its time.
///
/// An entry dies with its token's expiry, after the time for which an introspected one may be remembered, with a change of the issuer's
/// keys or policy, or for a newer one. Bounded by a count and by the octets that the entries take; a look costs the same however many
/// there are.
package struct VerdictCache {
    /// The SHA-256 of a token, as received.
    package struct Digest: Hashable, Sendable {
        let words: SIMD4<UInt64>

        package init(_ token: UnsafeRawBufferPointer) {
            var hash = SHA256()
            hash.update(bufferPointer: token)
            words = hash.finalize().withUnsafeBytes { $0.loadUnaligned(as: SIMD4<UInt64>.self) }
        }

        /// One word of it is as good as all: to have two alike, somebody would have to find them, and the hasher has a seed of its own.
        package func hash(into hasher: inout Hasher) { hasher.combine(words[0]) }
    }

    private struct Entry {
        let digest: Digest
        let token: VerifiedToken
        let seal: TrustedIssuer.Seal
        let expiresAt: Double
        let octets: Int
        var used = false
    }

    /// Octets for each token of the capacity, on average: about twice what a common token takes.
    package static let octetsEach = 2 << 10
    /// Of all together, also where the capacity is small.
    package static let leastOctets = 1 << 20
    /// Of an entry beside its token.
    private static let overhead = 128
    /// Entries looked at for one that has not been used; beyond, the one at hand goes.
    private static let chances = 8

    private let capacity: Int
    private let octetLimit: Int
    private var entries: [Entry] = []
    private var places: [Digest: Int] = [:]
    /// Where the next one is put, and where one is looked for that gives way: what lies before has had its turn.
    private var hand = 0
    /// That the entries take, about.
    package private(set) var octets = 0

    /// - Parameters:
    ///   - capacity: the most entries; 0 remembers nothing.
    ///   - octets: the most octets; nil for ``octetsEach`` for each entry, but no less than ``leastOctets``.
    package init(capacity: Int, octets: Int? = nil) {
        self.capacity = max(0, capacity)
        octetLimit = octets ?? max(Self.leastOctets, self.capacity * Self.octetsEach)
        // At once, so that no request waits while a large table grows. Memory that is not used yet is only addresses.
        entries.reserveCapacity(self.capacity)
        places.reserveCapacity(self.capacity)
    }

    package var isOff: Bool { capacity == 0 }
    package var count: Int { entries.count }

    /// The token of that digest, if `verifier` would still vouch for it.
    ///
    /// - Parameter now: seconds since 1970.
    package mutating func token(for digest: Digest, under verifier: TokenVerifier, now: Double) -> VerifiedToken? {
        guard let place = places[digest] else { return nil }
        guard isLive(entries[place], verifier, now) else {
            remove(at: place)
            return nil
        }
        if !entries[place].used { entries[place].used = true }
        return entries[place].token
    }

    /// Remembers what `verifier` has just verified, or what its issuer said of it. What is too large for all there is room for is not.
    ///
    /// - Parameter validUntil: seconds since 1970 from which on it is not remembered, whatever its expiry.
    package mutating func insert(
        _ token: VerifiedToken, for digest: Digest, under verifier: TokenVerifier, now: Double, validUntil: Double = .infinity
    ) {
        guard !isOff, let issuer = verifier[token.issuer] else { return }
        let expiresAt = min(token.expiresAt + token.issuer.terms.leeway, validUntil)
        let size = Self.overhead + token.footprint
        if let place = places[digest] { remove(at: place) }
        guard now < expiresAt, size <= octetLimit else { return }
        while count >= capacity || octets > octetLimit - size { giveWay(verifier, now) }
        put(Entry(digest: digest, token: token, seal: issuer.seal, expiresAt: expiresAt, octets: size))
    }

    /// At the hand: the one there goes behind those that still have their turn to come.
    private mutating func put(_ entry: Entry) {
        hand = min(hand, entries.count)
        entries.append(entry)
        entries.swapAt(hand, entries.count - 1)
        places[entries[entries.count - 1].digest] = entries.count - 1
        places[entry.digest] = hand
        octets += entry.octets
        hand += 1
    }

    /// Second chance: an entry that has not been used since the hand last came by, or one that is dead.
    private mutating func giveWay(_ verifier: TokenVerifier, _ now: Double) {
        for _ in 0..<Self.chances {
            if hand >= entries.count { hand = 0 }
            guard hand < entries.count, entries[hand].used, isLive(entries[hand], verifier, now) else { break }
            entries[hand].used = false
            hand += 1
        }
        if hand >= entries.count { hand = 0 }
        if !entries.isEmpty { remove(at: hand) }
    }

    private mutating func remove(at place: Int) {
        let entry = entries[place]
        places[entry.digest] = nil
        octets -= entry.octets
        let last = entries.removeLast()
        guard place < entries.count else { return }
        entries[place] = last
        places[last.digest] = place
    }

    private func isLive(_ entry: Entry, _ verifier: TokenVerifier, _ now: Double) -> Bool {
        now < entry.expiresAt && verifier[entry.token.issuer]?.seal === entry.seal
    }
}

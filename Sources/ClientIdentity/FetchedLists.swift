package import Credentials
import Synchronization

/// How often what clients are trusted by has changed between reloads: what is looked at on each request, at the cost of one load, to know
/// whether a client has to be judged again.
package final class TrustChanges: Sendable {
    private let number = Atomic(0)

    package init() {}

    package var count: Int { number.load(ordering: .acquiring) }

    func add() { number.add(1, ordering: .acquiringAndReleasing) }
}

/// The latest revocation lists of one place that they are fetched from, for every generation that names it.
///
/// Whoever sends them is believed no further than their signatures go: a list that is older than the one at hand, or that is not signed by
/// a key that signed that one, does not take its place.
package final class FetchedLists: Sendable {
    package enum Fault: Error, Equatable, Sendable {
        /// RFC 2253 text of an issuer.
        case older(String)
        case unsigned(String)
    }

    private struct State {
        var lists: [RevocationList] = []
        /// DER of certificates that may have signed them.
        var issuers: [[UInt8]] = []
    }

    /// Configured authorities that are remembered, so that lists are verified before anybody waits for it.
    private static let issuerLimit = 64

    private let state: Mutex<State>
    private let changes: TrustChanges

    /// - Parameter earlier: of the same lists, as they are now.
    package init(_ changes: TrustChanges, after earlier: FetchedLists? = nil) {
        self.changes = changes
        state = Mutex(earlier?.state.withLock { $0 } ?? State())
    }

    /// Empty before the first came.
    package var lists: [RevocationList] { state.withLock { $0.lists } }

    /// From one task at a time. Takes milliseconds for each megabyte.
    ///
    /// - Parameter now: seconds since 1970.
    package func replace(by lists: [RevocationList], now: Double) throws(Fault) {
        let before = state.withLock { $0 }
        for list in lists {
            for issuer in before.issuers { if let issuer = OpenSSLCertificate(der: issuer) { list.prepare(for: issuer) } }
            for earlier in before.lists where earlier.isSigned && earlier.hasScope(of: list) {
                list.prepare(after: earlier)
                if list.isSigned {
                    if list.isOlder(than: earlier) { throw .older(list.issuer) }
                } else if !earlier.isStale(at: now) {
                    throw .unsigned(list.issuer)
                }
            }
        }
        state.withLock { $0.lists = lists }
        changes.add()
    }

    /// - Parameter issuer: of a configured authority.
    func prepare(for issuer: OpenSSLCertificate) {
        let lists = state.withLock { state -> [RevocationList] in
            if let der = OpenSSLCertificate.der(of: issuer.pointer), state.issuers.count < Self.issuerLimit, !state.issuers.contains(der) {
                state.issuers.append(der)
            }
            return state.lists
        }
        for list in lists { list.prepare(for: issuer) }
    }
}

package import Credentials

/// What is asked of an authority's revocation lists before one of its clients is let in.
package struct RevocationPolicy: Sendable {
    package enum Scope: String, CaseIterable, Sendable {
        /// Only the client's own certificate is looked up.
        case leaf
        /// Each certificate of its path but the authority's own, which is trusted by being configured.
        case chain
    }

    /// What a list means whose next update is due.
    package enum Staleness: String, CaseIterable, Sendable { case refuse, accept }

    let lists: [RevocationList]
    let scope: Scope
    let whenStale: Staleness

    package init(lists: [RevocationList], scope: Scope, whenStale: Staleness) {
        self.lists = lists
        self.scope = scope
        self.whenStale = whenStale
    }

    /// Verifies what a certificate signed of the lists, before anybody waits for it. Takes milliseconds for each megabyte.
    func prepare(for issuer: OpenSSLCertificate) { for list in lists { list.prepare(for: issuer) } }

    /// When a verdict has to be made anew, since a list that it may rest on is stale then: seconds since 1970.
    func reviewTime(after now: Double) -> Double {
        guard whenStale == .refuse else { return .infinity }
        return lists.compactMap(\.nextUpdate).filter { $0 >= now }.min() ?? .infinity
    }
}

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

    /// Who is asked, in place of lists.
    let desk: StatusDesk?
    private let files: [RevocationList]
    private let fetched: [FetchedLists]
    let scope: Scope
    let whenStale: Staleness

    /// - Parameters:
    ///   - lists: that do not change.
    ///   - fetched: those of places, whichever are there at the moment.
    package init(lists: [RevocationList], fetched: [FetchedLists] = [], scope: Scope, whenStale: Staleness) {
        desk = nil
        files = lists
        self.fetched = fetched
        self.scope = scope
        self.whenStale = whenStale
    }

    /// - Parameter desk: asks the authority's responders.
    package init(asking desk: StatusDesk, scope: Scope, whenUnreachable: Staleness) {
        self.desk = desk
        (files, fetched) = ([], [])
        self.scope = scope
        whenStale = whenUnreachable
    }

    package var lists: [RevocationList] { files + fetched.flatMap(\.lists) }

    /// Verifies what a certificate signed of the lists, before anybody waits for it. Takes milliseconds for each megabyte.
    func prepare(for issuer: OpenSSLCertificate) {
        for list in files { list.prepare(for: issuer) }
        for place in fetched { place.prepare(for: issuer) }
    }

    /// When a verdict has to be made anew, since a list that it may rest on is stale then: seconds since 1970.
    func reviewTime(after now: Double) -> Double {
        guard whenStale == .refuse else { return .infinity }
        return lists.compactMap(\.nextUpdate).filter { $0 >= now }.min() ?? .infinity
    }
}

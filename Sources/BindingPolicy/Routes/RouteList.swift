/// Routes by one spelling of their paths, the most specific first.
struct RouteList: Equatable, Sendable {
    private let routes: [Route]
    /// For each route those of the same requests, by their place; empty where no two routes are for the same, as in any configuration
    /// before it is folded.
    private let rivals: [[Int]]

    init(_ routes: [Route]) {
        // By place where nothing else tells them apart: sorting need not keep the order of the file.
        let sorted = routes.enumerated()
            .sorted { $0.element.isMoreSpecific(than: $1.element) || !$1.element.isMoreSpecific(than: $0.element) && $0.offset < $1.offset }
            .map(\.element)
        let alike = Dictionary(grouping: sorted.indices) { sorted[$0].pattern }
        let rivals = sorted.indices.map { one in
            (alike[sorted[one].pattern] ?? []).filter { $0 != one && sorted[$0].isRival(of: sorted[one]) }
        }
        self.routes = sorted
        self.rivals = rivals.allSatisfy(\.isEmpty) ? [] : rivals
    }

    var isEmpty: Bool { routes.isEmpty }

    /// The first route, of people's interest, with this very policy.
    func route(of policy: RoutePolicy) -> Route? { routes.first { $0.policy === policy } }

    /// - Parameters:
    ///   - form: a path in the spelling of this list.
    ///   - fallback: for what no route covers.
    func match(method: UnsafeRawBufferPointer, form: UnsafeRawBufferPointer, fallback: RoutePolicy) -> RouteTable.Match {
        var nearly: RoutePolicy?
        // By index: iterating over values would retain and release each route's arrays.
        for index in routes.indices {
            let coverage = routes[index].pattern.coverage(form)
            guard coverage != .none, routes[index].covers(method: method) else { continue }
            guard let policy = policy(at: index, for: method) else { return .refused(.pathAmbiguous) }
            guard coverage == .whole else {
                nearly = nearly ?? policy
                continue
            }
            // Its very spelling has a route of its own: there is no doubt.
            guard routes[index].pattern.coversBelow else { return .policy(policy) }
            return settle(nearly, against: policy)
        }
        return settle(nearly, against: fallback)
    }

    /// The strictest of those with the same paths; nil where none is.
    private func policy(at index: Int, for method: UnsafeRawBufferPointer) -> RoutePolicy? {
        guard !rivals.isEmpty else { return routes[index].policy }
        var strictest = routes[index].policy
        for rival in rivals[index] where routes[rival].covers(method: method) {
            guard let stricter = RoutePolicy.stricter(strictest, routes[rival].policy) else { return nil }
            strictest = stricter
        }
        return strictest
    }

    /// What a path gets that an exact route covers but for a slash, and a wildcard or nothing covers whole.
    private func settle(_ nearly: RoutePolicy?, against whole: RoutePolicy) -> RouteTable.Match {
        guard let nearly else { return .policy(whole) }
        return whole.settled(with: nearly).map { .policy($0) } ?? .refused(.pathAmbiguous)
    }
}

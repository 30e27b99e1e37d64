/// Routes by one spelling of their paths, the most specific first.
///
/// A class, so that a request takes one reference to it instead of one to each list.
final class RouteList: Equatable, Sendable {
    private let routes: [Route]
    /// The patterns of `routes`, by their place.
    private let tree: RouteTree
    /// For each route those of the same requests, by their place; empty where no two routes are for the same, as in any configuration
    /// before it is folded.
    private let rivals: [[Int]]

    /// - Parameter seed: of the hash by which routes are found.
    init(_ routes: [Route], seed: UInt64) {
        // By place where nothing else tells them apart: sorting need not keep the order of the file.
        let sorted = routes.enumerated()
            .sorted { $0.element.isMoreSpecific(than: $1.element) || !$1.element.isMoreSpecific(than: $0.element) && $0.offset < $1.offset }
            .map(\.element)
        let alike = Dictionary(grouping: sorted.indices) { sorted[$0].pattern }
        let rivals = sorted.indices.map { one in
            (alike[sorted[one].pattern] ?? []).filter { $0 != one && sorted[$0].isRival(of: sorted[one]) }
        }
        self.routes = sorted
        self.tree = RouteTree(sorted.map(\.pattern), seed: seed)
        self.rivals = rivals.allSatisfy(\.isEmpty) ? [] : rivals
    }

    /// The rest follows from the routes.
    static func == (left: RouteList, right: RouteList) -> Bool { left.routes == right.routes }

    var isEmpty: Bool { routes.isEmpty }

    /// The first route, of people's interest, with this very policy.
    func route(of policy: RoutePolicy) -> Route? { routes.first { $0.policy === policy } }

    /// - Parameters:
    ///   - form: a path in the spelling of this list.
    ///   - fallback: for what no route covers.
    func match(method: UnsafeRawBufferPointer, form: UnsafeRawBufferPointer, fallback: RoutePolicy) -> RouteTable.Match {
        guard let reach = tree.walk(form) else { return .policy(fallback) }
        var nearly: RoutePolicy?
        if reach.isWhole {
            if let slashed = tree.slashed(reach.node), !add(tree.exact(slashed), method, to: &nearly) { return .refused(.pathAmbiguous) }
            // Its very spelling has a route of its own: there is no doubt.
            if let index = first(tree.exact(reach.node), method) {
                return policy(at: index, for: method).map { .policy($0) } ?? .refused(.pathAmbiguous)
            }
            if let index = first(tree.below(reach.node), method) { return settle(nearly, againstRouteAt: index, method) }
        }
        if let unslashed = tree.unslashed(reach), !add(tree.exact(unslashed), method, to: &nearly) { return .refused(.pathAmbiguous) }
        var node = tree.nearestBelow(reach.node)
        while let one = node {
            if let index = first(tree.below(one), method) { return settle(nearly, againstRouteAt: index, method) }
            node = tree.parent(of: one).flatMap(tree.nearestBelow)
        }
        return settle(nearly, against: fallback)
    }

    /// The first route of a group that is for `method`.
    private func first(_ group: Range<Int>, _ method: UnsafeRawBufferPointer) -> Int? {
        // By index, here and below: iterating over values would retain and release each route's arrays.
        for position in group where routes[tree.place(at: position)].covers(method: method) { return tree.place(at: position) }
        return nil
    }

    /// Adds what routes ask that cover the path but for a slash, which most upstreams take for the same: the first of them counts.
    ///
    /// - Returns: false where one of them has rivals of which none is the strictest.
    private func add(_ group: Range<Int>, _ method: UnsafeRawBufferPointer, to nearly: inout RoutePolicy?) -> Bool {
        for position in group {
            let index = tree.place(at: position)
            guard routes[index].covers(method: method) else { continue }
            guard let policy = policy(at: index, for: method) else { return false }
            nearly = nearly ?? policy
        }
        return true
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

    private func settle(_ nearly: RoutePolicy?, againstRouteAt index: Int, _ method: UnsafeRawBufferPointer) -> RouteTable.Match {
        guard let policy = policy(at: index, for: method) else { return .refused(.pathAmbiguous) }
        return settle(nearly, against: policy)
    }

    /// What a path gets that an exact route covers but for a slash, and a wildcard or nothing covers whole.
    private func settle(_ nearly: RoutePolicy?, against whole: RoutePolicy) -> RouteTable.Match {
        guard let nearly else { return .policy(whole) }
        return whole.settled(with: nearly).map { .policy($0) } ?? .refused(.pathAmbiguous)
    }
}

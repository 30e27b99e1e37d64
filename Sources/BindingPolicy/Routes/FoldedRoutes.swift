/// The routes as an API sees them that folds the paths of requests, made once a configuration.
struct FoldedRoutes: Equatable, Sendable {
    private let routes: RouteList
    /// Whether every route is written as folding leaves it: a path that folding leaves alone then matches as it did.
    private let areWrittenFolded: Bool

    /// Routes whose own path cannot be folded for certain are left out: a request for them is ambiguous anyway.
    init(_ routes: [Route], seed: UInt64) {
        let folded = routes.compactMap { route in
            PathFold.fold(route.pattern).map { Route(pattern: $0, methods: route.methods, policy: route.policy) }
        }
        self.routes = RouteList(folded, seed: seed)
        areWrittenFolded = folded.map(\.pattern) == routes.map(\.pattern)
    }

    /// The stricter of what a path gets by its spelling and of what it gets folded.
    ///
    /// - Parameter own: by its spelling.
    func settle(
        _ own: RoutePolicy, method: UnsafeRawBufferPointer, form: UnsafeRawBufferPointer, fallback: RoutePolicy
    ) -> RouteTable.Match {
        if PathFold.isFolded(form) {
            return areWrittenFolded ? .policy(own) : settle(own, with: routes.match(method: method, form: form, fallback: fallback))
        }
        return PathFold.withFolded(form) { folded in
            guard let folded else { return .refused(.pathAmbiguous) }
            return settle(own, with: routes.match(method: method, form: folded, fallback: fallback))
        }
    }

    private func settle(_ own: RoutePolicy, with match: RouteTable.Match) -> RouteTable.Match {
        guard case .policy(let other) = match else { return match }
        return own.settled(with: other).map { .policy($0) } ?? .refused(.pathAmbiguous)
    }

    /// By their places, the first one first.
    static func confusable(_ routes: [Route]) -> [(Int, Int)] {
        let folded = routes.map { route in
            PathFold.fold(route.pattern).map { Route(pattern: $0, methods: route.methods, policy: route.policy) }
        }
        var pairs: [(Int, Int)] = []
        for places in Dictionary(grouping: routes.indices, by: { folded[$0]?.pattern }).values where places.count > 1 {
            for one in places {
                for other in places where one < other && routes[one].pattern != routes[other].pattern {
                    guard routes[one].policy != routes[other].policy, let first = folded[one], let second = folded[other] else { continue }
                    if first.isRival(of: second) { pairs.append((one, other)) }
                }
            }
        }
        return pairs.sorted { $0 < $1 }
    }
}

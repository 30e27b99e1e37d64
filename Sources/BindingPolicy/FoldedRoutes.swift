/// The routes as an API sees them that folds the paths of requests, made once a configuration.
struct FoldedRoutes: Equatable, Sendable {
    private let routes: RouteList
    /// Whether every route is written as folding leaves it: a path that folding leaves alone then matches as it did.
    private let areWrittenFolded: Bool

    /// Routes whose own path cannot be folded for certain are left out: a request for them is ambiguous anyway.
    init(_ routes: [Route]) {
        let folded = routes.compactMap { route in
            PathFold.fold(route.pattern).map { Route(pattern: $0, methods: route.methods, policy: route.policy) }
        }
        self.routes = RouteList(folded)
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

    static func areConfusable(_ one: Route, _ other: Route) -> Bool {
        guard one.pattern != other.pattern, one.policy != other.policy, let pattern = PathFold.fold(one.pattern),
            let otherPattern = PathFold.fold(other.pattern)
        else { return false }
        return Route(pattern: pattern, methods: one.methods, policy: one.policy)
            .isRival(of: Route(pattern: otherPattern, methods: other.methods, policy: other.policy))
    }
}

@testable import BindingPolicy

/// What ``RouteTable`` must say, as plainly as it can be said: the routes in the order of their precedence, gone through from the start.
struct ListedRoutes {
    private let exact: [Route]
    /// As a reader sees them that folds; nil where paths are matched exactly or nothing depends on them.
    private let folded: [Route]?
    private let fallback: RoutePolicy

    init(_ routes: [Route], fallback: RoutePolicy, matching: RouteTable.Matching) {
        exact = Self.sorted(routes)
        self.fallback = fallback
        let folds = matching == .fold && routes.contains { $0.policy != fallback }
        folded = folds ? Self.sorted(routes.compactMap(Self.fold)) : nil
    }

    private static func fold(_ route: Route) -> Route? {
        PathFold.fold(route.pattern).map { Route(pattern: $0, methods: route.methods, policy: route.policy) }
    }

    private static func sorted(_ routes: [Route]) -> [Route] {
        routes.enumerated()
            .sorted { one, other in
                if one.element.isMoreSpecific(than: other.element) { return true }
                return !other.element.isMoreSpecific(than: one.element) && one.offset < other.offset
            }
            .map(\.element)
    }

    func match(method: String, path: String) -> RouteTable.Match {
        if exact.isEmpty || path == "*" { return .policy(fallback) }
        guard let form = Self.form(path.isEmpty ? "/" : path) else { return .refused(.pathAmbiguous) }
        let own = match(exact, method, form)
        guard let folded, case .policy(let policy) = own else { return own }
        let other = form.withUnsafeBytes { PathFold.withFolded($0) { $0.map { [UInt8]($0) } } }
        guard let other, case .policy(let strict) = match(folded, method, other) else { return .refused(.pathAmbiguous) }
        return policy.settled(with: strict).map { .policy($0) } ?? .refused(.pathAmbiguous)
    }

    func route(method: String, path: String) -> Route? {
        guard case .policy(let policy) = match(method: method, path: path), policy !== fallback else { return nil }
        return exact.first { $0.policy === policy }
    }

    private static func form(_ path: String) -> [UInt8]? {
        Array(path.utf8).withUnsafeBytes { path in
            withUnsafeTemporaryAllocation(byteCount: path.count, alignment: 1) { form in
                PathForm.write(path, into: form).map { Array(form[..<$0]) }
            }
        }
    }

    private func match(_ routes: [Route], _ method: String, _ form: [UInt8]) -> RouteTable.Match {
        var nearly: RoutePolicy?
        for route in routes where covers(route, method) {
            let coverage = Coverage(of: form, by: route.pattern)
            guard coverage != .none else { continue }
            guard let policy = strictest(route, routes, method) else { return .refused(.pathAmbiguous) }
            guard coverage == .whole else {
                nearly = nearly ?? policy
                continue
            }
            return route.pattern.coversBelow ? settle(nearly, policy) : .policy(policy)
        }
        return settle(nearly, fallback)
    }

    private func settle(_ nearly: RoutePolicy?, _ whole: RoutePolicy) -> RouteTable.Match {
        guard let nearly else { return .policy(whole) }
        return whole.settled(with: nearly).map { .policy($0) } ?? .refused(.pathAmbiguous)
    }

    private func covers(_ route: Route, _ method: String) -> Bool {
        route.methods.isEmpty || route.methods.contains(method) || method == "HEAD" && route.methods.contains("GET")
    }

    private func strictest(_ route: Route, _ routes: [Route], _ method: String) -> RoutePolicy? {
        var strictest = route.policy
        for rival in routes where rival.isRival(of: route) && covers(rival, method) {
            guard let stricter = RoutePolicy.stricter(strictest, rival.policy) else { return nil }
            strictest = stricter
        }
        return strictest
    }

    private enum Coverage {
        case none, whole, butForSlash

        init(of form: [UInt8], by pattern: RoutePattern) {
            let (literal, slash) = (pattern.literal, [UInt8(ascii: "/")])
            if pattern.coversBelow {
                self = form == literal || form.starts(with: literal + slash) ? .whole : .none
            } else if form == literal {
                self = .whole
            } else {
                self = form == literal + slash || form + slash == literal ? .butForSlash : .none
            }
        }
    }
}

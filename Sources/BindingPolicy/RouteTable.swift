/// Which paths a route covers: `/as/token` that path, `/payments/*` also everything below `/payments`, and `/*` all.
package struct RoutePattern: Hashable, Sendable, CustomStringConvertible {
    package enum Mistake: Error, Equatable {
        /// It does not start with `/`.
        case relative
        /// `*` stands elsewhere than as the whole last segment.
        case wildcardInside
        /// No request could match it, since its like is refused: `//`, dot segments, `;`, `?`, encoded slashes and so on.
        case ambiguous
    }

    /// The form (`PathForm`) of the path, or of the part before `/*`.
    let literal: [UInt8]
    let coversBelow: Bool

    /// The pattern in its normal form.
    package var description: String { String(decoding: literal, as: UTF8.self) + (coversBelow ? "/*" : "") }

    package init(_ text: String) throws(Mistake) {
        guard text.utf8.first == UInt8(ascii: "/") else { throw .relative }
        let coversBelow = text.hasSuffix("/*")
        var path = [UInt8](text.utf8.dropLast(coversBelow ? 2 : 0))
        guard !path.contains(UInt8(ascii: "*")) else { throw .wildcardInside }
        if !path.isEmpty {
            let form = path.withUnsafeBytes { source in
                [UInt8](unsafeUninitializedCapacity: source.count) { form, count in
                    count = PathForm.write(source, into: UnsafeMutableRawBufferPointer(form)) ?? 0
                }
            }
            guard !form.isEmpty, !(coversBelow && form.last == UInt8(ascii: "/")) else { throw .ambiguous }
            path = form
        }
        self.literal = path
        self.coversBelow = coversBelow
    }

    fileprivate enum Coverage {
        case none, whole
        /// An exact route's path but for a slash at its end, which most upstreams take for the same: the doubt goes to the stricter side.
        case butForSlash
    }

    fileprivate func coverage(_ form: UnsafeRawBufferPointer) -> Coverage {
        if coversBelow {
            return starts(form) && (form.count == literal.count || form[literal.count] == UInt8(ascii: "/")) ? .whole : .none
        }
        if form.count == literal.count { return starts(form) ? .whole : .none }
        if form.count == literal.count + 1 { return form[literal.count] == UInt8(ascii: "/") && starts(form) ? .butForSlash : .none }
        return literal.count == form.count + 1 && literal.last == UInt8(ascii: "/") && startsWith(form) ? .butForSlash : .none
    }

    /// Whether `form` begins with the literal.
    private func starts(_ form: UnsafeRawBufferPointer) -> Bool {
        guard form.count >= literal.count else { return false }
        for position in literal.indices where literal[position] != form[position] { return false }
        return true
    }

    /// Whether the literal begins with `form`.
    private func startsWith(_ form: UnsafeRawBufferPointer) -> Bool {
        guard literal.count >= form.count else { return false }
        for position in form.indices where literal[position] != form[position] { return false }
        return true
    }
}

/// Some paths, the methods for which they are meant, and what is asked there.
package struct Route: Equatable, Sendable {
    package let pattern: RoutePattern
    /// Empty for any method. `HEAD` is judged as `GET` and not listed.
    package let methods: [String]
    package let policy: RoutePolicy
    fileprivate let methodOctets: [[UInt8]]

    package init(pattern: RoutePattern, methods: [String] = [], policy: RoutePolicy) {
        self.pattern = pattern
        self.methods = methods
        self.policy = policy
        self.methodOctets = methods.map { [UInt8]($0.utf8) }
    }

    /// Longer literals before shorter, exact before prefix, routes for named methods before routes for all.
    fileprivate func isMoreSpecific(than other: Route) -> Bool {
        if pattern.literal.count != other.pattern.literal.count { return pattern.literal.count > other.pattern.literal.count }
        if pattern.coversBelow != other.pattern.coversBelow { return other.pattern.coversBelow }
        return !methods.isEmpty && other.methods.isEmpty
    }

    fileprivate func covers(method: UnsafeRawBufferPointer) -> Bool {
        if methodOctets.isEmpty || methodOctets.contains(where: { method.elementsEqual($0) }) { return true }
        let head: StaticString = "HEAD"
        let get: StaticString = "GET"
        return head.isSpelled(by: method) && methodOctets.contains(where: { get.withUTF8Buffer($0.elementsEqual) })
    }
}

/// What is asked of a request, by its method and path.
package struct RouteTable: Equatable, Sendable {
    package enum Match: Equatable, Sendable {
        case policy(RoutePolicy)
        /// Always `.pathAmbiguous`.
        case refused(DenialReason)
    }

    /// The most specific first. That no two are alike is the configuration's care.
    private let routes: [Route]
    /// For what no route covers.
    package let fallback: RoutePolicy
    /// For paths that can be read in two ways: reported only where that would be done whatever they mean.
    package let ambiguous: RoutePolicy

    package init(_ routes: [Route], fallback: RoutePolicy = .boundToken) {
        self.routes = routes.sorted { $0.isMoreSpecific(than: $1) }
        self.fallback = fallback
        let refusing = (routes.map(\.policy).filter { $0.requirement != .nothing } + [fallback]).map(\.reportOnly)
        let modes = refusing.compactMap(\.self)
        let first = modes.min { ($0.until ?? .infinity) < ($1.until ?? .infinity) }
        ambiguous = RoutePolicy(requirement: .boundToken, reportOnly: modes.count == refusing.count ? first : nil)
    }

    /// Judges by a normal form of `path`; an ambiguous path is refused wherever routes exist, since they could differ for
    /// it. Without routes there is one policy for everything and no path is looked at.
    ///
    /// - Parameters:
    ///   - method: as received.
    ///   - path: the path of the target without its query; empty counts as `/` (RFC 9112 section 3.2.2), `*` as no path.
    package func match(method: UnsafeRawBufferPointer, path: UnsafeRawBufferPointer) -> Match {
        if routes.isEmpty || path.count == 1 && path[0] == UInt8(ascii: "*") { return .policy(fallback) }
        if path.isEmpty {
            let root: StaticString = "/"
            return root.withUTF8Buffer { match(method: method, form: UnsafeRawBufferPointer($0)) }
        }
        // On the stack up to 1 KiB.
        return withUnsafeTemporaryAllocation(byteCount: path.count, alignment: 1) { form in
            guard let length = PathForm.write(path, into: form) else { return .refused(.pathAmbiguous) }
            return match(method: method, form: UnsafeRawBufferPointer(rebasing: form[..<length]))
        }
    }

    /// The route that `match` finds, for people; nil where the fallback holds or the path is ambiguous.
    package func route(method: String, path: String) -> Route? {
        guard case .policy(let policy) = match(method: method, path: path) else { return nil }
        return routes.first { $0.policy === policy }
    }

    package func match(method: String, path: String) -> Match {
        Array(method.utf8).withUnsafeBytes { method in Array(path.utf8).withUnsafeBytes { match(method: method, path: $0) } }
    }

    private func match(method: UnsafeRawBufferPointer, form: UnsafeRawBufferPointer) -> Match {
        var nearly: RoutePolicy?
        // By index: iterating over values would retain and release each route's arrays.
        for index in routes.indices {
            let coverage = routes[index].pattern.coverage(form)
            guard coverage != .none, routes[index].covers(method: method) else { continue }
            guard coverage == .whole else {
                nearly = nearly ?? routes[index].policy
                continue
            }
            // Its very spelling has a route of its own: there is no doubt.
            guard routes[index].pattern.coversBelow else { return .policy(routes[index].policy) }
            return Self.settle(nearly, against: routes[index].policy)
        }
        return Self.settle(nearly, against: fallback)
    }

    /// What a path gets that an exact route covers but for a slash, and a wildcard or nothing covers whole: the stricter of the two,
    /// and neither where it cannot be said which that is.
    private static func settle(_ nearly: RoutePolicy?, against whole: RoutePolicy) -> Match {
        guard let nearly, nearly.reportOnly == nil || nearly.reportOnly == whole.reportOnly else { return .policy(whole) }
        let (one, other) = (nearly.requirement.strictness, whole.requirement.strictness)
        if one != other { return .policy(one > other ? nearly : whole) }
        return whole.hasNoConditions || whole.hasConditions(of: nearly) ? .policy(nearly) : .refused(.pathAmbiguous)
    }
}

extension StaticString {
    fileprivate func isSpelled(by text: UnsafeRawBufferPointer) -> Bool { withUTF8Buffer { $0.elementsEqual(text) } }
}

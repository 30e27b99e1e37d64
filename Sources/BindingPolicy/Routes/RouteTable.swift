/// What is asked of a request, by its method and path.
package struct RouteTable: Equatable, Sendable {
    package enum Match: Equatable, Sendable {
        case policy(RoutePolicy)
        /// Always `.pathAmbiguous`.
        case refused(DenialReason)
    }

    /// How the path of a request is held against those of the routes.
    package enum Matching: String, CaseIterable, Sendable {
        /// As it is spelled, percent-encoding aside.
        case exact
        /// And also as an API could read it that folds case, dots and spaces around segments, compatibility forms (NFKC) and further layers
        /// of encoding: the stricter of both routes holds, and where neither is, the path is ambiguous.
        case fold
    }

    package let matching: Matching
    /// Whether it makes a difference which route covers a path, or whether any does.
    package let asksForDifferentThings: Bool
    private let exact: RouteList
    /// Nil where paths are matched exactly.
    private let folded: FoldedRoutes?
    /// Methods that only routes name, each once.
    private let methods: [[UInt8]]
    /// For what no route covers.
    package let fallback: RoutePolicy
    /// For paths that can be read in two ways: reported only where that would be done whatever they mean.
    package let ambiguous: RoutePolicy

    /// - Parameters:
    ///   - routes: that no two are alike is the configuration's care.
    ///   - matching: nil folds where it makes a difference: where routes, or the fallback, ask for different things.
    ///   - seed: of the hash by which routes are found; no verdict depends on it.
    package init(
        _ routes: [Route], fallback: RoutePolicy = .boundToken, matching: Matching? = nil, seed: UInt64 = .random(in: .min ... .max)
    ) {
        asksForDifferentThings = routes.contains { $0.policy != fallback }
        self.matching = matching ?? (asksForDifferentThings ? .fold : .exact)
        exact = RouteList(routes, seed: seed)
        folded = self.matching == .fold && asksForDifferentThings ? FoldedRoutes(routes, seed: seed) : nil
        methods = Set(routes.flatMap(\.methods)).sorted().map { Array($0.utf8) }
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
        if exact.isEmpty || path.count == 1 && path[0] == UInt8(ascii: "*") { return .policy(fallback) }
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

    private func match(method: UnsafeRawBufferPointer, form: UnsafeRawBufferPointer) -> Match {
        let match = exact.match(method: method, form: form, fallback: fallback)
        guard let folded, case .policy(let policy) = match else { return match }
        return folded.settle(policy, method: method, form: form, fallback: fallback)
    }

    /// Whether a route names `method` in another case only: to an API that folds it the two are one.
    package func knowsInAnotherCase(method: UnsafeRawBufferPointer) -> Bool {
        !methods.contains { method.elementsEqual($0) }
            && methods.contains { known in method.count == known.count && zip(method, known).allSatisfy { Self.lowercased($0) == Self.lowercased($1) }
            }
    }

    private static func lowercased(_ octet: UInt8) -> UInt8 { octet &- 0x41 < 26 ? octet | 0x20 : octet }
}

// MARK: - For people

extension RouteTable {
    /// The route that `match` finds; nil where the fallback holds or the path is ambiguous.
    package func route(method: String, path: String) -> Route? {
        guard case .policy(let policy) = match(method: method, path: path), policy !== fallback else { return nil }
        return exact.route(of: policy)
    }

    package func match(method: String, path: String) -> Match {
        Array(method.utf8).withUnsafeBytes { method in Array(path.utf8).withUnsafeBytes { match(method: method, path: $0) } }
    }

    /// Routes that are one to an API that folds paths, and ask for different things: by their place in `routes`, the first one first.
    package static func confusable(_ routes: [Route]) -> [(Int, Int)] { FoldedRoutes.confusable(routes) }
}

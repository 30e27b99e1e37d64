internal import BindingPolicy

/// `routes`: a list, or a mapping of that `list` and of how paths are held against it.
struct RoutesReader {
    let issuers: IssuerDirectory
    /// Those with names.
    let upstreams: [String]
    let claimNames: ClaimNames
    /// Of the whole file, for routes that do not say.
    let reportOnly: ReportOnly?
    /// Whether an authority vouches for what certificates say.
    let isVouched: Bool
    /// Seconds since 1970.
    let now: Double
    private var seen: [Covered: Int] = [:]
    /// Of routes with a path that cannot be folded.
    private var unfoldable: [Section] = []

    private struct Covered: Hashable {
        let pattern: RoutePattern
        let method: String?
    }

    init(
        issuers: IssuerDirectory, upstreams: [String], claimNames: ClaimNames, reportOnly: ReportOnly?, isVouched: Bool, now: Double
    ) {
        self.issuers = issuers
        self.upstreams = upstreams
        self.claimNames = claimNames
        self.reportOnly = reportOnly
        self.isVouched = isVouched
        self.now = now
    }

    struct Routes {
        let list: [Route]
        /// Where they stand.
        let key: String
        let table: RouteTable
    }

    /// None where the file has none.
    ///
    /// - `matching` (`exact` or `fold`; default `fold` where routes ask for different things): how paths are held against those of routes
    /// - `list` (list of routes; required)
    mutating func routes(_ root: Section) -> Routes {
        guard root.has("routes", "list") || root.has("routes", "matching"),
            let section = root.section("routes", known: ["matching", "list"])
        else {
            let routes = list(root.nodes("routes"), "routes", root.log)
            return finish(routes, "routes", nil)
        }
        let matching = section.optional("matching", choice(RouteTable.Matching.self))
        if !section.has("list") { section.miss("list", "Write the routes themselves under it.") }
        let routes = list(section.nodes("list"), "routes.list", root.log)
        return finish(routes, "routes.list", matching)
    }

    /// What only all of them together show.
    private func finish(_ routes: [Route], _ key: String, _ matching: RouteTable.Matching?) -> Routes {
        let table = RouteTable(routes, fallback: RoutePolicy(requirement: .boundToken, reportOnly: reportOnly), matching: matching)
        if table.matching == .fold {
            for section in unfoldable {
                section.complain(
                    "No request can have this path while paths are folded: a segment of dots and spaces, and a character that stands for `/`, `.`, `;` and the like, are refused as ambiguous. Write another path, or `matching: exact`.",
                    "path")
            }
        }
        return Routes(list: routes, key: key, table: table)
    }

    private mutating func list(_ nodes: [ConfigurationNode]?, _ key: String, _ log: MistakeLog) -> [Route] {
        var routes: [Route] = []
        for (index, node) in (nodes ?? []).enumerated() {
            if let route = read(node, "\(key)[\(index)]", log) { routes.append(route) }
        }
        return routes
    }

    private static let tokenKeys = ["scopes", "issuers", "audience", "acr", "max_auth_age", "claims"]

    /// - `path` (`/as/token`, or `/payments/*` for `/payments` and all below; required)
    /// - `methods` (list; default: all): `GET` stands for `HEAD` too
    /// - `require` (`bound-token`, `certificate` or `nothing`; default `bound-token`)
    /// - `certificate` (what the client's certificate must say: `CertificateTerms`; optional)
    /// - `scopes` (list, all of which the token must have, or `{all: […], any: […]}`; default: none)
    /// - `issuers` (list out of `tokens`; default: all)
    /// - `audience` (a name out of the issuers' own, or a list of which one must be in the token; default: any of the issuer's)
    /// - `acr` (a value, or a list of which the token must have one; optional)
    /// - `max_auth_age` (duration; optional): since the user authenticated
    /// - `claims` (claim name: a value, a list of values of which it must have one, `present`, or `{word: …}` with a value or a list, of
    ///   which one must be among the words of a text with spaces between; `scope` and `scp` are such lists anyway; optional)
    /// - `max_body` (size up to 1048576MiB; default: `listener.max_body`): of a request
    /// - `report_only` (`true`, `false`, or the day from which on it enforces; default: that of the whole file)
    /// - `upgrade` (`websocket`; default: none, and what a client offers is not passed on)
    /// - `upstream` (a name out of `upstreams`, or `default`, which is `upstream`; default `default`): where its requests go
    private mutating func read(_ node: ConfigurationNode, _ keyPath: String, _ log: MistakeLog) -> Route? {
        let section = Section(
            node, at: node.position, keyPath,
            known: ["path", "methods", "require", "certificate"] + Self.tokenKeys + ["max_body", "report_only", "upgrade", "upstream"], log)
        let pattern = section.required("path", "Write a path such as `/as/token` or `/payments/*`.", Self.pattern)
        let methods = section.list("methods", Self.method) ?? []
        let policy = policy(section)
        if section.has("upgrade"), !methods.isEmpty, !methods.contains("GET") {
            section.complain("A connection is upgraded by a `GET`, which is none of these `methods`. Add it, or remove `upgrade`.", "upgrade")
        }
        guard let pattern else { return nil }
        if !pattern.canBeFolded { unfoldable.append(section) }
        for method in methods.isEmpty ? [nil] : methods.map(Optional.some) {
            guard let first = seen.updateValue(node.position.line, forKey: Covered(pattern: pattern, method: method)) else { continue }
            let what = method.map { "`\($0)` of this path" } ?? "this path"
            section.complain("A route for \(what) is given already in line \(first). Keep one of the two.", "path")
            break
        }
        return Route(pattern: pattern, methods: methods, policy: policy)
    }

    private func policy(_ section: Section) -> RoutePolicy {
        let requirement = section.optional("require", choice(RoutePolicy.Requirement.self)) ?? .boundToken
        let certificate = CertificateTerms(section, isVouched: isVouched)
        let scopes = Self.scopes(section)
        let issuers = section.list("issuers", single: true, issuer)
        let audiences = section.list("audience", single: true, audience) ?? []
        let acr = section.list("acr", single: true, Self.acr) ?? []
        let age = section.optional("max_auth_age", Self.age)
        let claims = section.dictionary("claims", example: "client_type: confidential", claim) ?? []
        let mode = section.optional("report_only", ReportOnlyKey.parse(now)) ?? reportOnly
        let upstream = section.optional("upstream", upstream) ?? .default
        if requirement != .boundToken {
            for key in Self.tokenKeys where section.has(key) {
                section.complain(
                    "Only a token has this, and `require: \(requirement.rawValue)` asks for none. Remove one of the two.", key)
            }
        }
        if requirement == .nothing, section.has("certificate") {
            section.complain("`require: nothing` asks for no certificate. Remove one of the two.", "certificate")
        }
        if requirement == .nothing, section.has("report_only") {
            section.complain("`require: nothing` refuses nothing that could be reported. Remove one of the two.", "report_only")
        }
        return RoutePolicy(
            requirement: requirement, certificate: certificate, scopes: scopes.all, anyScope: scopes.any, issuers: issuers, audiences: audiences,
            acr: acr,
            maximumAuthenticationAge: age, claims: claims, reportOnly: mode,
            upgrade: section.optional("upgrade", choice(RoutePolicy.Upgrade.self)), upstream: upstream,
            maxBody: section.optional("max_body", Self.maxBody), name: section.peek("path") ?? "")
    }

    static let maxBody = Quantity.size(
        0...1 << 40, below: "it is negative", above: "no API takes more in one request; leave it out where it may be anything")
}

// MARK: - Which requests

extension RoutesReader {
    private static func pattern(_ node: ConfigurationNode) throws(Complaint) -> RoutePattern {
        let text = try node.text()
        do throws(RoutePattern.Mistake) {
            return try RoutePattern(text)
        } catch {
            switch error {
            case .relative: throw Complaint("A path starts with `/`.")
            case .wildcardInside: throw Complaint("`*` is possible as the last segment only, as in `/payments/*`.")
            case .ambiguous:
                throw Complaint(
                    "No request can have this path: where routes are configured, `//`, `.` and `..`, `;`, `?`, `\\` and their encoded forms are refused as ambiguous. Write the plain path, other characters percent-encoded."
                )
            }
        }
    }

    private func upstream(_ node: ConfigurationNode) throws(Complaint) -> UpstreamName {
        let name = try node.text()
        let known = [UpstreamName.default.text] + upstreams
        guard known.contains(name) else {
            let hint = Suggestion.nearest(to: name, among: known).map { " Did you mean `\($0)`?" } ?? ""
            throw Complaint("There is no such name in `upstreams`.\(hint)")
        }
        return UpstreamName(name)
    }

    private static func method(_ node: ConfigurationNode) throws(Complaint) -> String {
        let method = try node.text()
        guard FieldName.isToken(method) else { throw Complaint("`\(method.shortened)` is not a method.") }
        guard method != "HEAD" else { throw Complaint("`HEAD` is judged as `GET`. Write `GET`.") }
        let usual = method.uppercased()
        guard method == usual || !["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].contains(usual) else {
            throw Complaint("Methods are case-sensitive: write `\(usual)`.")
        }
        return method
    }
}

// MARK: - What their tokens must have

extension RoutesReader {
    private static func scopes(_ section: Section) -> (all: [String], any: [String]) {
        guard section.isMapping("scopes"), let inner = section.section("scopes", known: ["all", "any"]) else {
            return (section.list("scopes", scope) ?? [], [])
        }
        if !inner.has("all"), !inner.has("any") {
            inner.miss("all", "Write a list under `all` (every one of them), under `any` (at least one), or under both.")
        }
        return (inner.list("all", scope) ?? [], inner.list("any", scope) ?? [])
    }

    /// RFC 6749 section 3.3, `scope-token`.
    private static func scope(_ node: ConfigurationNode) throws(Complaint) -> String {
        let scope = try node.text()
        guard isScopeToken(scope) else {
            throw Complaint(
                "`\(scope.shortened)` is not a scope: it holds a space or another character that scopes cannot have. Several scopes are a list."
            )
        }
        return scope
    }

    /// A name that no issuer's tokens need is one that none would have.
    private func audience(_ node: ConfigurationNode) throws(Complaint) -> String {
        let name = try node.text()
        guard let known = issuers.issuers?.flatMap(\.audiences), !known.contains(where: { $0.utf8.elementsEqual(name.utf8) }) else { return name }
        let hint = Suggestion.nearest(to: name, among: known).map { " Did you mean `\($0)`?" } ?? ""
        throw Complaint("There is no such `audience` in `tokens`, where audiences are written exactly as here.\(hint)")
    }

    /// In a challenge they stand in one string, with spaces between them (RFC 9470 section 3).
    private static func acr(_ node: ConfigurationNode) throws(Complaint) -> String {
        let acr = try node.text()
        guard isScopeToken(acr) else {
            throw Complaint(
                "`\(acr.shortened)` cannot be asked for in a challenge: it holds a space or another character that is not possible there. Several values are a list."
            )
        }
        return acr
    }

    private static func isScopeToken(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }

    private static func age(_ node: ConfigurationNode) throws(Complaint) -> Double {
        let age = try Quantity.duration(
            .seconds(1) ... .seconds(8760 * 3600), below: "no user could authenticate and come here in time",
            above: "a login of a year ago says nothing")(node)
        guard age.components.attoseconds == 0 else { throw Complaint("Whole seconds are expected here: challenges name no others.") }
        return Double(age.components.seconds)
    }

    /// The name of one out of `tokens`.
    private func issuer(_ node: ConfigurationNode) throws(Complaint) -> String {
        let text = try node.text()
        if let place = issuers.names.firstIndex(of: text) { return issuers.names[place] }
        // That an issuer's own entry is broken is told there.
        guard issuers.isComplete else { return text }
        let hint = Suggestion.nearest(to: text, among: issuers.names).map { " Did you mean `\($0)`?" } ?? ""
        throw Complaint("There is no issuer `\(text.shortened)` in `tokens`; issuers are written here exactly as there.\(hint)")
    }

    private func claim(_ name: String, _ node: ConfigurationNode) throws(Complaint) -> RoutePolicy.Claim {
        let claim = claimNames.note(name)
        func named(_ accepted: [String], ofWords: Bool) -> RoutePolicy.Claim {
            RoutePolicy.Claim(name: claim, accepted: accepted, isOfWords: ofWords)
        }
        if case .mapping(let pairs) = node.content {
            guard pairs.count == 1, let pair = pairs.first, pair.key == "word" else {
                throw Complaint("The one key that is possible here is `word`, as in `\(name.shortened): {word: admin}`.")
            }
            return named(try Self.words(pair.value), ofWords: true)
        }
        return named(node.isPresence ? [] : try Self.values(node), ofWords: Self.listsOfWords.contains(name))
    }

    /// Claims whose text is a list by their definition (RFC 8693 section 4.2): what matches in an array matches there as well.
    private static let listsOfWords: Set<String> = ["scope", "scp"]

    private static func words(_ node: ConfigurationNode) throws(Complaint) -> [String] {
        let words = try values(node)
        for word in words where word.utf8.contains(0x20) {
            throw Complaint("`\(word.shortened)` is more than one word. Several words, of which one is enough, are a list.")
        }
        return words
    }

    /// One value, or a list of at least one.
    private static func values(_ node: ConfigurationNode) throws(Complaint) -> [String] {
        guard case .list(let nodes) = node.content else { return [try value(node)] }
        guard !nodes.isEmpty else { throw Complaint("The list is empty. Write at least one value, or `present` where any will do.") }
        var values: [String] = []
        for node in nodes { values.append(try value(node)) }
        return values
    }

    private static func value(_ node: ConfigurationNode) throws(Complaint) -> String {
        guard !node.isPresence else {
            throw Complaint("`present` stands alone and means any value. Write it in quotes if the claim must have this very value.")
        }
        return try node.text()
    }
}

extension ConfigurationNode {
    fileprivate var isPresence: Bool { if case .scalar("present", quoted: false) = content { true } else { false } }
}

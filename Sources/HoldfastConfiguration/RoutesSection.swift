internal import BindingPolicy

extension Route {
    /// The list `routes`; empty where the file has none.
    static func list(_ root: Section) -> [Route] {
        guard let nodes = root.nodes("routes") else { return [] }
        var seen: [Covered: Int] = [:]
        return nodes.enumerated().compactMap { index, node in Self.read(node, "routes[\(index)]", &seen, root.log) }
    }

    private struct Covered: Hashable {
        let pattern: RoutePattern
        let method: String?
    }

    /// - `path` (`/as/token`, or `/payments/*` for `/payments` and all below; required)
    /// - `methods` (list; default: all): `GET` stands for `HEAD` too
    /// - `scopes` (list, all of which the token must have; default: none)
    /// - `require` (`bound-token` or `certificate`; default `bound-token`)
    private static func read(_ node: ConfigurationNode, _ keyPath: String, _ seen: inout [Covered: Int], _ log: MistakeLog) -> Route? {
        func sentence(_ what: String) -> String { "This version of Holdfast does not look at a token's \(what). Remove the key." }
        let section = Section(
            node, at: node.position, keyPath, known: ["path", "methods", "scopes", "require"],
            later: [
                "issuers": "This version of Holdfast cannot tie a route to some issuers: all of `tokens` count everywhere. Remove the key.",
                "acr": sentence("`acr`"), "claims": sentence("other claims"),
            ], log)
        let pattern = section.required("path", "Write a path such as `/as/token` or `/payments/*`.", pattern)
        let methods = section.list("methods", method) ?? []
        let scopes = section.list("scopes", scope) ?? []
        let requirement =
            section.optional(
                "require",
                choice(
                    RoutePolicy.Requirement.self,
                    refused: [
                        "nothing":
                            "This version of Holdfast cannot open a path to clients that show nothing. Write `certificate` or `bound-token`."
                    ]))
            ?? .boundToken
        if requirement == .certificate, section.has("scopes") {
            section.complain("Scopes are in tokens, and `require: certificate` asks for none. Remove one of the two.", "scopes")
        }
        guard let pattern else { return nil }
        for method in methods.isEmpty ? [nil] : methods.map(Optional.some) {
            guard let first = seen.updateValue(node.position.line, forKey: Covered(pattern: pattern, method: method)) else { continue }
            let what = method.map { "`\($0)` of this path" } ?? "this path"
            section.complain("A route for \(what) is given already in line \(first). Keep one of the two.", "path")
            break
        }
        return Route(pattern: pattern, methods: methods, policy: RoutePolicy(requirement: requirement, scopes: scopes))
    }

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

    /// RFC 6749 section 3.3, `scope-token`.
    private static func scope(_ node: ConfigurationNode) throws(Complaint) -> String {
        let scope = try node.text()
        guard scope.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) else {
            throw Complaint(
                "`\(scope.shortened)` is not a scope: it holds a space or another character that scopes cannot have. Several scopes are a list."
            )
        }
        return scope
    }
}

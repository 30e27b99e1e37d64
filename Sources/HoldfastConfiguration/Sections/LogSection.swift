import Telemetry

extension HoldfastConfiguration.Log {
    /// - `level` (trace, debug, info, notice, warning, error, critical; default `info`)
    /// - `access` (true or false; default `true`): one JSON line per request on standard output
    /// - `format` (`json`, `ecs` or `otel`; default `json`): whose names both logs use
    /// - `fields.omit`, `fields.add` (lists of fields by their names in `json`): what the line of a request has less or more than usual
    init(_ root: Section) {
        let section = root.section("log", known: ["level", "access", "format", "fields"])
        level = section?.optional("level", choice(Level.self)) ?? .info
        access = section?.optional("access", Quantity.flag) ?? true
        format = section?.optional("format", choice(LogFormat.self)) ?? .json
        let fields = section?.section("fields", known: ["omit", "add"])
        let usual = AccessField.allCases.filter { !AccessField.extra.contains($0) && !AccessField.fixed.contains($0) }
        omitted = fields.map { Self.fields($0, "omit", usual) } ?? []
        added = fields.map { Self.fields($0, "add", AccessField.allCases.filter(AccessField.extra.contains)) } ?? []
        if fields != nil, !access {
            section?.complain("No line of a request is written with `access: false`. Remove one of the two.", "fields")
        }
    }

    private static func fields(_ section: Section, _ key: String, _ known: [AccessField]) -> Set<AccessField> {
        var seen: Set<AccessField> = []
        _ = section.list(key) { node throws(Complaint) in
            let text = try node.text()
            guard let field = AccessField.allCases.first(where: { $0.name == text }) else {
                let hint = Suggestion.nearest(to: text, among: known.map(\.name)).map { " Did you mean `\($0)`?" } ?? ""
                throw Complaint("`\(text.shortened)` is not one of \(known.map { "`\($0.name)`" }.joined(separator: ", ")).\(hint)")
            }
            guard known.contains(field) else { throw Complaint(reason(field)) }
            guard seen.insert(field).inserted else { throw Complaint("`\(text)` stands here twice. Remove one.") }
        }
        return seen
    }

    /// Why it stands in the wrong list.
    private static func reason(_ field: AccessField) -> String {
        if AccessField.fixed.contains(field) { return "Every line has `\(field.name)`: without it nobody could tell what became of the request." }
        return AccessField.extra.contains(field)
            ? "No line has `\(field.name)` unless it stands in `add`. Remove it here." : "Every line has `\(field.name)` already. Remove it here."
    }
}

/// Forged fields: the token and the certificate are good, and the API must see none of what is claimed beside them.
extension ProbeSubject {
    private func mark(_ index: Int) -> String { "\(seed)x\(index)x" }

    var fieldCases: [ProbeCase] { ownFieldCases + familyCases + listedCases }

    /// The field that the API trusts, in every spelling that some server takes for it.
    private var ownFieldCases: [ProbeCase] {
        let name = identityField
        let mark = mark(0)
        func forge(_ id: String, _ title: String, _ request: RawRequest) -> ProbeCase {
            ProbeCase("field_\(id)", .fields, "\(name) \(title)", .own, request, .hidden([ForgedField(name: title, mark: mark)]))
        }
        func line(_ id: String, _ title: String, _ lines: String...) -> ProbeCase { forge(id, title, good.with { $0.lines += lines }) }
        let underscored = name.replacing("-", with: "_")
        let firstUnderscored = name.firstIndex(of: "-").map { name[..<$0] + "_" + name[name.index(after: $0)...] } ?? Substring(underscored)
        let mixed = String(
            name.enumerated().map { $0.offset.isMultiple(of: 2) ? Character($0.element.lowercased()) : Character($0.element.uppercased()) })
        let chunked = good.with {
            $0.method = "POST"
            $0.lines += ["Transfer-Encoding: chunked", "Trailer: \(name)"]
            $0.body = "2\r\nab\r\n0\r\n\(name): \(mark)\r\n\r\n"
        }
        var cases = [
            line("plain", "as it is", "\(name): \(mark)"),
            line("lower", "in lower case", "\(name.lowercased()): \(mark)"),
            line("upper", "in upper case", "\(name.uppercased()): \(mark)"),
            line("mixed", "in mixed case", "\(mixed): \(mark)"),
            line("twice", "in two lines", "\(name): \(mark)", "\(name): \(mark)"),
            line("underscore", "with _ for each -", "\(underscored): \(mark)"),
            line("underscore_lower", "with _ for each -, in lower case", "\(underscored.lowercased()): \(mark)"),
            line("underscore_one", "with _ for one -", "\(firstUnderscored): \(mark)"),
            line("dot", "with . for each -", "\(name.replacing("-", with: ".")): \(mark)"),
            line("space", "with a space before the colon", "\(name) : \(mark)"),
            line("tab", "with a tab before the colon", "\(name)\t: \(mark)"),
            line("folded", "folded over two lines", "\(name):", " \(mark)"),
            line("bare_lf", "behind a bare LF", "X-Probe: 1\n\(name): \(mark)"),
            line("null", "with a NUL behind it", "\(name)\u{0}: \(mark)"),
            line("connection", "named by Connection", "\(name): \(mark)", "Connection: \(name)"),
            forge("first", "behind a blank, before all others", good.beginning(with: " \(name): \(mark)")),
            forge("trailer", "in a trailer", chunked),
        ]
        cases.append(
            ProbeCase(
                "field_removed", .fields, "\(name), where Connection asks that it be removed", .own,
                good.with { $0.lines.append("Connection: close, \(name)") },
                .sameIdentity))
        return cases
    }

    private var familyCases: [ProbeCase] {
        ForgedNames.families.map { forged($0.id, "fields \($0.title)", $0.names) }
    }

    /// In requests of some 30 fields: servers have bounds.
    private var listedCases: [ProbeCase] {
        let names = ForgedNames.listed
        return stride(from: 0, to: names.count, by: 30).map { first in
            let part = names[first..<min(first + 30, names.count)]
            return forged("listed_\(first + 1)", "names \(first + 1) to \(first + part.count) of those that Holdfast strips", Array(part))
        }
    }

    private func forged(_ id: String, _ title: String, _ names: [String]) -> ProbeCase {
        let fields = names.enumerated().map { ForgedField(name: $0.element, mark: mark($0.offset)) }
        let request = good.with { request in request.lines += fields.map { "\($0.name): \($0.mark)" } }
        return ProbeCase("fields_\(id)", .fields, title, .own, request, .hidden(fields))
    }
}

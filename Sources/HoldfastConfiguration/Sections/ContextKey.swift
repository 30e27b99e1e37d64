import BindingPolicy

extension HoldfastConfiguration.Forward.Context {
    static let usualHeader = "X-Holdfast-Context"

    /// `context`: a section, which may be empty, with
    /// - `header` (field name; default `X-Holdfast-Context`)
    /// - `private_key` (file, PEM, P-256 or Ed25519; default: a key made at start, for this process alone)
    /// - `issuer` (text; default `holdfast`)
    /// - `audience` (text; optional)
    /// - `lifetime` (1s to 5m; default `30s`)
    ///
    /// - Parameter taken: what each field carries that is set already, by its folded name.
    init?(_ forward: Section, _ folder: String, _ claimNames: ClaimNames, _ taken: inout [String: String]) {
        guard let section = forward.section("context", known: ["header", "private_key", "issuer", "audience", "lifetime"]) else { return nil }
        let header = section.optional("header") { node throws(Complaint) in
            try node.text() == Self.usualHeader ? Self.usualHeader : try HoldfastConfiguration.Forward.trustedHeader(node)
        }
        self.header = header ?? Self.usualHeader
        if let other = taken.updateValue("the signed context", forKey: FieldName.folded(self.header)) {
            section.complain("`\(self.header)` carries \(other) already. Choose another.", section.has("header") ? "header" : "")
        }
        privateKey = section.file("private_key", in: folder)
        issuer = section.optional("issuer", Self.text) ?? "holdfast"
        audience = section.optional("audience", Self.text)
        lifetime = section.optional("lifetime", Self.lifetimes) ?? .seconds(30)
        _ = claimNames.note(ClaimName.tokenID.text)
    }

    private static let lifetimes = Quantity.duration(
        .seconds(1) ... .seconds(300), below: "the API's clock would have to agree with ours to the second",
        above: "whoever gets hold of one could show it again for that long")

    private static func text(_ node: ConfigurationNode) throws(Complaint) -> String {
        let text = try node.text()
        guard (1...512).contains(text.utf8.count) else { throw Complaint("A text of at most 512 octets is expected here.") }
        return text
    }
}

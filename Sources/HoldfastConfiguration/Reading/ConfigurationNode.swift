/// A value of the file with the place where it stands, whatever parser read it.
struct ConfigurationNode {
    indirect enum Content {
        /// Nothing, `~` or `null`.
        case nothing
        case scalar(String, quoted: Bool)
        case list([ConfigurationNode])
        case mapping([Entry])
    }

    /// A key and its value. A mapping that came from a file may hold a key twice.
    struct Entry {
        let key: String
        let position: SourcePosition
        let value: ConfigurationNode
    }

    let content: Content
    let position: SourcePosition
    /// Where it is noted what the value is taken for; only while the schema is made.
    var form: Form? = nil

    /// What the value is, for a sentence that says it should be something else.
    var kind: String {
        switch content {
        case .nothing: "nothing"
        case .scalar(let text, _): "`\(text.shortened)`"
        case .list: "a list"
        case .mapping: "a mapping"
        }
    }

    /// With what it holds, all noted in one place.
    func noting(in form: Form?) -> ConfigurationNode {
        guard let form else { return self }
        let content: Content =
            switch content {
            case .list(let nodes): .list(nodes.map { $0.noting(in: form.readList()) })
            case .mapping(let entries):
                .mapping(entries.map { Entry(key: $0.key, position: $0.position, value: $0.value.noting(in: form.member($0.key))) })
            case .nothing, .scalar: content
            }
        return ConfigurationNode(content: content, position: position, form: form)
    }

    /// Notes what it is taken for: what is asked of it below says nothing more.
    func noted(_ kinds: Form.Kind...) -> ConfigurationNode {
        for kind in kinds { form?.note(kind) }
        return ConfigurationNode(content: content, position: position)
    }

    /// The text of a scalar that may be a word or quoted, without characters that nobody can mean.
    func text() throws(Complaint) -> String {
        let text = try freeText()
        if let complaint = OddCharacter.complaint(about: text) { throw Complaint(complaint) }
        return text
    }

    /// A text for people, in whatever script.
    func freeText() throws(Complaint) -> String {
        form?.note(.text)
        guard case .scalar(let text, _) = content else { throw Complaint("A single value is expected here, not \(kind).") }
        guard !text.isEmpty else { throw Complaint("The value is empty. Write one, or remove the key.") }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }) else {
            throw Complaint("The value holds a control character (a line break, a tab or the like). Remove it.")
        }
        return text
    }

    /// The text of a scalar that is not quoted: a number or a truth value.
    func word(_ expected: String) throws(Complaint) -> String {
        guard case .scalar(let text, quoted: false) = content else {
            throw Complaint("\(expected) is expected here, without quotes, not \(quotedKind).")
        }
        if let complaint = OddCharacter.complaint(about: text) { throw Complaint(complaint) }
        return text
    }

    private var quotedKind: String {
        if case .scalar(let text, quoted: true) = content { return "\"\(text.shortened)\"" }
        return kind
    }
}

extension String {
    /// Short enough for a message, and without anything that could break a line of it.
    var shortened: String { printable(60) }

    /// A path is shown whole, as its end is what tells one file from another.
    func printable(_ limit: Int) -> String {
        let clean = String(
            String.UnicodeScalarView(unicodeScalars.prefix(limit).map { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? "?" : $0 }))
        return clean.unicodeScalars.count < unicodeScalars.count ? clean + "…" : clean
    }
}

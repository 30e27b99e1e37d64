/// One mapping of the file, read key by key. What is wrong is logged; what could not be read is nil.
struct Section {
    let keyPath: String
    /// The key that the section is the value of, or the section itself where it is an item of a list.
    let position: SourcePosition
    let log: MistakeLog
    private let entries: [String: ConfigurationNode.Entry]
    /// The value is no mapping at all: that is said once, and its keys are not missed.
    private let broken: Bool

    /// - Parameters:
    ///   - known: every key there is. Any other is a mistake.
    ///   - later: keys that this version does not have, each with a sentence that says so. They are never ignored: who writes one
    ///     counts on what it does.
    init(
        _ node: ConfigurationNode, at position: SourcePosition, _ keyPath: String, known: [String], later: [String: String] = [:],
        _ log: MistakeLog
    ) {
        self.keyPath = keyPath
        self.position = position
        self.log = log
        guard case .mapping(let pairs) = node.content else {
            log.add(
                "Keys with values are expected here (\(known.prefix(3).map { "`\($0)`" }.joined(separator: ", ")) …), not \(node.kind).",
                at: position, keyPath)
            (entries, broken) = ([:], true)
            return
        }
        log.form?.place(keyPath).readSection(known: known, present: pairs.map(\.key))
        var entries: [String: ConfigurationNode.Entry] = [:]
        for entry in pairs {
            let path = Self.join(keyPath, entry.key.shortened)
            if let first = entries[entry.key] {
                log.add(
                    "The key `\(entry.key.shortened)` is given already in line \(first.position.line). Keep one of the two.",
                    at: entry.position, path)
            } else if let sentence = later[entry.key] {
                log.add(sentence, at: entry.position, path)
            } else if !known.contains(entry.key) {
                let hint =
                    OddCharacter.complaint(aboutKey: entry.key)
                    ?? Suggestion.nearest(to: entry.key, among: known).map { "Did you mean `\($0)`?" }
                    ?? "The keys here are \(known.map { "`\($0)`" }.joined(separator: ", "))."
                log.add("There is no such key. \(hint)", at: entry.position, path)
            }
            if entries[entry.key] == nil { entries[entry.key] = entry }
        }
        (self.entries, broken) = (entries, false)
    }

    func has(_ key: String) -> Bool { entries[key] != nil }

    /// Whether the section under `key` has a key.
    func has(_ key: String, _ inner: String) -> Bool {
        guard case .mapping(let pairs) = entries[key]?.value.content else { return false }
        return pairs.contains { $0.key == inner }
    }

    /// The text of a scalar value, to decide how it is to be read.
    func peek(_ key: String) -> String? {
        if case .scalar(let text, _) = entries[key]?.value.content { text } else { nil }
    }

    /// The text of a scalar in the section under `key`.
    func peek(_ key: String, _ inner: String) -> String? {
        guard case .mapping(let pairs) = entries[key]?.value.content, let entry = pairs.first(where: { $0.key == inner }),
            case .scalar(let text, _) = entry.value.content
        else { return nil }
        return text
    }

    func isList(_ key: String) -> Bool {
        if case .list = entries[key]?.value.content { true } else { false }
    }

    func isMapping(_ key: String) -> Bool {
        if case .mapping = entries[key]?.value.content { true } else { false }
    }

    /// A mistake about a key of this section, or about its absence.
    func complain(_ message: String, _ key: String) {
        log.add(message, at: entries[key]?.position ?? position, Self.join(keyPath, key))
    }

    private static func join(_ path: String, _ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}

// MARK: - Values

extension Section {
    /// Nil where the key is absent or its value is wrong, which is logged.
    func optional<T>(_ key: String, _ parse: (ConfigurationNode) throws(Complaint) -> T) -> T? {
        guard let entry = entries[key] else { return nil }
        return read(entry.value, of: entry, Self.join(keyPath, key), nil, parse)
    }

    /// - Parameter advice: what to write, told where the key is absent.
    func required<T>(_ key: String, _ advice: String, _ parse: (ConfigurationNode) throws(Complaint) -> T) -> T? {
        guard has(key) else {
            miss(key, advice)
            return nil
        }
        return optional(key, parse)
    }

    /// Logs that a key is absent.
    func miss(_ key: String, _ advice: String) {
        log.form?.place(keyPath).miss(key)
        if !broken { complain("The key is missing. \(advice)", key) }
    }

    /// One or more values; an empty list is a mistake. Nil where the key is absent or anything in it is wrong.
    ///
    /// - Parameters:
    ///   - single: a value that stands alone counts as a list of one.
    ///   - mayBeEmpty: an empty list is no mistake.
    func list<T>(
        _ key: String, single: Bool = false, mayBeEmpty: Bool = false, _ parse: (ConfigurationNode) throws(Complaint) -> T
    ) -> [T]? {
        guard let entry = entries[key] else { return nil }
        let path = Self.join(keyPath, key)
        let form = log.form?.place(path).readList(single: single, mayBeEmpty: mayBeEmpty)
        if single, case .scalar = entry.value.content { return read(entry.value, of: entry, path, form, parse).map { [$0] } }
        if mayBeEmpty, case .list(let nodes) = entry.value.content, nodes.isEmpty { return [] }
        guard let nodes = nodes(key) else { return nil }
        let values = nodes.enumerated().map { read($0.element, of: entry, "\(path)[\($0.offset)]", form, parse) }
        return values.contains { $0 == nil } ? nil : values.compactMap(\.self)
    }

    /// The items of a list; an empty one is a mistake. Nil where the key is absent or its value is no list.
    func nodes(_ key: String) -> [ConfigurationNode]? {
        guard let entry = entries[key] else { return nil }
        let path = Self.join(keyPath, key)
        _ = log.form?.place(path).readList()
        guard case .list(let nodes) = entry.value.content else {
            log.add("A list is expected here, such as `[one, two]`, not \(entry.value.kind).\(dash(entry.value))", at: valuePosition(entry), path)
            return nil
        }
        guard !nodes.isEmpty else {
            log.add("The list is empty. Write at least one entry, or remove the key.", at: valuePosition(entry), path)
            return nil
        }
        return nodes
    }

    /// An item that begins with another dash than a hyphen is a key to YAML.
    private func dash(_ node: ConfigurationNode) -> String {
        guard case .mapping(let pairs) = node.content, let odd = pairs.first?.key.unicodeScalars.first.flatMap(OddCharacter.init),
            odd.kind == .dash
        else { return "" }
        return " Its first item begins with \(odd.name): write a plain hyphen (-)."
    }

    /// The values of a mapping whose keys are the user's own. Nil where the key is absent or anything in it is wrong.
    func dictionary<T>(
        _ key: String, example: String, _ parse: (String, ConfigurationNode) throws(Complaint) -> T
    ) -> [T]? {
        guard let entry = entries[key] else { return nil }
        let path = Self.join(keyPath, key)
        guard case .mapping(let pairs) = entry.value.content, !pairs.isEmpty else {
            let kind = isMapping(key) ? "nothing" : entry.value.kind
            log.add("Keys with values are expected here, such as `\(example)`, not \(kind).", at: valuePosition(entry), path)
            return nil
        }
        let form = log.form?.place(path).readDictionary()
        var lines: [String: Int] = [:]
        let values: [T?] = pairs.map { pair in
            let path = Self.join(path, pair.key.shortened)
            if let complaint = OddCharacter.complaint(aboutKey: pair.key) {
                log.add("No claim has such a name. \(complaint)", at: pair.position, path)
                return nil
            }
            if pair.key.isEmpty || pair.key.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }) {
                log.add("A name is expected before the colon, without control characters.", at: pair.position, path)
                return nil
            }
            if let first = lines[pair.key] {
                log.add("`\(pair.key.shortened)` is given already in line \(first). Keep one of the two.", at: pair.position, path)
                return nil
            }
            lines[pair.key] = pair.position.line
            return read(pair.value, of: pair, path, form) { node throws(Complaint) in try parse(pair.key, node) }
        }
        return values.contains { $0 == nil } ? nil : values.compactMap(\.self)
    }

    /// The items of a list, each of them a scalar or a section. Nil where the key is absent or anything in it is wrong.
    ///
    /// - Parameter scalar: reads one with its key path.
    func items<T>(
        _ key: String, known: [String], _ scalar: (ConfigurationNode, String) throws(Complaint) -> T, section: (Section) -> T?
    ) -> [T]? {
        guard let entry = entries[key], let nodes = nodes(key) else { return nil }
        let values: [T?] = nodes.enumerated().map { index, node in
            let path = "\(Self.join(keyPath, key))[\(index)]"
            if case .mapping = node.content { return section(Section(node, at: node.position, path, known: known, log)) }
            return read(node, of: entry, path) { node throws(Complaint) in try scalar(node, path) }
        }
        return values.contains { $0 == nil } ? nil : values.compactMap(\.self)
    }

    /// A section in this one; nil where the key is absent.
    func section(_ key: String, known: [String], later: [String: String] = [:]) -> Section? {
        entries[key].map { Section($0.value, at: $0.position, Self.join(keyPath, key), known: known, later: later, log) }
    }

    private func read<T>(
        _ node: ConfigurationNode, of entry: ConfigurationNode.Entry, _ path: String, _ form: Form? = nil,
        _ parse: (ConfigurationNode) throws(Complaint) -> T
    ) -> T? {
        if case .nothing = node.content {
            log.add("The key has no value. Write one, or remove the key.", at: entry.position, path)
            return nil
        }
        do throws(Complaint) {
            return try parse(log.form == nil ? node : node.noting(in: form ?? log.form?.place(path)))
        } catch {
            log.add(error.message, at: node.position, path)
            return nil
        }
    }

    /// The parser has no useful place for a value that is not there.
    private func valuePosition(_ entry: ConfigurationNode.Entry) -> SourcePosition {
        if case .nothing = entry.value.content { return entry.position }
        return entry.value.position
    }
}

// MARK: - Files

extension Section {
    /// A file that must be there and readable; its contents are for others to judge.
    func file(_ key: String, in folder: String, mayBeEmpty: Bool = false) -> LocatedPath? {
        optional(key) { node throws(Complaint) in try located(node, at: Self.join(keyPath, key), in: folder, mayBeEmpty: mayBeEmpty) }
    }

    /// One file, or a list of them.
    func files(_ key: String, in folder: String) -> [LocatedPath]? {
        list(key, single: true) { node throws(Complaint) in try located(node, at: Self.join(keyPath, key), in: folder) }
    }

    /// - Parameter place: its key path.
    func located(_ node: ConfigurationNode, at place: String, in folder: String, mayBeEmpty: Bool = false) throws(Complaint) -> LocatedPath {
        let text = try node.text()
        let path = text.hasPrefix("/") || folder.isEmpty ? text : "\(folder)/\(text)"
        // The samples of the schema name none that is there.
        if log.form == nil { try FileCheck.readable(path, mayBeEmpty: mayBeEmpty) }
        return LocatedPath(path: path, configurationFile: log.file, keyPath: place, position: node.position)
    }

    func requiredFile(_ key: String, _ advice: String, in folder: String) -> LocatedPath? {
        guard has(key) else {
            miss(key, advice)
            return nil
        }
        return file(key, in: folder)
    }
}

/// What is done about each field name, compiled once per configuration: the roles HTTP fixes, the names of `StripListNames`,
/// the names the configuration adds or keeps, and the fields that are ours to set, each with its family.
///
/// A lookup costs one hash of the folded name and, for names that are not in the table, one pass over the few prefixes that begin
/// like it, whatever a client sends.
package struct StripList: Sendable {
    /// The version of the built-in names.
    package static let version = StripListNames.version

    package enum Mistake: Error, Equatable, Sendable {
        /// No field name, or longer than 64 octets.
        case notAFieldName(String)
        /// A field that HTTP itself, or the judgement, needs: it can be neither our trusted field nor stripped.
        case reserved(String)
        /// More than `additionalNames`.
        case tooMany(Int)
    }

    /// How many names a configuration may add, and how many it may keep.
    package static let additionalNames = 512

    private struct Rule {
        var words: InlineArray<8, UInt64>
        var length: Int
        var role: FieldRole
    }

    /// What a name came to: its role, and which rule said so, for `identityFieldName`.
    struct Verdict {
        var role: FieldRole
        var rule: UInt16
        static let plain = Verdict(role: .plain, rule: .max)
    }

    private static let noRule = UInt16.max

    private var rules: [Rule] = []
    private var names: [String] = []
    /// Open addressing over `rules`, at most half full; the count is a power of two.
    private var slots: [UInt16]
    private var prefixes = FieldPrefixes()

    /// - Parameters:
    ///   - trustedHeader: the field we add ourselves; what passes for it is removed in both directions.
    ///   - dialects: further fields of the same kind.
    ///   - additional: more names to strip; a trailing `*` stands for any ending.
    ///   - set: further fields that we set: what passes for one, or for one of its family, is removed.
    ///   - kept: names of the built-in list, or of a family, that pass all the same; a trailing `*` stands for any ending. Never one of
    ///     those we set.
    ///   - managesInteractionID: `x-fapi-interaction-id` is read and written by us; else it is a field like any other.
    ///   - continuesTraces: likewise `traceparent`, and `tracestate` with it.
    package init(
        trustedHeader: String, dialects: [CertificateDialect] = [], additional: [String] = [], set: [String] = [], kept: [String] = [],
        managesInteractionID: Bool = false, continuesTraces: Bool = false
    ) throws(Mistake) {
        let certificateFields = [trustedHeader] + dialects.flatMap(\.fieldNames)
        for names in [additional, set, kept] where names.count > Self.additionalNames { throw .tooMany(names.count) }
        slots = [UInt16](repeating: Self.noRule, count: 8192)
        // The first role that a name is given is the one it keeps.
        if managesInteractionID { add(InteractionID.fieldName, .interactionID) }
        if continuesTraces {
            add(TraceContext.parentName, .traceParent)
            add(TraceContext.stateName, .traceState)
        }
        for (name, role) in FieldNames.roles { add(name, role) }
        for name in certificateFields { try addTrusted(name) }
        for name in set { try addIdentity(name) }
        let ours = rules.count
        // The first rule that fits wins: what the file keeps, what it and the built-in list strip, what names nobody, our families.
        var endings: [(name: String, role: FieldRole)] = []
        for name in kept { try keep(name, &endings) }
        for name in additional { try strip(name, &endings) }
        for name in StripListNames.all { addBuiltIn(name, &endings) }
        for name in OrdinaryNames.all { addOrdinary(name, &endings) }
        // RFC 9440's family is `Client-Cert-*`: not all that is the client's.
        for name in certificateFields + set where name != "Client-Cert" { addFamily(of: name, &endings) }
        index(endings)
        coverKnownNames(ours, additional)
    }

    /// The names compiled in, folded, those with any ending marked by `*`: for `check`.
    package var strippedNames: [String] {
        rules.indices.filter { [.identity, .trusted, .proofOfPossession].contains(rules[$0].role) }.map { names[$0] }.sorted()
    }

    /// The folded name behind a dropped field; never octets a client sent.
    func identityFieldName(_ rule: UInt16) -> String {
        guard Int(rule) < names.count, FieldRoles.identityFields.contains(rules[Int(rule)].role) else { return "misspelled" }
        return names[Int(rule)]
    }

    @inline(__always)
    func verdict(on name: FoldedName) -> Verdict {
        var slot = self.slot(name)
        while true {
            let rule = slots[slot]
            if rule == Self.noRule { break }
            if matches(Int(rule), name) { return Verdict(role: rules[Int(rule)].role, rule: rule) }
            slot = (slot + 1) & (slots.count - 1)
        }
        guard let rule = prefixes.rule(for: name) else { return .plain }
        return Verdict(role: rules[Int(rule)].role, rule: rule)
    }

    @inline(__always)
    private func slot(_ name: FoldedName) -> Int {
        Int(truncatingIfNeeded: name.hash &+ UInt64(truncatingIfNeeded: name.length)) & (slots.count - 1)
    }

    @inline(__always)
    private func matches(_ rule: Int, _ name: FoldedName) -> Bool {
        guard rules[rule].length == name.length else { return false }
        var index = 0
        while index * 8 < name.length {
            guard index < 8, rules[rule].words[index] == name.word(index) else { return false }
            index += 1
        }
        return true
    }
}

// MARK: - Compiling

extension StripList {
    private static func isFieldName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= FoldedName.capacity && name.utf8.allSatisfy(Octet.isToken)
    }

    private func rule(for name: String) -> Int? {
        let folded = FoldedName(name)
        return rules.indices.first { matches($0, folded) }
    }

    private mutating func add(_ name: String, _ role: FieldRole) {
        let folded = FoldedName(name)
        guard !rules.indices.contains(where: { matches($0, folded) }) else { return }
        var slot = self.slot(folded)
        while slots[slot] != Self.noRule { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = UInt16(rules.count)
        append(folded, role, name)
    }

    private mutating func append(_ folded: FoldedName, _ role: FieldRole, _ name: String) {
        rules.append(Rule(words: folded.words, length: folded.length, role: role))
        names.append(Self.folded(name))
    }

    private static func folded(_ name: String) -> String {
        let octets = name.utf8.map { octet in
            if Octet.isAlphanumeric(octet) { return octet | 0x20 }
            return octet == Octet.asterisk ? octet : Octet.dash
        }
        return String(decoding: octets, as: UTF8.self)
    }

    private mutating func addTrusted(_ name: String) throws(Mistake) {
        guard Self.isFieldName(name) else { throw .notAFieldName(name) }
        guard let rule = rule(for: name) else { return add(name, .trusted) }
        guard rules[rule].role == .trusted else { throw .reserved(name) }
    }

    private mutating func addIdentity(_ name: String) throws(Mistake) {
        guard Self.isFieldName(name) else { throw .notAFieldName(name) }
        guard let rule = rule(for: name) else { return add(name, .identity) }
        switch rules[rule].role {
        case .plain, .cookie, .identity, .vary: rules[rule].role = .identity
        case .trusted, .proofOfPossession, .hopByHop, .connection, .upgrade, .expect: break  // never forwarded anyway
        default: throw .reserved(name)
        }
    }

    private mutating func strip(_ name: String, _ endings: inout [(name: String, role: FieldRole)]) throws(Mistake) {
        guard name.last == "*" else { return try addIdentity(name) }
        let stem = String(name.dropLast())
        guard Self.isFieldName(stem) else { throw .notAFieldName(name) }
        endings.append((stem, .identity))
    }

    /// Before anything else names it; what we set stays what it is.
    private mutating func keep(_ name: String, _ endings: inout [(name: String, role: FieldRole)]) throws(Mistake) {
        let stem = name.last == "*" ? String(name.dropLast()) : name
        guard Self.isFieldName(stem) else { throw .notAFieldName(name) }
        if name.last == "*" { return endings.append((stem, .plain)) }
        guard let rule = rule(for: name) else { return add(name, .plain) }
        switch rules[rule].role {
        case .identity, .trusted, .proofOfPossession, .hopByHop, .connection, .upgrade: throw .reserved(name)
        default: break  // Never stripped.
        }
    }

    private mutating func addBuiltIn(_ name: String, _ endings: inout [(name: String, role: FieldRole)]) {
        if name.last == "*" { return endings.append((String(name.dropLast()), .identity)) }
        // A name of its own would hide what an ending keeps.
        if !endings.contains(where: { $0.role == .plain && Self.folded(name).hasPrefix(Self.folded($0.name)) }) { add(name, .identity) }
    }

    private mutating func addOrdinary(_ name: String, _ endings: inout [(name: String, role: FieldRole)]) {
        if name.last == "*" { return endings.append((String(name.dropLast()), .plain)) }
        // A name of its own would hide the ending that strips it.
        if !endings.contains(where: { $0.role == .identity && Self.folded(name).hasPrefix(Self.folded($0.name)) }) { add(name, .plain) }
    }

    /// `X-Remote-User` beside `X-Remote-Group`: who believes the one believes the other. A name of one word, or of `X-` and one word, is the
    /// beginning of its family itself.
    private mutating func addFamily(of name: String, _ endings: inout [(name: String, role: FieldRole)]) {
        let words = Self.folded(name).split(separator: "-")
        let isBeginning = words.count <= (words.first == "x" ? 2 : 1)
        let family = (isBeginning ? words : words.dropLast()).joined(separator: "-")
        guard !family.isEmpty else { return }
        addBuiltIn(family, &endings)
        if family.utf8.count < FoldedName.capacity { endings.append((family + "-", .identity)) }
    }

    private mutating func index(_ endings: [(name: String, role: FieldRole)]) {
        prefixes = FieldPrefixes(
            endings.map { ending in
                append(FoldedName(ending.name), ending.role, ending.name + "*")
                // An ending is no exact name: nothing may find its rule through the slots or by its length.
                rules[rules.count - 1].length = 0
                return (FoldedName(ending.name), UInt16(rules.count - 1))
            })
    }

    /// A configured ending such as `accept*` also covers names that the table knows as harmless.
    private mutating func coverKnownNames(_ ours: Int, _ additional: [String]) {
        let stems = additional.filter { $0.last == "*" }.map { Self.folded(String($0.dropLast())) }
        for rule in 0..<ours where [.plain, .cookie, .vary].contains(rules[rule].role) {
            if stems.contains(where: names[rule].hasPrefix) { rules[rule].role = .identity }
        }
    }
}

/// What is done about each field name, compiled once a configuration: the roles HTTP fixes, the names of `StripListNames`,
/// the names the configuration adds, and our own trusted field.
///
/// A lookup costs one hash of the folded name and, for names that are not in the table, one pass over the prefixes that begin
/// with the same octet, whatever a client sends.
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

    /// How many names a configuration may add.
    package static let additionalNames = 512

    private struct Rule {
        var words: InlineArray<8, UInt64>
        var length: Int
        var role: FieldRole
    }

    private struct Prefix {
        var words: InlineArray<8, UInt64>
        var length: Int
        var rule: UInt16

        @inline(__always)
        func matches(_ name: FoldedName) -> Bool {
            guard name.length >= length else { return false }
            var index = 0
            while (index + 1) * 8 <= length {
                guard name.word(index) == words[index] else { return false }
                index += 1
            }
            return index == 8 || (name.word(index) ^ words[index]) & OctetWord.mask(length - index * 8) == 0
        }
    }

    /// What a name came to: its role, and which rule said so, for `claimedName`.
    struct Verdict {
        var role: FieldRole
        var rule: UInt16
        static let plain = Verdict(role: .plain, rule: .max)
    }

    private static let noRule = UInt16.max

    private var rules: [Rule] = []
    private var names: [String] = []
    /// Open addressing over `rules`, at most a quarter full; the count is a power of two.
    private var slots: [UInt16]
    /// Prefixes, together where the low five bits of their first octet agree.
    private var prefixes: [Prefix] = []
    private var prefixStarts = [UInt16](repeating: 0, count: 33)

    /// - Parameters:
    ///   - trustedHeader: the field we add ourselves; what claims to be it is removed in both directions.
    ///   - additional: more names to strip; a trailing `*` stands for any ending.
    ///   - managesInteractionID: `x-fapi-interaction-id` is read and written by us; else it is a field like any other.
    package init(trustedHeader: String, additional: [String] = [], managesInteractionID: Bool = false) throws(Mistake) {
        guard additional.count <= Self.additionalNames else { throw .tooMany(additional.count) }
        slots = [UInt16](repeating: Self.noRule, count: 4096)
        // The first role that a name is given is the one it keeps.
        if managesInteractionID { add(InteractionID.fieldName, .interactionID) }
        for (name, role) in FieldNames.roles { add(name, role) }
        let known = rules.count
        var endings: [(name: String, role: FieldRole)] = []
        for name in StripListNames.certificate + StripListNames.identity + StripListNames.routing {
            if name.last == "*" { endings.append((String(name.dropLast()), .claim)) } else { add(name, .claim) }
        }
        try addTrusted(trustedHeader)
        for name in additional {
            let stem = name.last == "*" ? String(name.dropLast()) : name
            guard Self.isFieldName(stem) else { throw .notAFieldName(name) }
            if name.last == "*" { endings.append((stem, .claim)) } else { try addClaim(name) }
        }
        index(endings)
        coverKnownNames(known)
    }

    /// The names compiled in, folded, those with any ending marked by `*`: for `check`.
    package var strippedNames: [String] {
        rules.indices.filter { [.claim, .trusted, .proofOfPossession].contains(rules[$0].role) }.map { names[$0] }.sorted()
    }

    /// The folded name behind a dropped field; never octets a client sent.
    func claimedName(_ rule: UInt16) -> String {
        guard Int(rule) < names.count, FieldRoles.claims.contains(rules[Int(rule)].role) else { return "misspelled" }
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
        return verdictOnEnding(name)
    }

    private func verdictOnEnding(_ name: FoldedName) -> Verdict {
        let bucket = Int(name.word(0) & 31)
        var index = Int(prefixStarts[bucket])
        let end = Int(prefixStarts[bucket + 1])
        while index < end {
            if prefixes[index].matches(name) {
                let rule = prefixes[index].rule
                return Verdict(role: rules[Int(rule)].role, rule: rule)
            }
            index += 1
        }
        return .plain
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
        switch rules[rule].role {
        case .claim, .trusted: rules[rule].role = .trusted
        default: throw .reserved(name)
        }
    }

    private mutating func addClaim(_ name: String) throws(Mistake) {
        guard let rule = rule(for: name) else { return add(name, .claim) }
        switch rules[rule].role {
        case .plain, .cookie, .claim, .vary: rules[rule].role = .claim
        case .trusted, .proofOfPossession, .hopByHop, .connection, .upgrade, .expect: break  // never forwarded anyway
        default: throw .reserved(name)
        }
    }

    private mutating func index(_ endings: [(name: String, role: FieldRole)]) {
        let bucketed = endings.map { (FoldedName($0.name), $0) }.sorted { $0.0.word(0) & 31 < $1.0.word(0) & 31 }
        for (folded, ending) in bucketed {
            prefixes.append(Prefix(words: folded.words, length: folded.length, rule: UInt16(rules.count)))
            append(folded, ending.role, ending.name + "*")
            // An ending is no exact name: nothing may find its rule through the slots or by its length.
            rules[rules.count - 1].length = 0
        }
        for bucket in 0..<32 {
            prefixStarts[bucket + 1] = UInt16(prefixes.filter { Int($0.words[0] & 31) <= bucket }.count)
        }
    }

    /// A configured ending such as `accept*` also covers names that the table knows as harmless.
    private mutating func coverKnownNames(_ known: Int) {
        for rule in 0..<known where [.plain, .cookie, .vary].contains(rules[rule].role) {
            let verdict = verdictOnEnding(FoldedName(names[rule]))
            if verdict.role == .claim { rules[rule].role = .claim }
        }
    }
}

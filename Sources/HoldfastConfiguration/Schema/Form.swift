/// What the reader was seen to do at one place of the file: the keys that it knows there, the kinds of values that it takes.
///
/// The schema is made of these and of nothing else: where the reader learns a key or a bound, the schema has it. See ``ConfigurationSchema``.
final class Form {
    enum Kind: Hashable {
        case text, boolean
        case word(String)
        case duration(ClosedRange<Duration>)
        /// Octets.
        case size(ClosedRange<Int>)
        case integer(ClosedRange<Int>)
    }

    private(set) var kinds: Set<Kind> = []
    /// In the reader's order; empty where no section was read here.
    private(set) var known: [String] = []
    private(set) var members: [String: Form] = [:]
    /// Of a list.
    private(set) var item: Form?
    /// A value that stands alone counts as a list of one.
    private(set) var isSingle = false
    private(set) var mayBeEmpty = false
    /// Of a mapping whose keys are the user's own.
    private(set) var own: Form?
    /// How often a key was not there, and how often it was missed then.
    private var absences: [String: (all: Int, missed: Int)] = [:]

    // MARK: What the reader does

    func note(_ kind: Kind) { kinds.insert(kind) }

    func readSection(known: [String], present: some Sequence<String>) {
        self.known += known.filter { !self.known.contains($0) }
        let present = Set(present)
        for key in known where !present.contains(key) { absences[key, default: (0, 0)].all += 1 }
    }

    func miss(_ key: String) { absences[key, default: (0, 0)].missed += 1 }

    func readList(single: Bool = false, mayBeEmpty: Bool = false) -> Form {
        isSingle = isSingle || single
        self.mayBeEmpty = self.mayBeEmpty || mayBeEmpty
        let item = item ?? Form()
        self.item = item
        return item
    }

    func readDictionary() -> Form {
        let own = own ?? Form()
        self.own = own
        return own
    }

    func member(_ key: String) -> Form {
        let member = members[key] ?? Form()
        members[key] = member
        return member
    }

    // MARK: What came of it

    /// Missed each time that it was not there.
    var required: [String] { known.filter { absences[$0].map { $0.all > 0 && $0.all == $0.missed } ?? false } }

    /// Whether nothing was seen here at all: the samples leave it out.
    var isBlank: Bool { kinds.isEmpty && known.isEmpty && members.isEmpty && item == nil && own == nil }

    /// Places of which the samples show nothing.
    func holes(at path: String) -> [String] {
        let inner = (known.isEmpty ? Array(members.keys) : known).sorted().flatMap { member($0).holes(at: path.isEmpty ? $0 : "\(path).\($0)") }
        return (isBlank ? [path] : []) + inner + (item?.holes(at: path + "[]") ?? []) + (own?.holes(at: path + ".*") ?? [])
    }

    /// - Parameter path: such as `tokens[0].issuer`, as mistakes have it.
    func place(_ path: String) -> Form {
        var form = self
        for part in path.split(separator: ".") {
            let name = part.prefix { $0 != "[" }
            if let own = form.own { form = own } else if !name.isEmpty { form = form.member(String(name)) }
            if name.endIndex != part.endIndex { form = form.readList() }
        }
        return form
    }
}

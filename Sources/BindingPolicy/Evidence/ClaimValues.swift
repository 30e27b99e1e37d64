/// The name of a claim, compared octet by octet: to Swift's own comparison of strings, two spellings of one accented letter are equal.
package struct ClaimName: Hashable, Sendable, ExpressibleByStringLiteral {
    package let text: String

    package init(_ text: String) { self.text = text }

    /// RFC 7519 section 4.1.7.
    package static let tokenID = ClaimName("jti")

    package init(stringLiteral text: String) { self.text = text }

    package static func == (left: ClaimName, right: ClaimName) -> Bool {
        left.text.utf8.count == right.text.utf8.count && left.text.utf8.elementsEqual(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for octet in text.utf8 { hasher.combine(octet) }
    }
}

/// The claims of a token that the configuration has a use for, by name. There are few, so a list is searched: it is smaller than a
/// dictionary, and caches hold many.
package struct ClaimValues: Equatable, Sendable, ExpressibleByDictionaryLiteral {
    private struct Entry: Sendable {
        let name: ClaimName
        var value: ClaimValue
    }

    private var entries: [Entry] = []

    package init() {}

    /// In whatever order.
    package static func == (left: ClaimValues, right: ClaimValues) -> Bool {
        left.entries.count == right.entries.count && left.entries.allSatisfy { right[$0.name] == $0.value }
    }

    package init(dictionaryLiteral elements: (ClaimName, ClaimValue?)...) {
        for (name, value) in elements { self[name] = value }
    }

    /// About how many octets it takes; names are the configuration's own.
    var footprint: Int { entries.reduce(0) { $0 + MemoryLayout<Entry>.stride + $1.value.footprint } }

    package var names: [ClaimName] { entries.map(\.name) }

    /// Nil where the token lacks the claim, or has it as null.
    package subscript(name: ClaimName) -> ClaimValue? {
        get { entries.first { $0.name == name }?.value }
        set {
            let place = entries.firstIndex { $0.name == name }
            switch (place, newValue) {
            case (let place?, let value?): entries[place].value = value
            case (let place?, nil): entries.remove(at: place)
            case (nil, let value?): entries.append(Entry(name: name, value: value))
            case (nil, nil): break
            }
        }
    }
}

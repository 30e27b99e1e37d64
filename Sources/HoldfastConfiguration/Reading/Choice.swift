/// A word out of a closed list.
func choice<T: RawRepresentable & CaseIterable>(
    _ type: T.Type, refused: [String: String] = [:]
) -> (ConfigurationNode) throws(Complaint) -> T where T.RawValue == String {
    { node throws(Complaint) in
        for word in T.allCases { node.form?.note(.word(word.rawValue)) }
        let text = try node.noted().text()
        if let value = T(rawValue: text) { return value }
        if let sentence = refused[text] { throw Complaint(sentence) }
        let known = T.allCases.map(\.rawValue)
        let hint = Suggestion.nearest(to: text, among: known).map { " Did you mean `\($0)`?" } ?? ""
        throw Complaint("`\(text.shortened)` is not one of \(known.map { "`\($0)`" }.joined(separator: ", ")).\(hint)")
    }
}

extension Section {
    /// A list of words of a kind, each once.
    func words<T: RawRepresentable & CaseIterable & Hashable>(_ key: String, _ type: T.Type) -> [T]? where T.RawValue == String {
        var seen: Set<T> = []
        return list(key) { node throws(Complaint) in
            let word = try choice(type)(node)
            guard seen.insert(word).inserted else { throw Complaint("`\(word.rawValue)` stands here twice. Remove one.") }
            return word
        }
    }
}

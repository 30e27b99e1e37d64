/// A word out of a closed list.
func choice<T: RawRepresentable & CaseIterable>(
    _ type: T.Type, refused: [String: String] = [:]
) -> (ConfigurationNode) throws(Complaint) -> T where T.RawValue == String {
    { node throws(Complaint) in
        let text = try node.text()
        if let value = T(rawValue: text) { return value }
        if let sentence = refused[text] { throw Complaint(sentence) }
        let known = T.allCases.map(\.rawValue)
        let hint = Suggestion.nearest(to: text, among: known).map { " Did you mean `\($0)`?" } ?? ""
        throw Complaint("`\(text.shortened)` is not one of \(known.map { "`\($0)`" }.joined(separator: ", ")).\(hint)")
    }
}

/// A claim of a token that the configuration has a use for: a route compares it, or it is forwarded.
///
/// Claims of no use are not kept. `null` counts as absent.
package enum ClaimValue: Equatable, Sendable {
    case string(String)
    /// As it is written in the token.
    case number(String)
    case boolean(Bool)
    /// An array of strings only.
    case strings([String])
    /// Any other array, or an object: its JSON text.
    case json(String)

    /// Whether it says nothing: an empty text, list or object.
    package var isEmpty: Bool {
        switch self {
        case .string(let text): text.isEmpty
        case .strings(let texts): texts.isEmpty
        case .json(let text): text.utf8.allSatisfy { "{} \t\r\n".utf8.contains($0) }
        case .number, .boolean: false
        }
    }

    /// Whether one of `accepted` is this value, or one of its values where it is a list. Octet by octet.
    func matches(_ accepted: [String]) -> Bool {
        switch self {
        case .string(let text), .number(let text): text.isSpelled(in: accepted)
        case .boolean(let flag): (flag ? "true" : "false").isSpelled(in: accepted)
        case .strings(let texts): texts.contains { $0.isSpelled(in: accepted) }
        case .json: false
        }
    }
}

extension ClaimValue {
    /// Whether one of `accepted` is this value, or one of the words of a text whose words stand between spaces.
    func matches(wordOf accepted: [String]) -> Bool {
        if matches(accepted) { return true }
        guard case .string(let text) = self else { return false }
        return text.utf8.split(separator: 0x20).contains { word in accepted.contains { $0.utf8.elementsEqual(word) } }
    }
}

extension String {
    /// Octet by octet: to Swift's own comparison of strings, two spellings of one accented letter are equal (RFC 8725 section
    /// 3.9, RFC 8414 section 4).
    func isSpelled(in texts: [String]) -> Bool { texts.contains { $0.utf8.elementsEqual(utf8) } }
}

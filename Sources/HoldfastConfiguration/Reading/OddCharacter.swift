/// A character that looks like another or like nothing at all, and comes into a file by copying from a page or a word processor. YAML takes
/// it for a letter like any other, so it ends up in keys and values, where nobody sees it.
struct OddCharacter: Equatable {
    enum Kind { case quote, invisible, space, dash }

    let scalar: Unicode.Scalar
    let kind: Kind

    init?(_ scalar: Unicode.Scalar) {
        guard let kind = Self.kind(of: scalar) else { return nil }
        self.scalar = scalar
        self.kind = kind
    }

    private static func kind(of scalar: Unicode.Scalar) -> Kind? {
        if scalar.isASCII { return nil }
        switch scalar.properties.generalCategory {
        case .format: return .invisible
        case .spaceSeparator, .lineSeparator, .paragraphSeparator: return .space
        case .initialPunctuation, .finalPunctuation: return .quote
        case .dashPunctuation: return .dash
        // Quotes that open below, and those as wide as an ideograph.
        default: return ["\u{201a}", "\u{201e}", "\u{ff02}", "\u{ff07}"].contains(scalar) ? .quote : nil
        }
    }

    /// `U+201C (left double quotation mark)`.
    var name: String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        let code = "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        return scalar.properties.name.map { "\(code) (\($0.lowercased()))" } ?? code
    }
}

extension OddCharacter {
    /// What is odd about a value, as a sentence and what to do; nil where nothing is. Quotes, spaces and dashes are letters like others inside of
    /// a text, and a slip at its ends.
    static func complaint(about text: String) -> String? {
        if let hidden = text.unicodeScalars.lazy.compactMap(OddCharacter.init).first(where: { $0.kind == .invisible }) {
            return "The value holds a character that cannot be seen, \(hidden.name). Remove it."
        }
        for end in [text.unicodeScalars.first, text.unicodeScalars.last] {
            guard let odd = end.flatMap(OddCharacter.init) else { continue }
            switch odd.kind {
            case .quote:
                return "`\(text.shortened)` stands in quotes that YAML takes for a part of the value, \(odd.name). Write plain ones (\"), or none."
            case .space: return "The value begins or ends with a space that YAML takes for a part of it, \(odd.name). Remove it."
            case .invisible, .dash: continue
            }
        }
        return nil
    }

    /// What is odd about a key, likewise.
    static func complaint(aboutKey key: String) -> String? {
        key.unicodeScalars.lazy.compactMap(OddCharacter.init).first.map { "It holds \($0.name). \($0.advice)" }
    }

    /// What may have made a line unreadable as YAML, likewise.
    static func suspicion(inLine line: String) -> String? {
        if line.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") { return "The line is indented with a tab: write spaces." }
        return line.unicodeScalars.lazy.compactMap(OddCharacter.init).first.map { "The line holds \($0.name). \($0.advice)" }
    }

    private var advice: String {
        switch kind {
        case .quote: "Write plain quotes (\"), or none."
        case .invisible: "It cannot be seen: remove it."
        case .space: "YAML takes it for a letter and not for a space: write a plain one."
        case .dash: "Write a plain hyphen (-)."
        }
    }
}

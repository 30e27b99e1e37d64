internal import Yams

/// The text of the file, into which marks may be set without losing the places of the original.
struct SourceText {
    private(set) var string: String
    /// What was inserted: the line, the column in the text as it is now, and how many scalars.
    private var insertions: [(line: Int, column: Int, width: Int)] = []

    init(_ string: String) { self.string = string }

    /// Inserts before the scalar at a place that the parser named; false where there is no such place.
    mutating func insert(_ mark: String, line: Int, column: Int) -> Bool {
        guard let index = index(line: line, column: column) else { return false }
        string.unicodeScalars.insert(contentsOf: mark.unicodeScalars, at: index)
        let width = mark.unicodeScalars.count
        for position in insertions.indices where insertions[position].line == line && insertions[position].column >= column {
            insertions[position].column += width
        }
        insertions.append((line, column, width))
        return true
    }

    /// A line of the text, counted from 1; empty where there is none.
    func line(_ number: Int) -> String {
        guard number > 0, let start = index(line: number, column: 1) else { return "" }
        let scalars = string.unicodeScalars
        return String(scalars[start...].prefix { !["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains($0) })
    }

    /// The place in the original text.
    func position(_ mark: Mark?) -> SourcePosition {
        guard let mark else { return SourcePosition(line: 1, column: 1) }
        let shift = insertions.lazy.filter { $0.line == mark.line && $0.column < mark.column }.map(\.width).reduce(0, +)
        return SourcePosition(line: mark.line, column: max(1, mark.column - shift))
    }

    /// The place of the `offset`th character; libYAML names no line where it cannot decode the text.
    func position(ofCharacter offset: Int) -> SourcePosition? {
        guard let end = string.index(string.startIndex, offsetBy: offset, limitedBy: string.endIndex) else { return nil }
        let lines = string[..<end].unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false)
        return SourcePosition(line: lines.count, column: (lines.last?.count ?? 0) + 1)
    }

    /// Lines end where libYAML ends them: CR LF, CR, LF, NEL, LS and PS.
    private func index(line: Int, column: Int) -> String.Index? {
        let scalars = string.unicodeScalars
        var index = scalars.startIndex
        var current = 1
        while current < line {
            guard index < scalars.endIndex else { return nil }
            let scalar = scalars[index]
            index = scalars.index(after: index)
            switch scalar {
            case "\r" where index < scalars.endIndex && scalars[index] == "\n": continue
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": current += 1
            default: continue
            }
        }
        return scalars.index(index, offsetBy: column - 1, limitedBy: scalars.endIndex)
    }
}

/// The known name nearest to a mistyped one.
enum Suggestion {
    /// Nil when none is near: more than a third of the letters (and more than one) would have to change.
    static func nearest(to name: String, among known: some Sequence<String>) -> String? {
        let folded = fold(name)
        return known.map { (name: $0, distance: distance(folded, fold($0))) }
            .filter { $0.distance <= max(1, max(folded.count, $0.name.count) / 3) }
            .min { ($0.distance, $0.name) < ($1.distance, $1.name) }?.name
    }

    /// `maxConnections` and `max-connections` are `max_connections` to anybody but a program.
    private static func fold(_ name: String) -> [Character] {
        name.prefix(64).flatMap { character -> [Character] in
            if character == "-" { return ["_"] }
            return character.isUppercase ? ["_"] + character.lowercased() : [character]
        }
    }

    /// Insertions, deletions, replacements and swaps of neighbours, each counted as one (optimal string alignment).
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var before: [Int] = []
        var last = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var best = min(row[j] + 1, last[j + 1] + 1, last[j] + (left[i] == right[j] ? 0 : 1))
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            (before, last) = (last, row)
        }
        return last[right.count]
    }
}

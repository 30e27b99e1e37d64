/// All verdicts of a run, for people and for scripts.
package struct ProbeReport: Sendable {
    package let target: String
    package private(set) var findings: [Finding] = []
    package let untried: [String]

    package init(target: String, untried: [String]) { (self.target, self.untried) = (target, untried) }

    package mutating func add(_ finding: Finding) { findings.append(finding) }

    /// Where a path is not protected at all, other spellings of it say nothing.
    package func isWorthTrying(_ attempt: ProbeCase) -> Bool {
        attempt.group != .paths || !findings.contains { $0.id == "path_plain" && $0.verdict != .refused }
    }

    package func count(_ verdict: Verdict) -> Int { findings.count { $0.verdict == verdict } }

    /// A heading for each group, a line for each case, and the summary.
    package var lines: [String] {
        let width = min(70, findings.map(\.title.count).max() ?? 0)
        var lines: [String] = []
        for group in ProbeCase.Group.allCases {
            let members = findings.filter { $0.group == group }
            if members.isEmpty { continue }
            lines += ["", group.heading]
            lines += members.map { "  \(Self.padded($0.verdict.words, 22))\(Self.padded($0.title, width))  \(Self.printable($0.detail))" }
        }
        if !untried.isEmpty { lines += ["", "Not tried"] + untried.map { "  \($0)" } }
        return lines + ["", summary]
    }

    package var summary: String {
        let found = count(.finding)
        let verdict = found == 0 ? "Nothing passes that must not" : found == 1 ? "1 thing PASSES that must not" : "\(found) things PASS that must not"
        return
            "\(verdict): \(findings.count) tried at \(target), \(count(.passed)) passed and \(count(.refused)) refused as they may, \(count(.unclear)) unclear."
    }

    private static func padded(_ text: String, _ width: Int) -> String { text + String(repeating: " ", count: max(0, width - text.count)) }

    /// Without a character that a terminal would act on: alerts and statuses are the peer's.
    private static func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) ? "?" : $0 }))
    }
}

extension Verdict {
    fileprivate var words: String {
        switch self {
        case .passed: "passed, as it may"
        case .refused: "refused, as it may"
        case .finding: "PASSES, and must not"
        case .unclear: "cannot tell"
        }
    }
}

extension ProbeCase.Group {
    fileprivate var heading: String {
        switch self {
        case .baseline: "The good request"
        case .certificates: "Certificates"
        case .sessions: "Sessions resumed without a certificate"
        case .tokens: "Tokens"
        case .places: "Tokens in other places"
        case .fields: "Forged fields"
        case .messages: "Messages that can be read in two ways"
        case .paths: "Paths"
        }
    }
}

// MARK: - JSON

extension ProbeReport: Encodable {
    private enum Key: String, CodingKey { case target, tried, findings, passed, refused, unclear, cases, untried }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(target, forKey: .target)
        try container.encode(findings.count, forKey: .tried)
        try container.encode(count(.finding), forKey: .findings)
        try container.encode(count(.passed), forKey: .passed)
        try container.encode(count(.refused), forKey: .refused)
        try container.encode(count(.unclear), forKey: .unclear)
        try container.encode(findings, forKey: .cases)
        try container.encode(untried, forKey: .untried)
    }
}

extension Finding: Encodable {
    private enum Key: String, CodingKey { case id, group, title, verdict, detail }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(group.rawValue, forKey: .group)
        try container.encode(title, forKey: .title)
        try container.encode(verdict, forKey: .verdict)
        try container.encode(detail, forKey: .detail)
    }
}

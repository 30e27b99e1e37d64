/// Cases and what came of them → verdicts.
///
/// Where the API shows what reached it (`echo`), its showing counts: what it did not see has not passed. Elsewhere the status is all there is.
package struct ProbeJudge: Sendable {
    /// What the good request was answered with.
    private let good: Answer
    private let echoes: Bool
    /// How the client's own certificate may be told to the API, lower case.
    private let identities: [String]

    /// Nil where the good request did not pass: then the rest says nothing.
    ///
    /// - Parameter thumbprints: of the client's own certificate, in base64url and in hexadecimal.
    package init?(good observation: Observation, echoes: Bool, thumbprints: [String]) {
        guard case .answered(let answers, _) = observation, let good = answers.first, (200..<400).contains(good.status) else { return nil }
        self.good = good
        self.echoes = echoes
        identities = thumbprints.map { $0.lowercased() }.filter(good.body.lowercased().contains)
    }

    package func judge(_ attempt: ProbeCase, _ observation: Observation) -> Finding {
        let (verdict, detail) = verdict(attempt.expectation, observation)
        return Finding(id: attempt.id, group: attempt.group, title: attempt.title, verdict: verdict, detail: detail)
    }

    private func verdict(_ expectation: Expectation, _ observation: Observation) -> (Verdict, String) {
        switch observation {
        case .failed(let why): return (.unclear, why)
        case .refusedByTLS(let why): return (.refused, "TLS: \(why)")
        case .closed: return (.refused, "closed without an answer")
        case .silent: return (.unclear, "no answer in time")
        case .answered(let answers, let isResumed):
            guard let answer = answers.first else { return (.unclear, "no answer that can be read") }
            return verdict(expectation, answer, answers, isResumed)
        }
    }

    private func verdict(_ expectation: Expectation, _ answer: Answer, _ answers: [Answer], _ isResumed: Bool) -> (Verdict, String) {
        let session = isResumed ? ", resumed" : ""
        let shown = answer.status == 0 ? "an answer without a status" : "\(answer.status)\(session)"
        if answer.status == 0, case .hidden(let fields) = expectation {
            return fields.contains { answer.body.contains($0.mark) } ? leaks(fields, answer, shown) : (.refused, shown)
        }
        let standing = standing(of: answer)
        if case .oneRequest(let hidden) = expectation { return framing(hidden, answers, standing, shown) }
        guard standing == .passed else { return (standing == .refused ? .refused : .unclear, shown) }
        switch expectation {
        case .passes, .oneRequest: return (.passed, shown)
        case .refused: return (.finding, shown)
        case .refusedIfResumed: return isResumed ? (.finding, shown) : (.passed, "\(shown), by a handshake of its own")
        case .hidden(let fields): return leaks(fields, answer, shown)
        case .sameIdentity:
            guard echoes, !identities.isEmpty else { return (.unclear, "\(shown); the API's answer does not show whom it saw") }
            return identities.contains(where: answer.body.lowercased().contains)
                ? (.passed, "\(shown), as the same client") : (.finding, "\(shown), and the API was not told of the certificate")
        }
    }

    private enum Standing { case passed, refused, unclear }

    private func standing(of answer: Answer) -> Standing {
        if (200..<300).contains(answer.status) || answer.status == good.status { return .passed }
        // It speaks of the request, and is no word of the API's about what it looked for.
        if (400..<500).contains(answer.status), ![404, 408, 425].contains(answer.status) { return .refused }
        return [501, 505].contains(answer.status) ? .refused : .unclear
    }

    private func leaks(_ fields: [ForgedField], _ answer: Answer, _ shown: String) -> (Verdict, String) {
        guard echoes else { return (.unclear, "\(shown); the API's answer does not show what it got (--echo)") }
        let seen = fields.filter { answer.body.contains($0.mark) }
        guard !seen.isEmpty else { return (.passed, "\(shown), without what was forged") }
        return (.finding, "\(shown), and the API saw \(seen.count == 1 && fields.count == 1 ? "it" : Self.listed(seen.map(\.name)))")
    }

    private static func listed(_ names: [String]) -> String {
        names.prefix(5).joined(separator: ", ") + (names.count > 5 ? " and \(names.count - 5) more" : "")
    }

    private func framing(_ hidden: String, _ answers: [Answer], _ standing: Standing, _ shown: String) -> (Verdict, String) {
        if answers.contains(where: { $0.body.contains(hidden) && Self.targets(hidden, in: $0) }) {
            return (.finding, "\(shown), and the API was asked what was hidden in the body")
        }
        if answers.count > 1 { return (.finding, "\(answers.map { String($0.status) }.joined(separator: ", then ")): read as two requests") }
        if standing != .passed { return (standing == .refused ? .refused : .unclear, shown) }
        guard echoes, let answer = answers.first else { return (.unclear, "\(shown); how it was read is not seen (--echo)") }
        let body = answer.body.lowercased()
        if body.contains("content-length"), body.contains("transfer-encoding") || body.contains("transfer_encoding") {
            return (.finding, "\(shown), and the API was told both lengths")
        }
        return (.passed, "\(shown), as one request")
    }

    /// Whether the hidden request's line is what was asked, not a part of the body that is shown.
    private static func targets(_ hidden: String, in answer: Answer) -> Bool {
        answer.body.contains("\"target\":\"\(hidden)\"") || answer.body.contains("\"path\":\"\(hidden)\"")
            || answer.body.contains("\"url\":\"\(hidden)\"")
    }
}

import Foundation
import Testing

@testable import Probe

@Suite struct JudgeTests {
    private func judge(echoes: Bool = true) throws -> ProbeJudge {
        try #require(ProbeJudge(good: answered(200, "X-Client-Cert-SHA256: OWN"), echoes: echoes, thumbprints: ["OWN", "hex"]))
    }

    private func attempt(_ expectation: Probe.Expectation) -> ProbeCase {
        ProbeCase("id", .tokens, "title", .own, RawRequest(target: "/", lines: []), expectation)
    }

    @Test(arguments: [answered(401), answered(500), .closed, .silent, .refusedByTLS("x"), .failed("x"), .answered([], isResumed: false)])
    func withoutAGoodAnswerThereIsNoJudge(observation: Observation) {
        #expect(ProbeJudge(good: observation, echoes: true, thumbprints: []) == nil)
    }

    @Test(arguments: [
        (answered(200), Verdict.finding), (answered(204), .finding), (answered(401), .refused), (answered(400), .refused), (answered(421), .refused),
        (answered(501), .refused), (answered(404), .unclear), (answered(302), .unclear), (answered(502), .unclear), (.closed, .refused),
        (.refusedByTLS("alert"), .refused), (.silent, .unclear), (.failed("why"), .unclear), (.answered([], isResumed: false), .unclear),
    ])
    func whatMustBeRefused(observation: Observation, verdict: Verdict) throws {
        #expect(try judge().judge(attempt(.refused), observation).verdict == verdict)
    }

    @Test func aForgedFieldIsFoundByItsMarkAndNamed() throws {
        let fields = [ForgedField(name: "A", mark: "m0x"), ForgedField(name: "B", mark: "m1x")]
        let found = try judge().judge(attempt(.hidden(fields)), answered(200, "B: m1x"))
        #expect(found.verdict == .finding && found.detail.hasSuffix("B"))
        #expect(try judge().judge(attempt(.hidden(fields)), answered(200, "nothing")).verdict == .passed)
        #expect(try judge().judge(attempt(.hidden(fields)), answered(400, "B: m1x")).verdict == .refused)
        #expect(try judge(echoes: false).judge(attempt(.hidden(fields)), answered(200, "B: m1x")).verdict == .unclear)
    }

    @Test func whoPassesMustPassAsTheSameClient() throws {
        #expect(try judge().judge(attempt(.sameIdentity), answered(200, "own")).verdict == .passed)
        #expect(try judge().judge(attempt(.sameIdentity), answered(200, "")).verdict == .finding)
        #expect(try judge().judge(attempt(.sameIdentity), answered(401)).verdict == .refused)
        #expect(try judge(echoes: false).judge(attempt(.sameIdentity), answered(200)).verdict == .unclear)
    }

    @Test func aSessionThatIsNotResumedIsNoFinding() throws {
        #expect(try judge().judge(attempt(.refusedIfResumed), answered(200, isResumed: true)).verdict == .finding)
        #expect(try judge().judge(attempt(.refusedIfResumed), answered(200)).verdict == .passed)
    }

    @Test func aRequestThatIsReadAsTwoIsAFinding() throws {
        let one = attempt(.oneRequest(hidden: "/hidden"))
        #expect(try judge().judge(one, answered(200, "content-length: 5")).verdict == .passed)
        #expect(try judge().judge(one, answered(400)).verdict == .refused)
        #expect(try judge().judge(one, answered(200, "Content-Length: 5, Transfer-Encoding: chunked")).verdict == .finding)
        #expect(try judge().judge(one, answered(200, "\"target\":\"/hidden\"")).verdict == .finding)
        #expect(try judge().judge(one, .answered([Answer(status: 200), Answer(status: 401)], isResumed: false)).verdict == .finding)
        #expect(try judge(echoes: false).judge(one, answered(200)).verdict == .unclear)
    }

    @Test func spellingsOfAPathThatIsNotProtectedAreNotTried() {
        let trick = ProbeCase("path_case", .paths, "title", .own, RawRequest(target: "/", lines: []), .refused)
        for (verdict, isWorth) in [(Verdict.refused, true), (.finding, false), (.unclear, false)] {
            var report = ProbeReport(target: "h:1", untried: [])
            report.add(Finding(id: "path_plain", group: .paths, title: "", verdict: verdict, detail: ""))
            #expect(report.isWorthTrying(trick) == isWorth)
            #expect(report.isWorthTrying(attempt(.refused)))
        }
    }

    @Test func anAnswerOfHTTP09IsAFindingWhereItShowsTheRequest() throws {
        let request = attempt(.hidden([ForgedField(name: "the request", mark: "m9x")]))
        #expect(try judge().judge(request, answered(0, "GET /?m9x")).verdict == .finding)
        #expect(try judge().judge(request, answered(0, "<h1>400</h1>")).verdict == .refused)
    }

    @Test func theReportCountsNamesAndKeepsTheTerminalSafe() throws {
        let findings = [
            Finding(id: "a", group: .tokens, title: "A", verdict: .finding, detail: "x\u{1b}[2J"),
            Finding(id: "b", group: .paths, title: "B", verdict: .refused, detail: ""),
        ]
        var report = ProbeReport(target: "h:1", untried: ["more"])
        for finding in findings { report.add(finding) }
        let text = report.lines.joined(separator: "\n")
        #expect(report.summary.hasPrefix("1 thing PASSES that must not: 2 tried at h:1"))
        #expect(text.contains("PASSES, and must not") && text.contains("x?[2J") && text.contains("Not tried") && !text.contains("\u{1b}"))
        let object = try #require(try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any])
        #expect(object["findings"] as? Int == 1 && (object["cases"] as? [[String: Any]])?.first?["verdict"] as? String == "finding")
    }
}

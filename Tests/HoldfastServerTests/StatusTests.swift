import Foundation
import Testing

@testable import HoldfastServer

@Suite("The status, as a page and as JSON")
struct StatusTests {
    private static let now = 1_700_000_000.0

    private func report(_ text: String = "CN=a") -> StatusReport {
        var report = StatusReport(now: Self.now)
        report.answers = .init(["200": 7, "401": 0])
        report.refusals = .init(["a": 1, "c": 5, "b": 5])
        report.issuers = [StatusReport.Issuer(name: text, keys: 0, keysAge: 7300, notes: [text])]
        report.certificates = [StatusReport.Certificate(key: "listener.certificate", subject: text, notAfter: Self.now + 86_400 * 1.5)]
        report.lists = [StatusReport.Count(name: text, count: -1)]
        report.upstreams = [StatusReport.Upstream(name: text, address: text, isWell: false, finding: text)]
        report.refusedHandshakes = [
            StatusReport.RefusedHandshake(time: Self.now, reason: "cert_expired", client: "::1", details: ["subject": text, "server_name": text])
        ]
        report.warnings = [text]
        return report
    }

    @Test("say whether it is ready, and why not")
    func readiness() throws {
        var report = report()
        #expect(StatusPage.html(report).contains("<span class=\"well\">ready</span>") && report.json.contains("\"ready\":true,\"problems\":[]"))
        report.problems = ["draining"]
        #expect(StatusPage.html(report).contains("<span class=\"bad\">not ready</span>") && StatusPage.html(report).contains(">draining<"))
        #expect(report.json.contains("\"ready\":false,\"problems\":[\"draining\"]"))
    }

    @Test("order what is counted by how much there is, and leave out what there is none of")
    func counts() {
        let report = report()
        #expect(report.refusals.map(\.name) == ["b", "c", "a"] && report.answers.map(\.name) == ["200"])
        #expect(report.json.contains("\"refusals\":{\"b\":5,\"c\":5,\"a\":1}"))
    }

    @Test("give days to certificates, ages to keys, and colour to what needs somebody")
    func ages() throws {
        let page = StatusPage.html(report())
        for part in [
            "<td class=\"bad\">1 days</td>", "<td>2 h</td>", "<td class=\"bad\">0</td>", "<td class=\"bad\">is overdue</td>", "2023-11-14T22:13:20Z",
        ] { #expect(page.contains(part), "\(part)") }
        let json = try #require(JSONSerialization.jsonObject(with: Data(report().json.utf8)) as? [String: Any])
        #expect((json["certificates"] as? [[String: Any]])?.first?["days_left"] as? Int == 1)
        #expect((json["issuers"] as? [[String: Any]])?.first?["keys_age_seconds"] as? Int == 7300)
        var ended = report()
        ended.certificates = [
            StatusReport.Certificate(key: "a", subject: "b", notAfter: Self.now - 1),
            StatusReport.Certificate(key: "c", subject: "d", notAfter: .infinity),
        ]
        #expect(StatusPage.html(ended).contains("<td class=\"bad\">expired</td>") && StatusPage.html(ended).contains("<td>no end</td>"))
        #expect(ended.json.contains("\"days_left\":-1") && ended.json.contains("\"days_left\":null"))
    }

    @Test(
        "make no element, attribute or line of what others wrote",
        arguments: ["</main><script>x()</script>", "\" onload=\"x()", "a'b&amp;\u{202e}\r\n\0"])
    func escaping(_ text: String) throws {
        let (page, harmless) = (StatusPage.html(report(text)), StatusPage.html(report("CN=a")))
        for sign in ["<", ">", "\"", "'", "\n"] {
            #expect(page.count { String($0) == sign } == harmless.count { String($0) == sign }, "\(sign)")
        }
        #expect(page.contains(StatusPage.escaped(text)) && !page.contains("\u{202e}"))
        #expect(try JSONSerialization.jsonObject(with: Data(report(text).json.utf8)) is [String: Any])
    }

    @Test("allow the page's own style and script and nothing else")
    func policy() throws {
        let policy = try #require(StatusPage.fields.first { $0.0 == "Content-Security-Policy" }?.1)
        #expect(policy.hasPrefix("default-src 'none'; ") && !policy.contains("unsafe"))
        #expect(policy.matches(of: /'sha256-[A-Za-z0-9+\/]{43}='/).count == 2)
    }
}

import BindingPolicy
import HoldfastConfiguration
import Testing

@Suite("Several upstreams")
struct NamedUpstreamsTests {
    private func file(_ upstreams: String, route: String = "upstream: reports") -> String {
        minimal + "upstreams:\n  \(upstreams)\nroutes:\n  - path: /reports/*\n    \(route)\n"
    }

    private let reports = "reports: {url: \"http://127.0.0.1:8081\", response_timeout: 5m}"

    @Test("A route sends its requests to the upstream that it names, and the others go to `upstream`")
    func named() throws {
        let one = try read(file(reports))
        #expect(one.upstreams.map(\.name.text) == ["default", "reports"] && one.upstreams.map(\.keyPath) == ["upstream", "upstreams.reports"])
        #expect(one.namedUpstreams[0].responseTimeout == .seconds(300) && one.upstream.responseTimeout == .seconds(60))
        #expect(one.routes[0].policy.upstream == UpstreamName("reports") && one.routeTable.fallback.upstream == .default)
        #expect(try read(file(reports, route: "upstream: default")).routes[0].policy.upstream == .default)
        #expect(
            try lines(file(reports)).contains { $0.hasPrefix("Any method on /reports/* needs") && $0.hasSuffix(", and goes to `reports`.") })
        #expect(try lines(file(reports)).contains("Forwards what routes send to `reports` to http://127.0.0.1:8081."))
        #expect(try warnings(file(reports)).isEmpty)
    }

    @Test("A name that there is not is a mistake, with the one that was meant")
    func unknown() {
        expectMistake(file(reports, route: "upstream: report"), "17:15: routes[0].upstream", "Did you mean `reports`?")
        expectMistake(file(reports, route: "upstream: zzz"), "17:15: routes[0].upstream", "no such name in `upstreams`.")
        expectMistake(minimal + "routes: [{path: /, upstream: a}]\n", "13:30: routes[0].upstream", "no such name")
    }

    @Test("One that no route uses is said")
    func unused() throws {
        let found = try warnings(file(reports + "\n  old: {url: \"http://127.0.0.1:8082\"}"))
        #expect(found.count == 1 && found[0].hasPrefix("warning: upstreams.old: no route sends anything there."))
    }

    @Test("Names are short words, and `default` is taken")
    func names() {
        expectMistake(
            file("default: {url: \"http://127.0.0.1\"}", route: "methods: [GET]"), "14:12: upstreams.default", "`default` is what `upstream`")
        for name in ["\"a b\"", "é", "a.b", String(repeating: "x", count: 41)] {
            #expect(mistakes(file("\(name): {url: \"http://127.0.0.1\"}", route: "methods: [GET]")).count == 1, "\(name)")
        }
        expectMistake(minimal + "upstreams: {}\n", "13:12: upstreams", "not nothing")
        expectMistake(minimal + "upstreams: [a]\n", "13:12: upstreams", "Keys with values")
        let many = (0..<65).map { "u\($0): {url: \"http://127.0.0.1\"}" }.joined(separator: "\n  ")
        expectMistake(file(many, route: "methods: [GET]"), "78:8: upstreams.u64", "More than 64")
    }

    @Test("Mistakes in one have its name, and its route is not refused for them")
    func mistaken() {
        expectMistake(file("reports: {url: \"ws://a\"}"), "14:18: upstreams.reports.url", "not a scheme")
        expectMistake(
            file("reports: {urll: \"http://127.0.0.1\", url: \"http://127.0.0.1\"}"), "14:13: upstreams.reports.urll", "Did you mean `url`?")
        expectMistake(file("reports: {idle_timeout: 1s}"), "14:12: upstreams.reports.url", "The key is missing")
        expectMistake(
            file("reports: {url: \"http://127.0.0.1\", credentials_file: secret}"), "13:1: upstreams", "`upstreams.reports.credentials_file` takes")
    }

    @Test("Each has weaker words of its own, and they are said")
    func weaker() throws {
        let old = "reports: {url: \"https://a\", minimum_tls: 1.0, renegotiation: once}"
        let tls = try #require(try read(file(old)).namedUpstreams[0].tls)
        #expect(tls.minimumVersion == .tls10 && tls.suites == .legacy && tls.renegotiation == .once)
        let said = try warnings(file(old))
        #expect(said.count == 3 && said.allSatisfy { $0.hasPrefix("warning: upstreams.reports.") })
        #expect(try warnings(file("reports: {url: \"http://a\", cleartext: allowed}")).map { $0.contains("upstreams.reports.cleartext") } == [true])
        let usual = try #require(try read(file("reports: {url: \"https://a\"}")).namedUpstreams[0].tls)
        #expect(usual.minimumVersion == .tls12 && usual.suites == .modern && usual.renegotiation == .never)
        #expect(try warnings(file("reports: {url: \"https://a\", minimum_tls: 1.3}")).isEmpty)
        for (line, place) in [
            ("minimum_tls: 1.4", "14:44: upstreams.reports.minimum_tls"), ("suites: old", "14:39: upstreams.reports.suites"),
            ("minimum_tls: 1.1, suites: modern", "14:49: upstreams.reports.suites"),
            ("minimum_tls: 1.3, suites: legacy", "14:49: upstreams.reports.suites"),
            ("minimum_tls: 1.3, renegotiation: once", "14:49: upstreams.reports.renegotiation"),
        ] { expectMistake(file("reports: {url: \"https://a\", \(line)}"), place, " ") }
        expectMistake(file("reports: {url: \"http://127.0.0.1\", suites: legacy}"), "14:38: upstreams.reports.suites", "has no effect")
    }

    @Test("The host that requests are for is the client's, the upstream's or one that is written")
    func host() throws {
        func forward(_ value: String) -> String { minimal + "forward:\n  host: \(value)\n" }
        #expect(try read(minimal).forward.host == .keep && read(forward("keep")).forward.host == .keep)
        #expect(try read(forward("upstream")).forward.host == .upstream)
        for name in ["api.internal", "api.internal:8080", "\"[::1]:80\"", "10.0.0.1"] {
            #expect(try read(forward(name)).forward.host == .name(name.replacing("\"", with: "")))
        }
        for name in ["a/b", "\"a b\"", "\"\"", "http://a", "a?b", "\"a\\r\\nX: b\"", "u@a", "a:0"] {
            #expect(mistakes(forward(name)).count == 1, "\(name)")
        }
    }
}

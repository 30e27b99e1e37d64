import HoldfastConfiguration
import Testing

@Suite("An upstream of several addresses")
struct UpstreamAddressesTests {
    private func upstream(_ lines: String, url: String = "http://localhost:8080") -> String {
        changed("url: http://127.0.0.1:8080", to: "url: \(url)\n  \(lines)")
    }

    @Test("Its addresses are listed, with weights where they differ, and the port is that of the URL unless written")
    func listed() throws {
        let one = try read(upstream("addresses: [127.0.0.1, \"[::1]:81\", {address: \"127.0.0.2:82\", weight: 3}]")).upstream
        #expect(one.addresses.map(\.host) == ["127.0.0.1", "::1", "127.0.0.2"] && one.addresses.map(\.port) == [8080, 81, 82])
        #expect(one.addresses.map(\.weight) == [1, 1, 3] && one.balance == .leastConnections && one.slowStart == .zero)
        #expect(one.health.failures == 3 && one.health.rest == .seconds(10) && one.health.check == nil)
        #expect(
            try lines(upstream("balance: round-robin\n  addresses: [127.0.0.1, {address: \"[::1]\", weight: 3}]")).contains(
                "Forwards to http://localhost:8080 at 127.0.0.1:8080, [::1]:8080 (weight 3), in turn, none for 10s or more that failed 3 times in a row."
            ))
        #expect(try read(upstream("addresses: [a.internal:1]", url: "https://api.internal")).upstream.addresses[0].host == "a.internal")
    }

    @Test("What is none is a mistake")
    func notListed() {
        for (value, place) in [
            ("[]", "13:14: upstream.addresses"), ("[\"a b\"]", "13:15: upstream.addresses[0]"), ("[\"127.0.0.1:0\"]", "13:15: upstream.addresses[0]"),
            ("[\"http://127.0.0.1\"]", "13:15: upstream.addresses[0]"), ("[{weight: 2}]", "13:15: upstream.addresses[0].address"),
            ("[{address: 127.0.0.1, weight: 0}]", "13:44: upstream.addresses[0].weight"),
            ("[127.0.0.1, \"127.0.0.1:8080\"]", "13:3: upstream.addresses"),
        ] { expectMistake(upstream("addresses: \(value)"), place, " ") }
        let many = (1...33).map { "127.0.0.\($0)" }.joined(separator: ", ")
        expectMistake(upstream("addresses: [\(many)]"), "13:3: upstream.addresses", "More than 32")
        expectMistake(upstream("addresses: [127.0.0.1]", url: "http+unix:///run/a"), "13:3: upstream.addresses", "A socket has no addresses")
    }

    @Test("Nothing goes to another host in clear without the word for it")
    func clear() throws {
        expectMistake(upstream("addresses: [127.0.0.1, 10.0.0.1]"), "13:26: upstream.addresses[1]", "cleartext: allowed")
        let allowed = upstream("cleartext: allowed\n  addresses: [127.0.0.1, 10.0.0.1]")
        #expect(try read(allowed).upstream.addresses.count == 2)
        #expect(try warnings(allowed).count == 1 && warnings(allowed)[0].contains("to 10.0.0.1 in clear"))
        #expect(try read(upstream("addresses: [10.0.0.1]", url: "https://api.internal")).upstream.addresses.count == 1)
    }

    @Test("A name can be looked up again")
    func resolved() throws {
        let one = upstream("resolve_every: 30s", url: "https://api.internal")
        #expect(try read(one).upstream.resolveEvery == .seconds(30) && read(minimal).upstream.resolveEvery == nil)
        #expect(try lines(one).contains { $0.hasPrefix("Forwards to https://api.internal at each of its addresses, looked up each 30s, fewest") })
        expectMistake(upstream("resolve_every: 30s", url: "https://10.0.0.1"), "13:3: upstream.resolve_every", "no name")
        expectMistake(upstream("resolve_every: 30s", url: "http+unix:///run/a"), "13:3: upstream.resolve_every", "no name")
        expectMistake(upstream("resolve_every: 30s\n  addresses: [127.0.0.1]"), "13:3: upstream.resolve_every", "Keep one of the two")
    }

    @Test("What an address is asked, and when it is left alone")
    func health() throws {
        let one = try read(upstream("health: {failures: 5, rest: 1s, path: /healthz?full, interval: 1s, timeout: 500ms, status: [200, 204]}"))
            .upstream.health
        #expect(one.failures == 5 && one.rest == .seconds(1) && one.check?.path == "/healthz?full" && one.check?.statuses == [200, 204])
        #expect(one.check?.interval == .seconds(1) && one.check?.timeout == .milliseconds(500))
        let check = try #require(try read(upstream("health: {path: /}")).upstream.health.check)
        #expect(check.interval == .seconds(5) && check.timeout == .seconds(2) && check.statuses == [200])
        #expect(
            try lines(upstream("health: {path: /up, status: 204}")).contains(
                "Forwards to http://localhost:8080; GET /up must be answered 204, each 5s."))
        expectMistake(upstream("health: {interval: 1s}"), "13:12: upstream.health.interval", "Without a `path`")
        for path in ["up", "\"/a b\"", "\"/a#b\"", "\"/a\\r\\nX: b\"", "/é"] {
            #expect(mistakes(upstream("health: {path: \(path)}")).count == 1, "\(path)")
        }
        expectMistake(upstream("health: {path: /, status: 199}"), "13:29: upstream.health.status", "none yet")
        expectMistake(upstream("balance: random"), "13:12: upstream.balance", "is not one of")
    }

    @Test("Connections can be one client's alone")
    func isolated() throws {
        #expect(try read(upstream("isolate: certificate")).upstream.isolation == .certificate && read(minimal).upstream.isolation == .none)
        #expect(try lines(upstream("isolate: certificate")).contains("Forwards to http://localhost:8080; no connection serves two clients."))
        expectMistake(upstream("isolate: client"), "13:12: upstream.isolate", "is not one of")
    }

    @Test("HTTP/2 is spoken where a word says so, and what it has no place for is a mistake beside it")
    func spoken() throws {
        let h2c = try read(upstream("protocol: h2c"))
        #expect(try h2c.upstream.protocol == .h2c && read(minimal).upstream.protocol == .http1)
        #expect(try lines(upstream("protocol: h2c")).contains("Forwards to http://localhost:8080 over HTTP/2."))
        expectMistake(upstream("protocol: h2"), "13:3: upstream.protocol", "called `h2c`")
        expectMistake(upstream("protocol: http2"), "13:13: upstream.protocol", "is not one of")
        expectMistake(upstream("protocol: h2c\n  tolerate: [bare_lf]"), "14:3: upstream.tolerate", "HTTP/1.1")
        expectMistake(
            upstream("protocol: h2c") + "routes:\n  - {path: /ws, upgrade: websocket}\n", "14:1: routes", "needs an upstream of HTTP/1.1")
        #expect(mistakes(upstream("protocol: http/1.1") + "routes:\n  - {path: /ws, upgrade: websocket}\n").isEmpty)
    }

    @Test("The first octet of an answer has the time of all others, unless it has its own")
    func firstOctet() throws {
        #expect(try read(upstream("response_timeout: 5m")).upstream.firstOctetTimeout == .seconds(300))
        let own = try read(upstream("response_timeout: 5m\n  first_octet_timeout: 10s")).upstream
        #expect(own.firstOctetTimeout == .seconds(10) && own.responseTimeout == .seconds(300))
    }
}

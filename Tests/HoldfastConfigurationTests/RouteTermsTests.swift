import BindingPolicy
import HoldfastConfiguration
import Testing

@Suite("routes: what their tokens must have")
struct RouteTermsTests {
    private func route(_ keys: String) -> String { minimal + "routes:\n  - {path: /a, \(keys)}\n" }
    private func policy(_ keys: String) throws -> RoutePolicy { try read(route(keys)).routes[0].policy }

    @Test("Scopes are all of a list, or all of one and any of another")
    func scopes() throws {
        #expect(try policy("scopes: [a, b]") == RoutePolicy(requirement: .boundToken, scopes: ["a", "b"]))
        #expect(
            try policy("scopes: {all: [a], any: [b, c]}") == RoutePolicy(requirement: .boundToken, scopes: ["a"], anyScope: ["b", "c"]))
        #expect(try policy("scopes: {any: [b]}") == RoutePolicy(requirement: .boundToken, anyScope: ["b"]))
        #expect(try policy("scopes: {all: [b]}") == RoutePolicy(requirement: .boundToken, scopes: ["b"]))
        expectMistake(route("scopes: {}"), "14:16: routes[0].scopes.all", "under `any`")
        expectMistake(route("scopes: {any: []}"), "14:30: routes[0].scopes.any", "The list is empty.")
        expectMistake(route("scopes: {any: b}"), "14:30: routes[0].scopes.any", "A list is expected")
        expectMistake(route("scopes: {any: [\"b c\"]}"), "14:31: routes[0].scopes.any[0]", "is not a scope")
        expectMistake(route("scopes: {some: [b], any: [c]}"), "14:25: routes[0].scopes.some", "There is no such key.")
        expectMistake(route("scopes: b"), "14:24: routes[0].scopes", "A list is expected")
    }

    @Test("Issuers are some of those in tokens, by their names (Q-17)")
    func issuers() throws {
        let three = { (keys: String) in
            route(keys).replacing(
                "upstream:",
                with: "  - {issuer: \"https://b.example\", audience: a}\n  - {issuer: \"https://c.example\", audience: a}\nupstream:")
        }
        #expect(try read(three("scopes: [a]")).routes[0].policy.issuers == nil)
        #expect(
            try read(three("issuers: [\"https://c.example\", \"https://as.example.com\"]")).routes[0].policy.issuers == [
                "https://c.example", "https://as.example.com",
            ])
        #expect(try read(three("issuers: \"https://b.example\"")).routes[0].policy.issuers == ["https://b.example"])
        expectMistake(three("issuers: [\"https://d.exampel\"]"), "16:26: routes[0].issuers[0]", "Did you mean `https://b.example`?")
        for other in ["https://as.example.com/", "https://AS.example.com", "as.example.com", "https://elsewhere.test/x"] {
            expectMistake(route("issuers: [\"\(other)\"]"), "14:26: routes[0].issuers[0]", "There is no issuer `\(other)` in `tokens`")
        }
        expectMistake(route("issuers: []"), "14:25: routes[0].issuers", "The list is empty.")
        // Where an issuer's own entry is broken, only that is told.
        let broken = route("issuers: [\"http://as.example.com\"]").replacing("issuer: https://as.", with: "issuer: http://as.")
        expectMistake(broken, "9:13: tokens[0].issuer", "loopback")
    }

    @Test("A route's audiences are out of those of the issuers, exactly (AT-04)")
    func audiences() throws {
        let one = RoutePolicy(requirement: .boundToken, audiences: ["https://api.example.com"])
        #expect(try policy("audience: \"https://api.example.com\"") == one)
        #expect(try policy("audience: [\"https://api.example.com\"]") == one)
        for other in ["https://api.example.com/", "https://API.example.com", "api"] {
            expectMistake(route("audience: \"\(other)\""), "14:26: routes[0].audience", "There is no such `audience` in `tokens`")
        }
        expectMistake(route("audience: []"), "14:26: routes[0].audience", "The list is empty.")
    }

    @Test("How and when the user must have authenticated (BR-18)")
    func stepUp() throws {
        #expect(try policy("acr: gold") == RoutePolicy(requirement: .boundToken, acr: ["gold"]))
        #expect(try policy("acr: [\"urn:x:gold\", silver]") == RoutePolicy(requirement: .boundToken, acr: ["urn:x:gold", "silver"]))
        #expect(try policy("max_auth_age: 15m") == RoutePolicy(requirement: .boundToken, maximumAuthenticationAge: 900))
        #expect(try policy("max_auth_age: 8760h").maximumAuthenticationAge == 31_536_000)
        expectMistake(route("acr: []"), "14:21: routes[0].acr", "The list is empty.")
        expectMistake(route("acr: [a, \"b c\"]"), "14:25: routes[0].acr[1]", "cannot be asked for in a challenge")
        for bad in ["'a\"b'", "a\\b", "é"] { expectMistake(route("acr: \(bad)"), "14:21: routes[0].acr", "cannot be asked for") }
        expectMistake(route("max_auth_age: 0s"), "14:30: routes[0].max_auth_age", "out of range: 1s to 8760h")
        expectMistake(route("max_auth_age: 8761h"), "14:30: routes[0].max_auth_age", "out of range")
        expectMistake(route("max_auth_age: 1500ms"), "14:30: routes[0].max_auth_age", "Whole seconds")
        expectMistake(route("max_auth_age: 900"), "14:30: routes[0].max_auth_age", "A duration such as")
    }

    @Test("Claims have a value, one of some, or any")
    func claims() throws {
        let found = try read(
            minimal
                + "routes:\n  - {path: /a, claims: {\"https://x/tier\": gold, level: [1, 2.0], vip: true, org: present, word: \"present\"}}\n  - {path: /b, claims: {org: [x]}}\n"
        )
        #expect(found.claimNames == ["https://x/tier", "level", "vip", "org", "word"])
        #expect(
            found.routes[0].policy.claims == [
                .init(name: "https://x/tier", accepted: ["gold"]), .init(name: "level", accepted: ["1", "2.0"]),
                .init(name: "vip", accepted: ["true"]), .init(name: "org", accepted: []),
                .init(name: "word", accepted: ["present"]),
            ])
        #expect(found.routes[1].policy.claims == [.init(name: "org", accepted: ["x"])])
    }

    @Test("A claim can be asked for one word, and scope and scp always are")
    func words() throws {
        let found = try read(
            minimal
                + "routes:\n  - {path: /a, claims: {roles: {word: admin}, groups: {word: [a, b]}, scp: pay, scope: [x, y], other: z, scp2: present}}\n"
        )
        #expect(
            found.routes[0].policy.claims == [
                .init(name: "roles", accepted: ["admin"], isOfWords: true),
                .init(name: "groups", accepted: ["a", "b"], isOfWords: true),
                .init(name: "scp", accepted: ["pay"], isOfWords: true),
                .init(name: "scope", accepted: ["x", "y"], isOfWords: true), .init(name: "other", accepted: ["z"]),
                .init(name: "scp2", accepted: []),
            ])
        let said = try lines(minimal + "routes:\n  - {path: /a, claims: {roles: {word: [admin, root]}}}\n")
        #expect(said.contains { $0.contains("with `admin` or `root` among the words of its `roles`") })
    }

    @Test("Claims that could not be meant are mistakes")
    func badClaims() {
        expectMistake(route("claims: {}"), "14:24: routes[0].claims", "such as `client_type: confidential`, not nothing")
        expectMistake(route("claims: [a]"), "14:24: routes[0].claims", "not a list")
        expectMistake(route("claims: a"), "14:24: routes[0].claims", "Keys with values are expected")
        expectMistake(route("claims: {a: }"), "14:25: routes[0].claims.a", "has no value")
        expectMistake(route("claims: {a: \"\"}"), "14:28: routes[0].claims.a", "is empty")
        for bad in ["{b: c}", "{}", "{word: a, words: b}"] {
            expectMistake(route("claims: {a: \(bad)}"), "14:28: routes[0].claims.a", "The one key that is possible here is `word`")
        }
        expectMistake(route("claims: {a: {word: \"b c\"}}"), "14:28: routes[0].claims.a", "`b c` is more than one word")
        expectMistake(route("claims: {a: {word: present}}"), "14:28: routes[0].claims.a", "`present` stands alone")
        expectMistake(route("claims: {a: {word: []}}"), "14:28: routes[0].claims.a", "The list is empty.")
        expectMistake(route("claims: {a: {word: {word: b}}}"), "14:28: routes[0].claims.a", "not a mapping")
        expectMistake(route("claims: {a: []}"), "14:28: routes[0].claims.a", "The list is empty.")
        expectMistake(route("claims: {a: [x, present]}"), "14:28: routes[0].claims.a", "`present` stands alone")
        expectMistake(route("claims: {a: [x, [y]]}"), "14:28: routes[0].claims.a", "not a list")
        expectMistake(route("claims: {\"\": x}"), "14:25: routes[0].claims.", "A name is expected")
        expectMistake(route("claims: {\"a\\nb\": x}"), "14:25: routes[0].claims.a?b", "A name is expected")
        expectMistake(route("claims: {a: x, b: y, a: z}"), "14:37: routes[0].claims.a", "`a` is given already in line 14")
    }

    @Test(
        "What is of tokens is a mistake where none is asked for",
        arguments: [
            "scopes: [a]", "scopes: {any: [a]}", "issuers: [\"https://as.example.com\"]", "acr: a", "max_auth_age: 1m", "claims: {a: b}",
            "audience: \"https://api.example.com\"",
        ])
    func withoutToken(keys: String) {
        #expect(mistakes(route(keys)).isEmpty)
        for word in ["certificate", "nothing"] {
            expectMistake(
                route("require: \(word), \(keys)"), "14:\(16 + "require: ".count + word.count + 2): routes[0].\(keys.prefix { $0 != ":" })",
                "`require: \(word)` asks for none")
        }
    }

    @Test("check says all of it")
    func summary() throws {
        let yaml = route(
            "methods: [GET], scopes: {all: [r, w], any: [x, y]}, issuers: [\"https://as.example.com\"], acr: [g, s], max_auth_age: 15m, claims: {a: present, b: [1, 2]}"
        )
        #expect(
            try lines(yaml).contains(
                "GET and HEAD on /a needs a token of https://as.example.com bound to the client's certificate, with `r` and `w` and one of `x` or `y` in its scope, with `g` or `s` as its `acr`, for a user who authenticated within the last 15m, with a claim `a`, with `1` or `2` as its `b`."
            ))
        #expect(
            try lines(route("scopes: {any: [x, y]}")).contains(
                "Any method on /a needs a token bound to the client's certificate, with `x` or `y` in its scope."))
    }

    @Test("An open route is warned of by name, and said to open the listener, with any trust")
    func nothing() throws {
        for trust in [minimal, changed("trust: authorities\n  authorities: clients-ca.pem", to: "trust: any")] {
            let said = try lines(trust + "routes: [{path: /open/*, methods: [GET], require: nothing}]\n")
            #expect(
                said.contains(
                    "Listens on 127.0.0.1:8443 with TLS 1.2 and 1.3; clients may connect without a certificate, and whoever presents one must prove its key."
                ))
            #expect(
                said.contains("GET and HEAD on /open/* needs nothing, neither a token nor a client certificate: it is open to everybody."))
            #expect(
                said.last
                    == "warning: routes[0].require is `nothing`: GET /open/* is open to everybody who can connect, without a token and without a certificate, and the listener lets clients without a certificate connect."
            )
        }
        #expect(try read(minimal + "routes: [{path: /open/*, require: nothing}]\n").isCertificateOptional)
        #expect(try !read(minimal + "routes: [{path: /open/*, require: certificate}]\n").isCertificateOptional)
    }
}

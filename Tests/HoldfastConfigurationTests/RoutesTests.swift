import BindingPolicy
import HTTPWire
import HoldfastConfiguration
import Testing

@Suite("routes and the remaining sections")
struct RoutesTests {
    private func routes(_ items: String...) -> String { minimal + "routes:\n" + items.map { "  - {\($0)}\n" }.joined() }

    @Test("Routes become the table that judges")
    func table() throws {
        let configuration = try read(
            routes("path: /payments/*, methods: [POST], scopes: [payments:write, b]", "path: /as/token, require: certificate"))
        #expect(configuration.routes.map(\.pattern.description) == ["/payments/*", "/as/token"])
        func match(_ method: String, _ path: String) -> RouteTable.Match {
            Array(method.utf8).withUnsafeBytes { method in
                Array(path.utf8).withUnsafeBytes { configuration.routeTable.match(method: method, path: $0) }
            }
        }
        #expect(match("POST", "/payments/1") == .policy(RoutePolicy(requirement: .boundToken, scopes: ["payments:write", "b"])))
        #expect(match("GET", "/payments/1") == .policy(.boundToken))
        #expect(match("GET", "/as/token") == .policy(RoutePolicy(requirement: .certificate, scopes: [])))
        #expect(match("GET", "/as//token") == .refused(.pathAmbiguous))
    }

    @Test("Routes stand in a list, or in a mapping that also says how paths are held against them")
    func matching() throws {
        let item = "{path: /a, scopes: [s]}"
        for (yaml, key) in [
            ("routes: [\(item)]\n", "routes"), ("routes: {list: [\(item)]}\n", "routes.list"),
            ("routes: {matching: fold, list: [\(item)]}\n", "routes.list"),
        ] {
            let configuration = try read(minimal + yaml)
            #expect(configuration.routes.map(\.pattern.description) == ["/a"] && configuration.routesKey == key)
            #expect(configuration.routeTable.matching == .fold)
            #expect(configuration.routeTable.match(method: "GET", path: "/A") == .policy(RoutePolicy(requirement: .boundToken, scopes: ["s"])))
        }
        let exact = try read(minimal + "routes: {matching: exact, list: [\(item)]}\n")
        #expect(exact.routeTable.matching == .exact && exact.routeTable.match(method: "GET", path: "/A") == .policy(.boundToken))
        #expect(try read(minimal + "routes: [{path: /a}]\n").routeTable.matching == .exact)
    }

    @Test("A route says what its connections may go on with, and others go on with nothing (WS-02)")
    func upgrade() throws {
        let configuration = try read(routes("path: /ws, upgrade: websocket", "path: /a, scopes: [s]"))
        #expect(configuration.routes.map(\.policy.upgrade) == [.webSocket, nil])
        let said = try lines(routes("path: /ws, upgrade: websocket", "path: /a, scopes: [s]"))
        #expect(said.contains { $0.contains("on /ws") && $0.contains("may go on with websocket") })
        #expect(!said.contains { $0.contains("on /a ") && $0.contains("go on with") })
        expectMistake(routes("path: /ws, upgrade: websockets"), "14:26: routes[0].upgrade", "Did you mean `websocket`?")
        expectMistake(routes("path: /ws, upgrade: h2c"), "14:26: routes[0].upgrade", "`websocket`")
        expectMistake(routes("path: /ws, upgrade: true"), "14:26: routes[0].upgrade", "`websocket`")
        expectMistake(routes("path: /ws, methods: [POST], upgrade: websocket"), "14:34: routes[0].upgrade", "Add it, or remove `upgrade`.")
        #expect(try read(routes("path: /ws, methods: [GET], upgrade: websocket")).routes.first?.policy.upgrade == .webSocket)
    }

    @Test("A mapping of routes has its own mistakes")
    func mappingMistakes() {
        expectMistake(minimal + "routes: {matching: exact}\n", "13:1: routes.list", "The key is missing.")
        expectMistake(minimal + "routes: {matching: folded, list: [{path: /a}]}\n", "13:20: routes.matching", "Did you mean `fold`?")
        expectMistake(minimal + "routes: {list: []}\n", "13:16: routes.list", "The list is empty.")
        expectMistake(minimal + "routes: {list: [{path: a}]}\n", "13:24: routes.list[0].path", "starts with `/`")
        expectMistake(minimal + "routes: {list: [{path: /a}], matchin: fold}\n", "13:30: routes.matchin", "Did you mean `matching`?")
        expectMistake(minimal + "routes: fold\n", "13:9: routes", "A list is expected")
    }

    @Test("A path that could not be folded for certain is a mistake where paths are folded")
    func unfoldable() throws {
        for path in ["/a/...", "/a/%20/b", "/a%EF%BC%8Fb"] {
            expectMistake(routes("path: \(path)", "path: /b, scopes: [b]"), "14:6: routes[0].path", "while paths are folded")
            #expect(mistakes(minimal + "routes: {matching: exact, list: [{path: \(path)}, {path: /b, scopes: [b]}]}\n").isEmpty)
            #expect(mistakes(routes("path: \(path)")).isEmpty)
        }
    }

    @Test("check says which matching is in force, and what is the weaker for it")
    func matchingSaid() throws {
        let (item, other) = ("{path: /a, scopes: [s]}", "{path: /A, scopes: [t]}")
        #expect(try lines(minimal + "routes: [\(item)]\n").contains { $0.contains("(`matching: fold`)") })
        #expect(try warnings(minimal + "routes: [\(item)]\n").isEmpty)
        let exact = try lines(minimal + "routes: {matching: exact, list: [\(item)]}\n")
        #expect(exact.contains { $0.contains("(`matching: exact`)") } && exact.contains { $0.hasPrefix("warning: routes.matching is `exact`") })
        #expect(try warnings(minimal + "routes: {matching: exact, list: [{path: /a}]}\n").isEmpty)
        #expect(try warnings(minimal + "routes: [{path: /b}, \(item), \(other)]\n").contains { $0.contains("routes[1] and routes[2] are one path") })
        #expect(try warnings(minimal + "routes: {list: [\(other), \(item)]}\n").contains { $0.contains("routes.list[0] and routes.list[1]") })
        #expect(
            try warnings(minimal + "routes: {list: [{path: /x, require: nothing}]}\n").contains { $0.contains("routes.list[0].require is `nothing`") }
        )
        #expect(try !lines(minimal).contains { $0.contains("matching") })
    }

    @Test("Paths that no request could have are mistakes")
    func paths() {
        expectMistake(routes("path: payments"), "14:12: routes[0].path", "starts with `/`")
        expectMistake(routes("path: /a/*/b"), "14:12: routes[0].path", "last segment only")
        for path in ["/a//b", "/a/../b", "/a%2fb", "/a;b", "\"/a?b\"", "/ü"] {
            expectMistake(routes("path: \(path)"), "14:12: routes[0].path", "No request can have this path")
        }
        expectMistake(routes("methods: [GET]"), "14:5: routes[0].path", "The key is missing.")
        expectMistake(minimal + "routes: []\n", "13:9: routes", "The list is empty.")
        expectMistake(minimal + "routes: {path: /a}\n", "13:9: routes", "A list is expected")
    }

    @Test("Methods are written as requests have them")
    func methods() throws {
        #expect(try read(routes("path: /a, methods: [GET, PURGE, my-method]")).routes[0].methods == ["GET", "PURGE", "my-method"])
        expectMistake(routes("path: /a, methods: [post]"), "14:26: routes[0].methods[0]", "write `POST`")
        expectMistake(routes("path: /a, methods: [GET, HEAD]"), "14:31: routes[0].methods[1]", "Write `GET`")
        expectMistake(routes("path: /a, methods: [\"A B\"]"), "14:26: routes[0].methods[0]", "is not a method")
        expectMistake(routes("path: /a, methods: []"), "14:25: routes[0].methods", "The list is empty.")
        expectMistake(routes("path: /a, methods: GET"), "14:25: routes[0].methods", "A list is expected")
    }

    @Test("Scopes are single words, and only where a token is asked for")
    func scopes() {
        expectMistake(routes("path: /a, scopes: [\"a b\"]"), "14:25: routes[0].scopes[0]", "Several scopes are a list")
        expectMistake(routes("path: /a, scopes: ['a\"']"), "14:25: routes[0].scopes[0]", "is not a scope")
        expectMistake(routes("path: /a, scopes: []"), "14:24: routes[0].scopes", "The list is empty.")
        expectMistake(routes("path: /a, scopes: [a], require: certificate"), "14:16: routes[0].scopes", "asks for none")
        #expect(mistakes(routes("path: /a, scopes: [a], require: bound-token")).isEmpty)
    }

    @Test("What is asked for is one of the known words")
    func require() throws {
        for (word, requirement) in [
            ("bound-token", RoutePolicy.Requirement.boundToken), ("certificate", .certificate), ("nothing", .nothing),
        ] {
            #expect(try read(routes("path: /a, require: \(word)")).routes.map(\.policy) == [RoutePolicy(requirement: requirement)])
        }
        expectMistake(
            routes("path: /a, require: token"), "14:25: routes[0].require", "is not one of `bound-token`, `certificate`, `nothing`")
        expectMistake(routes("path: /a, require: bound_token"), "14:25: routes[0].require", "Did you mean `bound-token`?")
    }

    @Test("Two routes for the same requests are a mistake, also when spelled differently")
    func same() {
        expectMistake(routes("path: /a", "path: /%61"), "15:6: routes[1].path", "given already in line 14")
        expectMistake(
            routes("path: /a/*, methods: [GET, PUT]", "path: /a/*, methods: [PUT]"), "15:6: routes[1].path",
            "`PUT` of this path is given already in line 14")
        #expect(mistakes(routes("path: /a", "path: /a/*", "path: /a, methods: [GET]", "path: /a, methods: [PUT]")).isEmpty)
    }

    @Test("The other sections have their bounds")
    func others() throws {
        let configuration = try read(
            minimal
                + "admin: {address: 127.0.0.1:9901}\nlog: {level: debug, access: false}\nshutdown: {delay: 0s, drain_timeout: 0s}\nthreads: 2\nverification_cache: 0\nresource: {identifier: https://api.example.com/v1}\n"
        )
        #expect(configuration.admin?.description == "127.0.0.1:9901")
        #expect(configuration.log.level == .debug && !configuration.log.access)
        #expect(
            configuration.shutdown.delay == .zero && configuration.shutdown.drainTimeout == .zero && configuration.threads == 2
                && configuration.verificationCache == 0)
        #expect(configuration.resource?.identifier.text == "https://api.example.com/v1")
        expectMistake(minimal + "admin: {}\n", "13:1: admin.address", "The key is missing.")
        expectMistake(minimal + "admin: {address: 127.0.0.1:8443}\n", "13:9: admin.address", "the address of `listener` too")
        #expect(mistakes(minimal.replacing(":8443", with: ":0") + "admin: {address: 127.0.0.1:0}\n").isEmpty)
        expectMistake(minimal + "log: {level: verbose}\n", "13:14: log.level", "is not one of")
        for flag in ["yes", "True", "1", "\"true\""] {
            expectMistake(minimal + "log: {access: \(flag)}\n", "13:15: log.access", "`true` or `false`")
        }
        expectMistake(minimal + "shutdown: {drain_timeout: 61m}\n", "13:27: shutdown.drain_timeout", "out of range: 0s to 1h")
        expectMistake(minimal + "threads: auto\n", "13:10: threads", "A whole number from 1 to 1024")
        expectMistake(minimal + "verification_cache: none\n", "13:21: verification_cache", "A whole number from 0 to 1048576")
    }
}

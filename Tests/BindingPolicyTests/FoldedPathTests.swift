import BindingPolicy
import Testing

@Suite("Paths that an API could fold get the stricter route (FW-11)")
struct FoldedPathTests {
    private let certificate = RoutePolicy(requirement: .certificate)
    private let open = RoutePolicy(requirement: .nothing)

    private func policy(_ scopes: String...) -> RoutePolicy { RoutePolicy(requirement: .boundToken, scopes: scopes) }

    private func table(
        _ routes: (String, [String], RoutePolicy)..., fallback: RoutePolicy = .boundToken, matching: RouteTable.Matching? = nil
    ) throws -> RouteTable {
        RouteTable(
            try routes.map { Route(pattern: try RoutePattern($0.0), methods: $0.1, policy: $0.2) }, fallback: fallback, matching: matching)
    }

    private static let spellings = [
        "/PAYMENTS/1", "/Payments/1", "/payments./1", "/payments.../1", "/payments%20/1", "/payments%20./1", "/payments%2e/1",
        "/%20payments/1", "/p%41yments/1", "/%EF%BD%90%EF%BD%81yments/1", "/%EF%BC%B0AYMENTS/1", "/payments%C2%A0/1", "/payments%E3%80%80/1",
        "/pay%E2%80%8Bments/1", "/pay%C2%ADments/1", "/payments%E2%80%A4/1", "/payment%C5%BF/1", "/pa%EF%BC%8579ments/1",
        "/%E2%93%9Fayments/1", "/PAYMENT%C5%BF/1",
    ]

    @Test("A path that folds to a route's gets that route where it is the stricter", arguments: spellings)
    func stricter(path: String) throws {
        #expect(try table(("/payments/*", [], policy("p"))).match(method: "GET", path: path) == .policy(policy("p")))
        #expect(try table(("/payments/1", [], policy("p"))).match(method: "GET", path: path) == .policy(policy("p")))
        #expect(try table(("/Payments/*", [], policy("p"))).match(method: "GET", path: path) == .policy(policy("p")))
        let under = try table(("/*", [], open), ("/payments/*", [], certificate))
        #expect(under.match(method: "GET", path: path) == .policy(certificate))
    }

    @Test("A path that folds to a weaker route's keeps what its own spelling gets", arguments: spellings)
    func weaker(path: String) throws {
        #expect(try table(("/payments/*", [], certificate)).match(method: "GET", path: path) == .policy(.boundToken))
        let under = try table(("/*", [], certificate), ("/payments/*", [], open))
        #expect(under.match(method: "GET", path: path) == .policy(certificate))
        #expect(under.match(method: "GET", path: "/payments/1") == .policy(open))
    }

    @Test("Where neither of both routes is the stricter the path is ambiguous", arguments: spellings)
    func neither(path: String) throws {
        let two = try table(("/*", [], policy("all")), ("/payments/*", [], policy("p")))
        #expect(two.match(method: "GET", path: path) == .refused(.pathAmbiguous))
        #expect(two.match(method: "GET", path: "/payments/1") == .policy(policy("p")))
        #expect(two.match(method: "GET", path: "/other") == .policy(policy("all")))
    }

    @Test("Matched exactly, a path is what its own spelling says", arguments: spellings)
    func exact(path: String) throws {
        let table = try table(("/payments/*", [], policy("p")), matching: .exact)
        #expect(table.matching == .exact && table.match(method: "GET", path: path) == .policy(.boundToken))
    }

    @Test(
        "What folding would turn into another path is ambiguous",
        arguments: [
            "/a/%EF%BC%8Fb", "/a%EF%BC%8Fb", "/a/%EF%BC%8E%EF%BC%8E/b", "/a/%E2%80%A5/b", "/a/%EF%BC%8E/b", "/a/.../b", "/a/%20/b", "/a/%20",
            "/a/...", "/a/.%20", "/a%EF%BC%9Bx", "/a%CD%BEx", "/a%EF%BC%9Fx", "/a%EF%BC%BCb", "/a%E2%84%80b", "/%E2%80%8B/b", "/a%EF%BC%852fb",
            "/a%EF%BC%85%EF%BC%95%EF%BC%83b",
        ])
    func otherPaths(path: String) throws {
        #expect(try table(("/payments/*", [], policy("p"))).match(method: "GET", path: path) == .refused(.pathAmbiguous))
    }

    @Test(
        "What only looks unusual passes as it is",
        arguments: [
            "/x", "/x/", "/.well-known/y", "/x/.hidden", "/x/a.b.c", "/x/A-b_C~9", "/x/%C3%BC", "/x/%E6%97%A5%E6%9C%AC", "/x/%E4", "/x/%FF%FE",
            "/x/a%20b", "/x/100%25", "/x/[1]{2}|^`", "/x/%22%3C%3E", "/x/e%CC%81", "/x/%F0%9F%92%B6", "/x/%D7%A9%D7%9C%D7%95%D7%9D",
        ])
    func unusual(path: String) throws {
        let table = try table(("/x/*", [], certificate), ("/x", [], certificate), ("/.well-known/*", [], certificate), ("/y", [], open))
        #expect(table.match(method: "GET", path: path) == .policy(certificate))
    }

    @Test("Routes that fold to one another are one: the strictest holds for either, or neither")
    func confusable() throws {
        let ordered = try table(("/admin", [], policy("a", "b")), ("/Admin", [], policy("a")), ("/ADMIN", [], .boundToken))
        for path in ["/admin", "/Admin", "/ADMIN", "/aDMIN"] { #expect(ordered.match(method: "GET", path: path) == .policy(policy("a", "b"))) }
        let different = try table(("/admin/*", [], policy("a")), ("/Admin/*", [], policy("b")))
        for path in ["/admin/x", "/Admin/x", "/ADMIN/x"] { #expect(different.match(method: "GET", path: path) == .refused(.pathAmbiguous)) }
        let methods = try table(("/admin", ["GET"], policy("a")), ("/Admin", ["PUT"], policy("b")))
        #expect(methods.match(method: "GET", path: "/admin") == .policy(policy("a")))
        #expect(methods.match(method: "PUT", path: "/ADMIN") == .policy(policy("b")))
        func route(_ path: String, _ methods: [String], _ scope: String) throws -> Route {
            Route(pattern: try RoutePattern(path), methods: methods, policy: policy(scope))
        }
        func confusable(_ routes: Route...) -> [[Int]] { RouteTable.confusable(routes).map { [$0.0, $0.1] } }
        #expect(try confusable(route("/x", [], "x"), route("/admin", [], "a"), route("/y", [], "y"), route("/Admin", [], "b")) == [[1, 3]])
        #expect(try confusable(route("/admin", ["GET", "PUT"], "a"), route("/admin.", ["PUT"], "b")) == [[0, 1]])
        for (one, other) in try [
            (route("/admin", [], "a"), route("/admin", [], "b")), (route("/admin", [], "a"), route("/Admin", [], "a")),
            (route("/admin", [], "a"), route("/Admin/*", [], "b")), (route("/admin", ["GET"], "a"), route("/Admin", ["PUT"], "b")),
            (route("/admin", ["GET"], "a"), route("/Admin", [], "b")),
        ] { #expect(confusable(one, other) == []) }
    }

    @Test("Folding is the default where routes ask for different things, and exact where they cannot")
    func defaults() throws {
        #expect(RouteTable([]).matching == .exact)
        #expect(try table(("/a", [], .boundToken), ("/b/*", [], .boundToken)).matching == .exact)
        #expect(try table(("/a", [], .boundToken), ("/b/*", [], policy("b"))).matching == .fold)
        #expect(
            try table(("/a", [], .boundToken), fallback: RoutePolicy(requirement: .boundToken, reportOnly: ReportOnly(until: nil))).matching == .fold)
        #expect(try table(("/a", [], .boundToken), matching: .fold).matching == .fold)
        #expect(try table(("/a", [], .boundToken)).match(method: "GET", path: "/a/...") == .policy(.boundToken))
    }

    @Test("The slash at the end is still the stricter side's, folded or not")
    func slashes() throws {
        let table = try table(("/public/*", [], open), ("/public/report", [], certificate))
        for path in ["/public/report/", "/public/REPORT", "/public/Report/", "/public/report./"] {
            #expect(table.match(method: "GET", path: path) == .policy(certificate), "\(path)")
        }
        #expect(table.match(method: "GET", path: "/public/reports") == .policy(open))
        #expect(table.match(method: "GET", path: "/public/REPORT/x") == .policy(open))
    }

    @Test("A route that only reports covers no other spelling of its path")
    func reporting() throws {
        let reporting = RoutePolicy(requirement: .boundToken, scopes: ["s"], reportOnly: ReportOnly(until: nil))
        let table = try table(("/x", [], reporting))
        #expect(table.match(method: "GET", path: "/x") == .policy(reporting))
        #expect(table.match(method: "GET", path: "/X") == .policy(.boundToken))
        // And a path whose own spelling only reports gets what its folded one enforces.
        let other = try self.table(("/*", [], RoutePolicy(requirement: .boundToken, reportOnly: ReportOnly(until: nil))), ("/pay", [], policy("p")))
        #expect(other.match(method: "GET", path: "/PAY") == .policy(policy("p")))
    }

    @Test("A path of marks or of text without end is ambiguous soon, not folded late")
    func bounds() throws {
        let table = try table(("/a/*", [], policy("p")))
        for path in [
            "/a/" + String(repeating: "%CC%81", count: 40), "/a/" + String(repeating: "%EF%B7%BA", count: 20_000),
            "/a/" + String(repeating: "%CC%A7%CC%81", count: 50_000),
        ] { #expect(table.match(method: "GET", path: path) == .refused(.pathAmbiguous)) }
        #expect(table.match(method: "GET", path: "/a/" + String(repeating: "e%CC%81%CC%A7", count: 300)) == .policy(policy("p")))
        #expect(table.match(method: "GET", path: "/a/" + String(repeating: "x", count: 1 << 20)) == .policy(policy("p")))
        #expect(table.match(method: "GET", path: "/A/" + String(repeating: "X", count: 1 << 20)) == .policy(policy("p")))
    }

    @Test("Random octets never trap, and never get less than both spellings ask for")
    func random() throws {
        let exact = try table(("/*", [], open), ("/pay/*", [], certificate), ("/pay/x", [], policy("p")), matching: .exact)
        let folded = try table(("/*", [], open), ("/pay/*", [], certificate), ("/pay/x", [], policy("p")))
        let pieces = [
            "/", "/", "p", "a", "y", "P", "pay", "PAY", "/pay/", "x", "X", ".", "%20", "%2e", "%EF%BC%8F", "%EF%BD%98", "%C3", "%BC", "%E2%80%8B",
            "%CC%81", "%F0%9F%92%B6", "%FF", "%C4%B0", "%C4%B1", "%EF%BC%85", "%25", "2", "f", "%E1%84%80", "%EF%B7%BA", "%CD%BE", "\u{ff}", "\0",
            "*", "?",
        ]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let path = "/" + (0..<Int.random(in: 0...9, using: &generator)).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            let (own, other) = (exact.match(method: "GET", path: path), folded.match(method: "GET", path: path))
            guard case .policy(let weaker) = own, case .policy(let policy) = other else {
                #expect(other == .refused(.pathAmbiguous))
                continue
            }
            #expect(rank(policy) >= rank(weaker), "\(path)")
        }
    }

    private func rank(_ policy: RoutePolicy) -> Int {
        switch policy.requirement {
        case .nothing: 0
        case .certificate: 1
        case .boundToken: 2
        }
    }
}

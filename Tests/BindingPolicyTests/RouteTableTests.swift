import BindingPolicy
import Testing

@Suite("Routes: the most specific one decides")
struct RouteTableTests {
    private let certificate = RoutePolicy(requirement: .certificate, scopes: [])

    private func policy(_ scopes: String...) -> RoutePolicy { RoutePolicy(requirement: .boundToken, scopes: scopes) }

    /// Paths as they are spelled; `FoldedPathTests` has the others.
    private func table(_ routes: (String, [String], RoutePolicy)...) throws -> RouteTable {
        RouteTable(try routes.map { Route(pattern: try RoutePattern($0.0), methods: $0.1, policy: $0.2) }, matching: .exact)
    }

    private func match(_ table: RouteTable, _ method: String, _ path: String) -> RouteTable.Match {
        octets(method) { method in octets(path) { table.match(method: method, path: $0) } }
    }

    @Test("Without routes every path needs a bound token and none is ambiguous")
    func noRoutes() {
        for path in ["/", "/a//b", "/%2e%2e/%2f%00", "/;\\", "", "*", "/%"] {
            #expect(match(RouteTable([]), "GET", path) == .policy(.boundToken))
        }
    }

    @Test("An exact route covers its path and no other")
    func exact() throws {
        let table = try table(("/as/token", [], certificate))
        #expect(match(table, "POST", "/as/token") == .policy(certificate))
        for path in ["/as/tokens", "/as/toke", "/as/token/", "/as/token/x", "/as", "/", "/AS/token", "/x/as/token", "", "*"] {
            #expect(match(table, "POST", path) == .policy(.boundToken), "\(path)")
        }
    }

    @Test("An exact route that asks for a token covers its trailing slash too, so that a slash does not shed a scope")
    func trailingSlash() throws {
        let table = try table(("/admin", [], policy("a")), ("/users/", [], policy("u")))
        for path in ["/admin", "/admin/", "/%61dmin/"] { #expect(match(table, "GET", path) == .policy(policy("a")), "\(path)") }
        for path in ["/users", "/users/"] { #expect(match(table, "GET", path) == .policy(policy("u")), "\(path)") }
        for path in ["/admin/x", "/adminx", "/users/x", "/user"] { #expect(match(table, "GET", path) == .policy(.boundToken), "\(path)") }
    }

    @Test("A prefix covers itself, its slash and everything below, but no longer name")
    func prefix() throws {
        let table = try table(("/payments/*", [], policy("p")))
        for path in ["/payments", "/payments/", "/payments/1", "/payments/1/2/", "/payments/.hidden", "/payments/..."] {
            #expect(match(table, "GET", path) == .policy(policy("p")), "\(path)")
        }
        for path in ["/paymentsx", "/payment", "/", "/x/payments", "/Payments"] {
            #expect(match(table, "GET", path) == .policy(.boundToken), "\(path)")
        }
    }

    @Test("/* covers every path, also an empty one, but not the asterisk")
    func all() throws {
        let table = try table(("/*", [], certificate))
        for path in ["/", "", "/a", "/a/b"] { #expect(match(table, "GET", path) == .policy(certificate), "\(path)") }
        #expect(match(table, "OPTIONS", "*") == .policy(.boundToken))
    }

    @Test("Longer beats shorter, exact beats prefix, named methods beat all, in any order of the file", arguments: 0..<24)
    func specificity(rotation: Int) throws {
        var rest = try [
            ("/*", [String](), policy("all")), ("/a/*", [], policy("a")), ("/a/b/*", [], policy("ab")), ("/a/b", [], policy("exact")),
            ("/a/*", ["POST"], policy("a-post")),
        ].map { Route(pattern: try RoutePattern($0.0), methods: $0.1, policy: $0.2) }
        var routes: [Route] = []
        var number = rotation
        while !rest.isEmpty {
            routes.append(rest.remove(at: number % rest.count))
            number /= max(1, rest.count)
        }
        let table = RouteTable(routes)
        #expect(match(table, "GET", "/x") == .policy(policy("all")))
        #expect(match(table, "GET", "/a/x") == .policy(policy("a")))
        #expect(match(table, "POST", "/a/x") == .policy(policy("a-post")))
        #expect(match(table, "POST", "/a/b") == .policy(policy("exact")))
        #expect(match(table, "POST", "/a/b/c") == .policy(policy("ab")))
    }

    @Test("HEAD is judged as GET; other methods only as themselves, in their case")
    func methods() throws {
        let table = try table(("/a", ["GET", "PUT"], policy("read")))
        for method in ["GET", "HEAD", "PUT"] { #expect(match(table, method, "/a") == .policy(policy("read")), "\(method)") }
        for method in ["POST", "get", "GETT", "GE", "HEADX", "", "OPTIONS"] {
            #expect(match(table, method, "/a") == .policy(.boundToken), "\(method)")
        }
        #expect(match(try self.table(("/a", ["POST"], policy("write"))), "HEAD", "/a") == .policy(.boundToken))
    }

    @Test(
        "Percent-encoded characters are matched as what they stand for, in the request and in the pattern",
        arguments: [
            "/%70ayments/x", "/p%61yments/x", "/%70%61%79%6d%65%6e%74%73/x", "/payments/%41", "/payments/%40me", "/payments/a%20b",
            "/payments/%C3%BC", "/payments/%E4", "/payments/%2E%2Ewell", "/payments/100%25",
        ])
    func decoded(path: String) throws {
        #expect(match(try table(("/payments/*", [], policy("p"))), "GET", path) == .policy(policy("p")))
        #expect(match(try table(("/%70ayment%73/*", [], policy("p"))), "GET", path) == .policy(policy("p")))
    }

    @Test(
        "Paths that could be read in two ways are refused wherever routes exist (FW-11)",
        arguments: [
            "//", "//admin", "/public//admin", "/a//", "/.", "/..", "/./a", "/../a", "/a/.", "/a/..", "/a/../b", "/public/..%2fadmin",
            "/public/%2e%2e/admin", "/public/%2E./admin", "/public/.%2e", "/%2e/a", "/a%2Fb", "/a%2fb", "/a%5Cb", "/a%5cb", "/a\\b",
            "/a%00",
            "/a\0b", "/a;x", "/a;", "/a%3Bx", "/a%3b/b", "/a%", "/a%2", "/a%zz", "/a%2g/b", "/%%41", "/a%3Fb", "/a?b", "/a%23b", "/a#b",
            "/a%0d%0ab", "/a%09b", "/a%7f", "/a b", "/a\tb", "/é", "/%252e%252e/admin", "/%252fadmin", "/%25%32%66admin", "/%c0%af",
            "/%C1%9C", "/%e0%80%af", "/%f0%80%80%af", "admin", "a/b", "http://host/a", "**", "%2fadmin",
        ])
    func ambiguous(path: String) throws {
        let table = try table(("/payments/*", [], policy("p")), ("/public/*", [], certificate))
        #expect(match(table, "GET", path) == .refused(.pathAmbiguous))
    }

    @Test("Every octet in a path is matched as itself, or refused; never as something else")
    func everyOctet() throws {
        let table = try table(("/public/*", [], certificate))
        for octet in UInt8.min...UInt8.max {
            let plain = Array("/public/x".utf8) + [octet]
            let hexadecimal = Array("/public/x%".utf8) + [octet >> 4, octet & 15].map { $0 < 10 ? 48 + $0 : 87 + $0 }
            for path in [plain, hexadecimal] {
                let match = path.withUnsafeBytes { path in octets("GET") { table.match(method: $0, path: path) } }
                #expect([.policy(certificate), .refused(.pathAmbiguous)].contains(match))
            }
        }
    }

    @Test(
        "A pattern that no request could have is a mistake",
        arguments: [
            ("payments", RoutePattern.Mistake.relative), ("", .relative), ("*", .relative), ("/a/*/b", .wildcardInside),
            ("/a*", .wildcardInside),
            ("/a/**", .wildcardInside), ("/*/*", .wildcardInside), ("/a//b", .ambiguous), ("/a//*", .ambiguous), ("//*", .ambiguous),
            ("/a/../b", .ambiguous), ("/a;b", .ambiguous), ("/a?b", .ambiguous), ("/a%2fb", .ambiguous), ("/a b", .ambiguous),
            ("/ü", .ambiguous),
        ])
    func patternMistakes(text: String, mistake: RoutePattern.Mistake) {
        #expect(throws: mistake) { try RoutePattern(text) }
    }

    @Test("Patterns that mean the same are equal and shown alike")
    func patternForms() throws {
        #expect(try RoutePattern("/%61/*") == RoutePattern("/a/*"))
        #expect(try RoutePattern("/a/*") != RoutePattern("/a"))
        #expect(try RoutePattern("/%61/*").description == "/a/*")
        #expect(try RoutePattern("/*").description == "/*")
        #expect(try RoutePattern("/").description == "/")
    }

    @Test("With a slash more or less a path gets the stricter of what both spellings get (FW-11)")
    func slashes() throws {
        let open = RoutePolicy(requirement: .nothing)
        let table = try table(("/public/*", [], open), ("/public/report", [], certificate), ("/public/pay", [], policy("p")))
        #expect(match(table, "GET", "/public/report") == .policy(certificate))
        #expect(match(table, "GET", "/public/report/") == .policy(certificate))
        #expect(match(table, "GET", "/public/pay/") == .policy(policy("p")))
        #expect(match(table, "GET", "/public/report/x") == .policy(open))
        #expect(match(table, "GET", "/public/reports") == .policy(open))
        #expect(match(table, "GET", "/public/pay") == .policy(policy("p")))
        // A route of its very spelling leaves no doubt, whatever its neighbour asks.
        let neighbours = try self.table(("/admin", [], policy("admin")), ("/admin/", [], policy("read")))
        #expect(match(neighbours, "GET", "/admin") == .policy(policy("admin")))
        #expect(match(neighbours, "GET", "/admin/") == .policy(policy("read")))
        // Two that ask for different things: neither is the stricter.
        let different = try self.table(("/a/*", [], policy("a")), ("/a/b", [], policy("b")), ("/c", [], policy("c")))
        #expect(match(different, "GET", "/a/b") == .policy(policy("b")))
        #expect(match(different, "GET", "/a/b/") == .refused(.pathAmbiguous))
        #expect(match(different, "GET", "/c/") == .policy(policy("c")))
        // Where less is asked for with the slash than without, the other way round.
        let under = try self.table(("/public/*", [], certificate), ("/public/open", [], open))
        #expect(match(under, "GET", "/public/open") == .policy(open))
        #expect(match(under, "GET", "/public/open/") == .policy(certificate))
    }

    @Test("A route that only reports covers no other spelling of its path (FW-11)")
    func slashesAndReporting() throws {
        let reporting = RoutePolicy(requirement: .boundToken, reportOnly: ReportOnly(until: nil))
        let under = try table(("/x", [], reporting), ("/x/*", [], policy("s")))
        #expect(match(under, "GET", "/x") == .policy(reporting))
        #expect(match(under, "GET", "/x/") == .policy(policy("s")))
        #expect(match(try table(("/x", [], reporting)), "GET", "/x/") == .policy(.boundToken))
        let pair = try table(("/pay", [], .boundToken), ("/pay/", [], reporting))
        #expect(match(pair, "GET", "/pay") == .policy(.boundToken))
        #expect(match(pair, "GET", "/pay/") == .policy(reporting))
    }

    @Test("An ambiguous path is only reported where every path that it could mean is (FW-11)")
    func ambiguousReporting() throws {
        let (report, sooner) = (ReportOnly(until: nil), ReportOnly(until: 5))
        let reporting = RoutePolicy(requirement: .boundToken, reportOnly: report)
        let enforced = try Route(pattern: RoutePattern("/payments/*"), policy: .boundToken)
        let open = try Route(pattern: RoutePattern("/open"), policy: RoutePolicy(requirement: .nothing))
        let other = try Route(pattern: RoutePattern("/other"), policy: RoutePolicy(requirement: .certificate, reportOnly: sooner))
        #expect(RouteTable([enforced], fallback: reporting).ambiguous.reportOnly == nil)
        #expect(RouteTable([other], fallback: .boundToken).ambiguous.reportOnly == nil)
        #expect(RouteTable([other, open], fallback: reporting).ambiguous.reportOnly == sooner)
        #expect(RouteTable([], fallback: reporting).ambiguous.reportOnly == report)
    }

    @Test("Random paths never trap, long ones neither")
    func random() throws {
        let table = try table(("/a/*", ["GET"], policy("p")), ("/a/b", [], certificate), ("/c/", [], policy("c")))
        var generator = SystemRandomNumberGenerator()
        let pool = Array("/a/b/c.%2e%2F%25;\\?\0\u{ff}".utf8)
        for round in 0..<20_000 {
            let length = round % 1000 == 0 ? 5000 : Int.random(in: 0...24, using: &generator)
            let path = (0..<length).map { _ in pool.randomElement(using: &generator) ?? 0 }
            _ = path.withUnsafeBytes { path in octets("GET") { table.match(method: $0, path: path) } }
        }
        let long = "/a/" + String(repeating: "x", count: 40_000)
        #expect(match(table, "GET", long) == .policy(policy("p")))
        #expect(match(table, "GET", long + "/..") == .refused(.pathAmbiguous))
    }
}

import Testing

@testable import BindingPolicy

@Suite("Routes found by segment: what no list of routes would say otherwise (FW-11)")
struct RouteTreeTests {
    @Test("A random table gives each random path what a list gives that is gone through from its start", arguments: 0..<8)
    func sameAsList(worker: Int) throws {
        var chance = SplitMix(state: UInt64(worker) &* 0x9e37_79b9_7f4a_7c15 &+ 1)
        var (covered, refused) = (0, 0)
        for round in 0..<100 {
            let routes = try RandomRoutes.routes(&chance)
            let fallback = chance.pick(RandomRoutes.policies)
            for matching in RouteTable.Matching.allCases {
                let table = RouteTable(routes, fallback: fallback, matching: matching, seed: chance.next())
                let list = ListedRoutes(routes, fallback: fallback, matching: matching)
                for _ in 0..<40 {
                    let (method, path) = (chance.pick(RandomRoutes.methods), RandomRoutes.path(&chance))
                    let (found, expected) = (table.match(method: method, path: path), list.match(method: method, path: path))
                    #expect(found.isSame(as: expected), "\(worker).\(round): \(method) \(path) of \(routes.map(\.pattern.description))")
                    let route = table.route(method: method, path: path)
                    #expect(route == list.route(method: method, path: path), "\(worker).\(round): \(method) \(path)")
                    if route != nil { covered += 1 }
                    if found == .refused(.pathAmbiguous) { refused += 1 }
                }
            }
        }
        // Of 8,000: the tables are not so random that nothing meets.
        #expect(covered > 750 && refused > 250)
    }

    @Test("Of all the routes that cover a path but for a slash each must be beyond doubt, not only the first")
    func slashAmongRivals() throws {
        func route(_ path: String, _ methods: [String], _ scopes: String...) throws -> Route {
            Route(pattern: try RoutePattern(path), methods: methods, policy: RoutePolicy(requirement: .boundToken, scopes: scopes))
        }
        let strict = try route("/Admin", ["GET"], "p", "q")
        let doubtful = RouteTable([strict, try route("/admin", [], "p"), try route("/ADMIN", [], "q")])
        #expect(doubtful.match(method: "GET", path: "/admin/") == .refused(.pathAmbiguous))
        let certain = RouteTable([strict, try route("/admin", [], "p")])
        #expect(certain.match(method: "GET", path: "/admin/") == .policy(strict.policy))
    }

    @Test("Of a thousand routes under one prefix each finds its own, and nothing else finds any")
    func thousand() throws {
        let policies = (0..<1000).map { RoutePolicy(requirement: .boundToken, scopes: ["s\($0)"]) }
        let routes = try policies.enumerated().map { Route(pattern: try RoutePattern("/api/v1/r\($0.offset)/*"), policy: $0.element) }
        for matching in RouteTable.Matching.allCases {
            let table = RouteTable(routes, matching: matching)
            for (index, policy) in policies.enumerated() {
                #expect(table.match(method: "GET", path: "/api/v1/r\(index)/x") == .policy(policy))
                #expect(table.match(method: "GET", path: "/api/v1/r\(index)x") == .policy(.boundToken))
            }
            for path in ["/", "/api", "/api/v1", "/api/v1/", "/api/v1/r", "/api/v1/r1000", "/api/v2/r1", "/r1"] {
                #expect(table.match(method: "GET", path: path) == .policy(.boundToken))
            }
        }
    }

    @Test("No bucket of the table is long, whatever the seed", arguments: 0..<20)
    func buckets(seed: UInt64) throws {
        let patterns = try (0..<2000).map { try RoutePattern("/a\($0 % 40)/b\($0)") }
        let tree = RouteTree(patterns, seed: seed)
        #expect(tree.longestChain <= RouteTree.chainLimit)
        for (place, pattern) in patterns.enumerated() {
            let reach = try #require(pattern.literal.withUnsafeBytes(tree.walk))
            #expect(reach.isWhole && tree.exact(reach.node).map(tree.place) == [place])
        }
    }

    @Test("A path of a million segments is walked no deeper than the routes reach")
    func deep() throws {
        let deep = "/a" + String(repeating: "/a", count: 20_000)
        let policy = RoutePolicy(requirement: .boundToken, scopes: ["deep"])
        let table = RouteTable([Route(pattern: try RoutePattern(deep + "/*"), policy: policy)])
        #expect(table.match(method: "GET", path: deep) == .policy(policy))
        #expect(table.match(method: "GET", path: String(deep.dropLast(2))) == .policy(.boundToken))
        #expect(table.match(method: "GET", path: String(repeating: "/a", count: 1_000_000)) == .policy(policy))
        #expect(table.match(method: "GET", path: String(repeating: "/b", count: 1_000_000)) == .policy(.boundToken))
    }

    @Test("Two tables of the same routes are equal, whatever their seeds; of others they are not")
    func equality() throws {
        let routes = [Route(pattern: try RoutePattern("/a"), policy: RoutePolicy(requirement: .certificate))]
        #expect(RouteTable(routes, seed: 1) == RouteTable(routes, seed: 2))
        #expect(RouteTable(routes, seed: 1) != RouteTable([], seed: 1))
        #expect(RouteTable(routes, seed: 1) != RouteTable(routes, matching: .exact, seed: 1))
    }
}

extension RouteTable.Match {
    /// The same policy, not only one that asks for the same.
    fileprivate func isSame(as other: Self) -> Bool {
        switch (self, other) {
        case (.policy(let one), .policy(let two)): one === two
        case (.refused(let one), .refused(let two)): one == two
        default: false
        }
    }
}

import Testing

@testable import BindingPolicy

@Suite("Which of two policies lets less through")
struct StrictnessTests {
    private static func policy(
        _ scopes: [String] = [], any: [String] = [], issuers: [String]? = nil, audiences: [String] = [], acr: [String] = [], age: Double? = nil,
        claims: [(Int, [String])] = [], reportOnly: ReportOnly? = nil
    ) -> RoutePolicy {
        RoutePolicy(
            requirement: .boundToken, scopes: scopes, anyScope: any, issuers: issuers, audiences: audiences, acr: acr, maximumAuthenticationAge: age,
            claims: claims.map { RoutePolicy.Claim(name: ClaimName("c\($0.0)"), accepted: $0.1) }, reportOnly: reportOnly)
    }

    private static let pairs: [(stricter: RoutePolicy, weaker: RoutePolicy)] = [
        (policy(), RoutePolicy(requirement: .certificate)), (RoutePolicy(requirement: .certificate), RoutePolicy(requirement: .nothing)),
        (policy(["a"]), policy()), (policy(["a", "b"]), policy(["b"])), (policy(any: ["a"]), policy()),
        (policy(any: ["a"]), policy(any: ["b", "a"])),
        (policy(["a"]), policy(any: ["a", "b"])), (policy(issuers: ["b"]), policy()), (policy(issuers: ["b"]), policy(issuers: ["a", "b"])),
        (policy(audiences: ["x"]), policy()), (policy(audiences: ["x"]), policy(audiences: ["y", "x"])),
        (policy(acr: ["x"]), policy(acr: ["x", "y"])),
        (policy(age: 5), policy(age: 6)), (policy(age: 5), policy()), (policy(claims: [(0, ["v"])]), policy(claims: [(0, [])])),
        (policy(claims: [(0, ["v"])]), policy(claims: [(0, ["v", "w"])])), (policy(claims: [(0, []), (1, ["v"])]), policy(claims: [(1, ["v"])])),
        (policy(), policy(reportOnly: ReportOnly(until: 5))), (policy(reportOnly: ReportOnly(until: 5)), policy(reportOnly: ReportOnly(until: nil))),
        (policy(reportOnly: ReportOnly(until: 5)), policy(reportOnly: ReportOnly(until: 6))),
    ]

    @Test("Everything that passes the stricter passes the weaker, and not the other way round", arguments: 0..<20)
    func strictness(index: Int) {
        let (stricter, weaker) = Self.pairs[index]
        #expect(stricter.isAtLeastAsStrict(as: weaker) && !weaker.isAtLeastAsStrict(as: stricter))
        #expect(RoutePolicy.stricter(stricter, weaker) === stricter && RoutePolicy.stricter(weaker, stricter) === stricter)
    }

    private static let strangers: [(RoutePolicy, RoutePolicy)] = [
        (policy(["a"]), policy(["b"])), (policy(any: ["a"]), policy(any: ["b"])),
        (policy(issuers: ["a"]), policy(issuers: ["b"])), (policy(audiences: ["x"]), policy(["a"])), (policy(acr: ["x"]), policy(age: 5)),
        (policy(claims: [(0, ["v"])]), policy(claims: [(0, ["w"])])), (policy(claims: [(0, [])]), policy(claims: [(1, [])])),
        (policy(["a"], reportOnly: ReportOnly(until: nil)), policy()),
        (policy(["a"], reportOnly: ReportOnly(until: 9)), policy(reportOnly: ReportOnly(until: 5))),
    ]

    @Test("Where each lets something through that the other does not, neither is stricter", arguments: 0..<9)
    func neither(index: Int) {
        let (one, other) = Self.strangers[index]
        #expect(RoutePolicy.stricter(one, other) == nil && RoutePolicy.stricter(other, one) == nil)
    }

    @Test("What asks for the same is as strict as the other")
    func same() {
        for (one, _) in Self.pairs { #expect(RoutePolicy.stricter(one, one) === one) }
        #expect(Self.policy(["a", "b"]).isAtLeastAsStrict(as: Self.policy(["b", "a"])))
    }

    @Test("A path that is read in two ways goes to neither of two upstreams, and a permit says where its request goes")
    func upstreams() throws {
        let (here, there) = (UpstreamName("here"), UpstreamName("there"))
        func open(_ upstream: UpstreamName) -> RoutePolicy { RoutePolicy(requirement: .nothing, upstream: upstream) }
        #expect(open(here) != open(there) && open(here) == open(here))
        #expect(open(here).settled(with: open(there)) == nil)
        #expect(open(here).settled(with: RoutePolicy(requirement: .certificate, upstream: here))?.requirement == .certificate)
        let reporting = RoutePolicy(requirement: .certificate, reportOnly: ReportOnly(until: nil), upstream: there)
        let decisions = [open(here).decideWithoutToken(shownBy: nil), reporting.decideWithoutToken(shownBy: nil).reported(on: reporting, now: 0)]
        let names = decisions.map { if case .permit(let permit) = $0 { permit.upstream } else { UpstreamName.default } }
        #expect(names == [here, there])
    }
}

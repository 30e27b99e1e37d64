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

    @Test("What more is asked of the certificate is stricter, and what is asked otherwise is neither")
    func certificates() {
        func policy(_ terms: CertificateTerms?, _ requirement: RoutePolicy.Requirement = .certificate) -> RoutePolicy {
            RoutePolicy(requirement: requirement, certificate: terms)
        }
        func terms(_ kind: CertificateTerms.Term.Kind, _ patterns: ValuePattern...) -> CertificateTerms {
            CertificateTerms(terms: [.init(kind, patterns)])
        }
        let (a, b) = (ValuePattern.exactly([97]), ValuePattern.exactly([98]))
        let pairs: [(CertificateTerms, CertificateTerms?)] = [
            (CertificateTerms(roles: [.accountInformation]), nil), (terms(.uri, a), nil), (terms(.uri, a), terms(.uri, a, b)),
            (CertificateTerms(roles: [.accountInformation, .cardIssuing]), CertificateTerms(roles: [.cardIssuing])),
            (terms(.organization, .exactly([97, 98])), terms(.organization, .beginning([97]))),
            (terms(.organization, .beginning([97, 98])), terms(.organization, .beginning([97]))),
            (terms(.dns, .host([97, 46, 98])), terms(.dns, .labelBelow([46, 98]))),
        ]
        for (stricter, weaker) in pairs {
            #expect(policy(stricter).isAtLeastAsStrict(as: policy(weaker)) && !policy(weaker).isAtLeastAsStrict(as: policy(stricter)))
            #expect(policy(stricter) != policy(weaker) && policy(stricter) == policy(stricter))
            // A token is more than none, but not in the place of what a certificate must say.
            #expect(policy(stricter, .boundToken).isAtLeastAsStrict(as: policy(weaker)))
            #expect(RoutePolicy.stricter(policy(weaker, .boundToken), policy(stricter)) == nil)
        }
        for other in [terms(.uri, b), terms(.dns, a), terms(.subject("2.5.4.3"), a), terms(.subject("2.5.4.10"), a)] {
            #expect(RoutePolicy.stricter(policy(terms(.uri, a)), policy(other)) == nil)
        }
        #expect(RoutePolicy.stricter(policy(terms(.subject("2.5.4.3"), a)), policy(terms(.subject("2.5.4.10"), a))) == nil)
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

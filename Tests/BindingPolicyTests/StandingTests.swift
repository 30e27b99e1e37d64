import BindingPolicy
import Testing

@Suite("What a permit is worth while its request is answered")
struct StandingTests {
    private static let shown = Thumbprint(ofSHA256: [UInt8](repeating: 0xa, count: 32))
    private static let token = VerifiedToken(
        issuer: Issuer(name: "https://as.example.com", terms: TokenTerms(audiences: ["api"], leeway: 10)), subject: nil, clientID: nil,
        expiresAt: 1000, notBefore: nil, audiences: ["api"], scopes: ["read"], confirmation: .certificate(shown), authenticatedAt: 850)

    private func peer(until: Double = .infinity) -> AuthenticatedPeer {
        AuthenticatedPeer(thumbprint: Self.shown, validFrom: 0, validUntil: until)
    }

    private func permit(_ route: RoutePolicy) throws -> Permit {
        let decision = route.needsToken ? route.decide(Self.token, shownBy: Self.shown, now: 900) : route.decideWithoutToken(shownBy: Self.shown)
        guard case .permit(let permit) = decision.reported(on: route, now: 900) else { throw Refused() }
        return permit
    }

    private struct Refused: Error {}

    @Test("It holds as long as its token does, leeway included (WS-05)")
    func token() throws {
        let permit = try permit(.boundToken)
        #expect(permit.standing(of: peer(), at: 1009.9) == .holds)
        #expect(permit.standing(of: peer(), at: 1010) == .ended(.tokenExpired))
    }

    @Test("… and as its certificate does, with a token or without (WS-05)", arguments: [RoutePolicy.Requirement.boundToken, .certificate, .nothing])
    func certificate(requirement: RoutePolicy.Requirement) throws {
        let permit = try permit(RoutePolicy(requirement: requirement))
        #expect(permit.standing(of: peer(until: 950), at: 950) == .holds)
        #expect(permit.standing(of: peer(until: 950), at: 951) == .ended(.certificateExpired))
        #expect(permit.standing(of: AuthenticatedPeer(withdrawn: .certificateDenied, thumbprint: Self.shown), at: 900) == .ended(.certificateDenied))
    }

    @Test("What a route asks for is asked for still (WS-05)")
    func terms() throws {
        let recent = try permit(RoutePolicy(requirement: .boundToken, maximumAuthenticationAge: 60))
        #expect(recent.standing(of: peer(), at: 910) == .holds)
        #expect(recent.standing(of: peer(), at: 911) == .ended(.authenticationTooOld))
    }

    @Test("Where a route only reports, nothing ends before the day on which it enforces (WS-05)")
    func reported() throws {
        let passed = try permit(RoutePolicy(requirement: .boundToken, reportOnly: ReportOnly(until: 2000)))
        #expect(passed.standing(of: peer(), at: 1000) == .holds)
        #expect(passed.standing(of: peer(), at: 1999) == .reported(.tokenExpired))
        #expect(passed.standing(of: peer(), at: 2000) == .ended(.tokenExpired))
        let refused = try permit(RoutePolicy(requirement: .boundToken, scopes: ["write"], reportOnly: ReportOnly(until: 950)))
        #expect(refused.standing(of: peer(), at: 949) == .reported(.scopeInsufficient))
        #expect(refused.standing(of: peer(), at: 950) == .ended(.scopeInsufficient))
    }
}

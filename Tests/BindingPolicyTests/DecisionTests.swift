import BindingPolicy
import Testing

@Suite("The decision: token against connection, moment and route")
struct DecisionTests {
    private static let certificateA = Thumbprint(digest: [UInt8](repeating: 0xa, count: 32))
    private static let certificateB = Thumbprint(digest: [UInt8](repeating: 0xb, count: 32))
    private let audiences = ["https://api.example.com", "api"]

    /// The verdict on a token that is right in everything that is not given: nil is permitted.
    private func verdict(
        route: RoutePolicy = .boundToken, expiresAt: Double = 1000, notBefore: Double? = nil, audiences: [String] = ["api"],
        scopes: [String] = [], confirmation: BindingPolicy.Confirmation? = nil, shownBy shown: Thumbprint? = certificateA,
        now: Double = 900,
        leeway: Double = 0
    ) throws -> Denial? {
        let token = VerifiedToken(
            issuer: Issuer(name: "https://as.example.com", terms: TokenTerms(audiences: self.audiences, leeway: leeway)), subject: "s", clientID: nil,
            expiresAt: expiresAt, notBefore: notBefore,
            audiences: audiences, scopes: scopes, confirmation: try confirmation ?? .certificate(#require(Self.certificateA)))
        switch route.decide(token, shownBy: shown, now: now) {
        case .permit(let permit):
            #expect(permit.token === token)
            return nil
        case .deny(let denial): return denial
        }
    }

    @Test("A bound token shown by its certificate passes, and by another's does not (DT-03, DT-04)")
    func binding() throws {
        #expect(try verdict() == nil)
        #expect(try verdict(shownBy: Self.certificateB) == Denial(.confirmationMismatch))
    }

    @Test("Any bit of the thumbprint decides")
    func everyBit() throws {
        let digest = [UInt8](repeating: 0xa, count: 32)
        for bit in 0..<256 {
            var other = digest
            other[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try verdict(shownBy: Thumbprint(digest: other)) == Denial(.confirmationMismatch))
        }
    }

    @Test("A token that is not bound, or bound in a way that is not checked, does not pass (DT-05)")
    func unbound() throws {
        #expect(try verdict(confirmation: .absent) == Denial(.confirmationMissing))
        for reason in [DenialReason.confirmationMalformed, .confirmationMalformedHex, .confirmationUnsupported] {
            #expect(try verdict(confirmation: .unusable(reason)) == Denial(reason))
        }
    }

    @Test("A token ends at its exp, and only a configured leeway prolongs it")
    func expiry() throws {
        #expect(try verdict(expiresAt: 1000, now: 999.999) == nil)
        #expect(try verdict(expiresAt: 1000, now: 1000) == Denial(.tokenExpired))
        #expect(try verdict(expiresAt: 1000, now: 1029.9, leeway: 30) == nil)
        #expect(try verdict(expiresAt: 1000, now: 1030, leeway: 30) == Denial(.tokenExpired))
        #expect(try verdict(expiresAt: .nan) == Denial(.tokenExpired))
        #expect(try verdict(expiresAt: -.infinity) == Denial(.tokenExpired))
    }

    @Test("nbf and iat may lie 10 s ahead but not 60 s (FAPI 2.0 section 5.3.2.1)")
    func future() throws {
        #expect(try verdict(notBefore: 910, now: 900) == nil)
        #expect(try verdict(notBefore: 930, now: 900) == nil)
        #expect(try verdict(notBefore: 930.1, now: 900) == Denial(.tokenNotYetValid))
        #expect(try verdict(notBefore: 960, now: 900) == Denial(.tokenNotYetValid))
        #expect(try verdict(notBefore: 960, now: 900, leeway: 60) == nil)
    }

    @Test("One configured audience must be in the token, exactly")
    func audience() throws {
        #expect(try verdict(audiences: ["other", "https://api.example.com"]) == nil)
        for audiences in [[], ["other"], ["API"], ["api/"], ["https://api.example.com/"], [""]] {
            #expect(try verdict(audiences: audiences) == Denial(.audienceMismatch))
        }
    }

    @Test("Every scope of the route must be in the token, and the denial names them")
    func scopes() throws {
        let route = RoutePolicy(requirement: .boundToken, scopes: ["read", "write"])
        #expect(try verdict(route: route, scopes: ["write", "more", "read"]) == nil)
        for scopes in [[], ["read"], ["READ", "write"], ["read write"]] {
            #expect(try verdict(route: route, scopes: scopes) == Denial(.scopeInsufficient, requiredScope: "read write"))
        }
    }

    @Test("Of several faults the earliest in DT-14 is told: validity, then binding, then scope")
    func precedence() throws {
        let route = RoutePolicy(requirement: .boundToken, scopes: ["read"])
        #expect(
            try verdict(route: route, expiresAt: 1, notBefore: 9999, audiences: [], confirmation: .absent) == Denial(.tokenExpired))
        #expect(try verdict(route: route, notBefore: 9999, audiences: [], confirmation: .absent) == Denial(.tokenNotYetValid))
        #expect(try verdict(route: route, audiences: [], shownBy: Self.certificateB) == Denial(.audienceMismatch))
        #expect(try verdict(route: route, confirmation: .absent) == Denial(.confirmationMissing))
        // Never a 403 to a caller whose token is not bound to this connection.
        #expect(try verdict(route: route, shownBy: Self.certificateB) == Denial(.confirmationMismatch))
        #expect(try verdict(route: route)?.reason == .scopeInsufficient)
    }

    @Test("Without a token only a route that asks for none lets through")
    func withoutToken() {
        guard case .permit(let permit) = RoutePolicy(requirement: .certificate, scopes: []).decideWithoutToken(shownBy: Self.certificateA) else {
            Issue.record("a route for certificates asks for no token")
            return
        }
        #expect(permit.token == nil)
        guard case .deny(let denial) = RoutePolicy.boundToken.decideWithoutToken(shownBy: Self.certificateA) else {
            Issue.record("the default asks for a token")
            return
        }
        #expect(denial == Denial(.credentialsMissing))
    }
}

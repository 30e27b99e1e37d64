import BindingPolicy
import Testing

@Suite("What a route can ask beyond a bound token")
struct RouteRequirementsTests {
    private static let thumbprint = Thumbprint(digest: [UInt8](repeating: 7, count: 32))
    private let now = 1000.0

    private func verdict(
        _ route: RoutePolicy, issuer: String = "https://a", scopes: [String] = [], acr: String? = nil, authenticatedAt: Double? = nil,
        audiences: [String] = ["api"], claims: ClaimValues = [:], bound: Thumbprint? = thumbprint, shownBy: Thumbprint? = thumbprint
    ) -> Denial? {
        let token = VerifiedToken(
            issuer: Issuer(name: issuer, terms: TokenTerms(audiences: ["api"], leeway: 0)), subject: nil, clientID: nil, expiresAt: now + 60,
            notBefore: nil,
            audiences: audiences, scopes: scopes, confirmation: bound.map { .certificate($0) } ?? .absent, acr: acr,
            authenticatedAt: authenticatedAt, claims: claims)
        switch route.decide(token, shownBy: shownBy, now: now) {
        case .permit: return nil
        case .deny(let denial): return denial
        }
    }

    @Test("A token counts on a route for its issuer and on no other, bound or not (Q-17)")
    func issuers() {
        let route = RoutePolicy(requirement: .boundToken, issuers: ["https://b", "https://c"])
        #expect(verdict(route, issuer: "https://b") == nil)
        #expect(verdict(route, issuer: "https://a")?.reason == .issuerNotForRoute)
        #expect(verdict(RoutePolicy(requirement: .boundToken, issuers: []), issuer: "https://a")?.reason == .issuerNotForRoute)
        #expect(verdict(.boundToken, issuer: "https://a") == nil)
    }

    @Test("A route can be for one audience of several, and its issuer's own must still be there (JWT-25, AT-04)")
    func audiences() {
        let route = RoutePolicy(requirement: .boundToken, audiences: ["payments", "accounts"])
        #expect(verdict(route, audiences: ["api", "accounts"]) == nil)
        #expect(verdict(route, audiences: ["api"])?.reason == .audienceMismatch)
        #expect(verdict(route, audiences: ["payments"])?.reason == .audienceMismatch)
        #expect(verdict(route, audiences: ["api", "Payments", "payments/"])?.reason == .audienceMismatch)
        #expect(verdict(.boundToken, audiences: ["api", "payments"]) == nil)
    }

    @Test("A token that names no audience is for no part of us in particular (INT-05)")
    func noAudience() {
        let token = VerifiedToken(
            issuer: Issuer(name: "https://as.example.com", terms: TokenTerms(audiences: ["api", "accounts"], leeway: 0)), subject: nil, clientID: nil,
            expiresAt: now + 60, notBefore: nil,
            audiences: ["api", "accounts"], scopes: [], confirmation: Self.thumbprint.map { .certificate($0) } ?? .absent, namesAudience: false)
        guard case .permit = RoutePolicy.boundToken.decide(token, shownBy: Self.thumbprint, now: now) else {
            Issue.record("its issuer knows who asks")
            return
        }
        let route = RoutePolicy(requirement: .boundToken, audiences: ["accounts"])
        guard case .deny(let denial) = route.decide(token, shownBy: Self.thumbprint, now: now) else {
            Issue.record("nobody said that it is for accounts")
            return
        }
        #expect(denial.reason == .audienceMismatch)
    }

    @Test("One of several scopes is enough where any will do, and none is not (BR-14)")
    func anyScope() {
        let route = RoutePolicy(requirement: .boundToken, scopes: ["openid"], anyScope: ["read", "write"])
        #expect(verdict(route, scopes: ["openid", "write"]) == nil)
        #expect(verdict(route, scopes: ["write"])?.reason == .scopeInsufficient)
        let denial = verdict(route, scopes: ["openid", "reading"])
        #expect(denial == Denial(.scopeInsufficient, requiredScope: "openid read write"))
    }

    @Test("Another authentication context is told which one is wanted, and an older one how recent (BR-18)")
    func stepUp() {
        let route = RoutePolicy(requirement: .boundToken, acr: ["gold", "silver"], maximumAuthenticationAge: 300)
        #expect(verdict(route, acr: "silver", authenticatedAt: 700) == nil)
        let wanted = Denial(.authenticationInsufficient, requiredACR: "gold silver", requiredAge: 300)
        #expect(verdict(route, acr: "bronze", authenticatedAt: 1000) == wanted)
        #expect(verdict(route, acr: nil, authenticatedAt: 1000) == wanted)
        #expect(verdict(route, acr: "gold", authenticatedAt: 699)?.reason == .authenticationTooOld)
        #expect(verdict(route, acr: "gold", authenticatedAt: 1030) == nil)
        #expect(verdict(route, acr: "gold", authenticatedAt: 1031)?.reason == .authenticationTooOld)
        #expect(verdict(route, acr: "gold", authenticatedAt: nil)?.reason == .authenticationTooOld)
        #expect(DenialReason.authenticationTooOld.answer == .insufficientAuthentication)
    }

    @Test("A required claim must be there, with one of the accepted values where some are named")
    func claims() {
        let route = RoutePolicy(
            requirement: .boundToken,
            claims: [.init(name: "department", accepted: ["payments", "7", "true"]), .init(name: "consent", accepted: [])])
        for value in [ClaimValue.string("payments"), .number("7"), .boolean(true), .strings(["other", "payments"])] {
            #expect(verdict(route, claims: ["consent": .json(#"{"a":1}"#), "department": value]) == nil)
        }
        for void in [ClaimValue.string(""), .strings([]), .json("{}"), .json("{ \n}"), nil] {
            #expect(verdict(route, claims: ["consent": void, "department": .string("payments")])?.reason == .claimInsufficient)
        }
        for something in [ClaimValue.string(" "), .strings([""]), .json("[1]"), .json("[{}]"), .number("0"), .boolean(false)] {
            #expect(verdict(route, claims: ["consent": something, "department": .string("payments")]) == nil)
        }
        for value in [ClaimValue.string("payments "), .number("7.0"), .boolean(false), .strings([]), .json("\"payments\""), nil] {
            #expect(verdict(route, claims: ["consent": .string("c"), "department": value])?.reason == .claimInsufficient)
        }
        #expect(verdict(route, claims: ["department": .string("payments")])?.reason == .claimInsufficient)
        #expect(verdict(route, claims: [:])?.reason == .claimInsufficient)
    }

    @Test("One word of a text can be enough, where a route says so")
    func words() {
        func route(isOfWords: Bool) -> RoutePolicy {
            RoutePolicy(requirement: .boundToken, claims: [.init(name: "scp", accepted: ["pay", "see"], isOfWords: isOfWords)])
        }
        for value in [ClaimValue.string("pay"), .strings(["x", "see"])] {
            for isOfWords in [true, false] { #expect(verdict(route(isOfWords: isOfWords), claims: ["scp": value]) == nil) }
        }
        for value in [ClaimValue.string("x pay"), .string("pay x"), .string(" see  x ")] {
            #expect(verdict(route(isOfWords: true), claims: ["scp": value]) == nil)
            #expect(verdict(route(isOfWords: false), claims: ["scp": value])?.reason == .claimInsufficient)
        }
        for value in [
            ClaimValue.string("payx"), .string("x-pay"), .string("pay,see"), .string("Pay"), .strings(["pay x"]), .json(#"{"a":"pay"}"#), nil,
        ] {
            #expect(verdict(route(isOfWords: true), claims: ["scp": value])?.reason == .claimInsufficient)
        }
    }

    @Test("An accented letter in its other spelling is another value")
    func spelling() {
        let route = RoutePolicy(requirement: .boundToken, acr: ["caf\u{e9}"])
        #expect(verdict(route, acr: "caf\u{e9}") == nil)
        #expect(verdict(route, acr: "cafe\u{301}")?.reason == .authenticationInsufficient)
    }

    @Test("Whoever does not prove the token's key learns nothing of what else is asked (DT-14)")
    func order() throws {
        let route = RoutePolicy(requirement: .boundToken, scopes: ["s"], acr: ["gold"], claims: [.init(name: "c", accepted: [])])
        let other = try #require(Thumbprint(digest: [UInt8](repeating: 8, count: 32)))
        #expect(verdict(route, shownBy: other)?.reason == .confirmationMismatch)
        #expect(verdict(route, bound: nil)?.reason == .confirmationMissing)
        #expect(verdict(route)?.reason == .authenticationInsufficient)
        #expect(verdict(route, acr: "gold")?.reason == .scopeInsufficient)
        #expect(verdict(route, scopes: ["s"], acr: "gold")?.reason == .claimInsufficient)
    }

    @Test("Without a certificate a bound token proves nothing, and an unbound one is still unbound (MTLS-04, DT-04, DT-05)")
    func noCertificate() {
        #expect(verdict(.boundToken, shownBy: nil)?.reason == .confirmationUnproven)
        #expect(DenialReason.confirmationUnproven.answer == .invalidToken)
        #expect(verdict(.boundToken, bound: nil, shownBy: nil)?.reason == .confirmationMissing)
    }

    @Test("A route for certificates needs one, and a route for nothing needs none")
    func withoutToken() throws {
        let certificate = RoutePolicy(requirement: .certificate)
        guard case .permit = certificate.decideWithoutToken(shownBy: Self.thumbprint) else {
            Issue.record("it has one")
            return
        }
        guard case .deny(let denial) = certificate.decideWithoutToken(shownBy: nil) else {
            Issue.record("it has none")
            return
        }
        #expect(denial.reason == .certificateMissing && denial.reason.answer == .forbidden)
        guard case .permit(let open) = RoutePolicy(requirement: .nothing).decideWithoutToken(shownBy: nil) else {
            Issue.record("it asks for nothing")
            return
        }
        #expect(open.token == nil && open.wouldRefuse == nil)
    }
}

@Suite("Report only: a refusal is forwarded and says so")
struct ReportOnlyTests {
    private let refusal = Decision.deny(Denial(.confirmationMismatch))

    @Test("While it is on, a refusal becomes a permit that names its reason and carries no token")
    func on() {
        guard case .permit(let permit) = refusal.reported(on: RoutePolicy(requirement: .boundToken, reportOnly: ReportOnly(until: nil)), now: 5)
        else {
            Issue.record("it is on")
            return
        }
        #expect(permit.wouldRefuse == .confirmationMismatch && permit.token == nil)
    }

    @Test("Without the mode, and from its last moment on, a refusal is a refusal")
    func off() {
        for (mode, now) in [(nil, 5.0), (ReportOnly(until: 5), 5.0), (ReportOnly(until: 5), 6.0)] as [(ReportOnly?, Double)] {
            guard case .deny(let denial) = refusal.reported(on: RoutePolicy(requirement: .boundToken, reportOnly: mode), now: now) else {
                Issue.record("it enforces")
                continue
            }
            #expect(denial.reason == .confirmationMismatch)
        }
        guard case .permit = refusal.reported(on: RoutePolicy(requirement: .boundToken, reportOnly: ReportOnly(until: 5)), now: 4.9) else {
            Issue.record("until then it reports")
            return
        }
    }

    @Test("A permit stays what it was")
    func permit() {
        let decision = RoutePolicy(requirement: .nothing).decideWithoutToken(shownBy: nil).reported(
            on: RoutePolicy(requirement: .boundToken, reportOnly: ReportOnly(until: nil)), now: 0)
        guard case .permit(let permit) = decision else {
            Issue.record("nothing was refused")
            return
        }
        #expect(permit.wouldRefuse == nil)
    }
}

import Testing

@testable import BindingPolicy

@Suite("Registered clients: what a token is worth in the hands of one")
struct ClientStandingTests {
    private let thumbprint: Thumbprint

    init() throws { thumbprint = try #require(Thumbprint(digest: [UInt8](repeating: 7, count: 32))) }

    private func token(_ scopes: [String], clientID: String? = "app", bound: Bool = true) throws -> VerifiedToken {
        let other = try #require(Thumbprint(digest: [UInt8](repeating: 8, count: 32)))
        return VerifiedToken(
            issuer: Issuer(name: "https://as", terms: TokenTerms(audiences: ["a"], leeway: 0)), subject: nil, clientID: clientID, expiresAt: 100,
            notBefore: nil, audiences: ["a"], scopes: scopes, confirmation: .certificate(bound ? thumbprint : other))
    }

    private func reason(
        _ token: VerifiedToken, _ client: ClientStanding?, _ policy: RoutePolicy = .boundToken
    ) -> DenialReason? {
        guard case .deny(let denial) = policy.decide(token, shownBy: thumbprint, of: client, now: 1) else { return nil }
        return denial.reason
    }

    @Test("A token's client_id must be one of the client's, where the file says which")
    func clientIDs() throws {
        let client = ClientStanding(id: "c", clientIDs: ["app", "app2"])
        #expect(try reason(token([]), client) == nil && reason(token([], clientID: "app2"), client) == nil)
        for other in ["other", "APP", "app ", "", nil] {
            #expect(try reason(token([], clientID: other), client) == .clientMismatch)
            #expect(try reason(token([], clientID: other), ClientStanding(id: "c")) == nil)
            #expect(try reason(token([], clientID: other), nil) == nil)
        }
        // Whose token it is comes after whose certificate it is bound to.
        #expect(try reason(token([], clientID: "other", bound: false), client) == .confirmationMismatch)
    }

    @Test("A scope counts that both the token and the client have")
    func scopes() throws {
        let client = ClientStanding(id: "c", scopes: ["r", "w"])
        let both = RoutePolicy(requirement: .boundToken, scopes: ["r", "w"])
        let either = RoutePolicy(requirement: .boundToken, anyScope: ["r", "x"])
        #expect(try reason(token(["r", "w", "x"]), client, both) == nil)
        #expect(try reason(token(["r"]), client, both) == .scopeInsufficient)
        #expect(try reason(token(["r", "w"]), ClientStanding(id: "c", scopes: ["r"]), both) == .scopeNotForClient)
        #expect(try reason(token(["r", "w"]), ClientStanding(id: "c", scopes: []), both) == .scopeNotForClient)
        #expect(try reason(token(["r", "w"]), ClientStanding(id: "c"), both) == nil)
        #expect(try reason(token(["r"]), client, either) == nil)
        // The token has the one, and the client the other.
        #expect(try reason(token(["x"]), client, either) == .scopeNotForClient)
        #expect(try reason(token(["w"]), client, either) == .scopeInsufficient)
        #expect(try reason(token(["r"]), ClientStanding(id: "c", scopes: [])) == nil)
    }

    @Test("Each limit leaves less, and none gives more")
    func narrowing() {
        let client = ClientStanding(id: "c", scopes: ["a", "b"], clientIDs: ["app"])
        #expect(client.narrowed(to: ["b", "c"]) == ClientStanding(id: "c", scopes: ["b"], clientIDs: ["app"]))
        #expect(client.narrowed(to: ["b", "c"]).narrowed(to: ["a", "c"]).scopes == [])
        #expect(ClientStanding(id: "c").narrowed(to: ["x"]).scopes == ["x"] && client.narrowed(to: []).scopes == [])
        #expect(client.mayUse("a") && !client.mayUse("A") && !client.mayUse("") && ClientStanding(id: "c").mayUse("whatever"))
    }
}

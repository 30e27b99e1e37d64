import BindingPolicy
import Testing
import TokenValidation

@Suite("Which issuer a token is tried at")
struct OpaqueTokensTests {
    private let other = "https://other.example.com"
    private let third = "https://third.example.com"

    private func authenticator(_ policies: IssuerPolicy...) -> TokenAuthenticator {
        var authenticator = TokenAuthenticator(policies, cacheCapacity: 64)
        for index in policies.indices { authenticator.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: index) }
        return authenticator
    }

    private func place(_ token: String, _ authenticator: inout TokenAuthenticator) -> Int? {
        let inquiry = authenticator.inquiry(token)
        return authenticator.place(of: inquiry)
    }

    @Test func anOpaqueTokenIsMalformedWhereNobodyIsAsked() {
        var authenticator = authenticator(IssuerPolicy(issuer: TokenMint.issuer, audiences: [TokenMint.audience]))
        for token in ["opaque", "a.b", "", "a.b.c.d"] { #expect(authenticator.refusal(of: token) == .tokenMalformed) }
        #expect(authenticator.refusal(of: "a.b.c.d.e") == .tokenEncrypted)
    }

    @Test("The longest prefix chooses the issuer, and without one the one that has none")
    func prefixes() {
        var authenticator = authenticator(
            .introspecting(prefix: "ab"), .introspecting(issuer: other), .introspecting(prefix: "abc", issuer: third))
        #expect(place("abx", &authenticator) == 0)
        #expect(place("ab", &authenticator) == 0)
        #expect(place("abcx", &authenticator) == 2)
        #expect(place("a", &authenticator) == 1)
        #expect(place("ABC", &authenticator) == 1)
        #expect(authenticator.inquiry("abx")?.verified == nil)
    }

    @Test("Of many prefixes that begin alike the longest is found that the token has, as by trying one after the other")
    func manyPrefixes() {
        var state: UInt64 = 1
        func word(_ longest: UInt64) -> String {
            func chance(_ bound: UInt64) -> UInt64 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return state >> 33 % bound
            }
            return String((0..<chance(longest + 1)).map { _ in chance(3) == 0 ? "b" : "a" })
        }
        for _ in 0..<50 {
            let prefixes = Array(Set((0..<12).map { _ in word(6) }))
            var authenticator = TokenAuthenticator(
                prefixes.enumerated().map { .introspecting(prefix: $1.isEmpty ? nil : $1, issuer: "https://\($0).example.com") }, cacheCapacity: 0)
            for _ in 0..<50 {
                let token = "a" + word(9)
                let expected = prefixes.indices.filter { token.hasPrefix(prefixes[$0]) }.max { prefixes[$0].count < prefixes[$1].count }
                #expect(place(token, &authenticator) == expected, "\(token) \(prefixes)")
            }
        }
    }

    @Test("Of many issuers with names alike each is found, and no other name is one (JWT-24)")
    func manyIssuers() {
        let others = ["https://as", "https://as.example.com/", "https://as.example.com/000"]
        let names = (0..<50).map { "https://as.example.com/\($0 * 7 % 50)" } + others
        var authenticator = TokenAuthenticator(names.map { IssuerPolicy(issuer: $0, audiences: ["x"]) }, cacheCapacity: 0)
        func refusal(_ issuer: String) -> TokenRefusal? {
            Array(TokenMint().with(claim: "iss", "\"\(issuer)\"").token.utf8).withUnsafeBytes {
                if case .refused(let refusal) = authenticator.authenticate($0, now: TokenMint.now) { refusal } else { nil }
            }
        }
        for name in names {
            #expect(refusal(name)?.reason == .keysUnavailable && refusal(name)?.doubt?.issuer.name == name)
        }
        #expect(refusal("https://as.example.com\\/7")?.doubt?.issuer === authenticator.verifier.issuers[1])
        for name in ["https://as.example.com/50", "https://as.example.com/0/", "https://AS.example.com/1", "h", "https://as.example.com/00"] {
            #expect(refusal(name)?.reason == .issuerUnknown, "\(name)")
        }
    }

    @Test func aTokenWithoutAnyIssuersPrefixIsNotShownToOne() {
        var authenticator = authenticator(.introspecting(prefix: "ab_"))
        #expect(authenticator.inquiry("ab_x") != nil)
        #expect(authenticator.refusal(of: "opaque") == .tokenMalformed)
        #expect(authenticator.refusal(of: "") == .tokenMalformed)
    }

    @Test func twoIssuersThatWouldBothBeAskedAreNotAsked() {
        var authenticator = authenticator(.introspecting(), .introspecting(issuer: other))
        #expect(authenticator.refusal(of: "opaque") == .tokenMalformed)
    }

    @Test("A JWT goes to the issuer it names and to no other (JWT-24)")
    func jwt() {
        var authenticator = authenticator(
            .introspecting(issuer: other), IssuerPolicy(issuer: TokenMint.issuer, audiences: [TokenMint.audience]))
        guard case .verified(let token) = authenticator.authenticate(TokenMint().token) else { return #expect(Bool(false)) }
        #expect(token.issuer === authenticator.verifier.issuers[1])
        #expect(place(TokenMint().with(claim: "iss", "\"\(other)\"").token, &authenticator) == 0)
        #expect(authenticator.refusal(of: TokenMint().with(claim: "iss", "\"\(third)\"").token) == .issuerUnknown)
        #expect(authenticator.refusal(of: TokenMint("ES256", .otherP256).token) == .signatureInvalid)
        #expect(authenticator.refusal(of: TokenMint("none").token) == .algorithmNotAllowed)
        #expect(authenticator.refusal(of: TokenMint().with(claim: "iss", nil).token) == .claimMissing)
        #expect(authenticator.refusal(of: TokenMint().with(claim: "iss", "1").token) == .claimsMalformed)
    }

    @Test("Nor is one whose header only a lenient reader would take (JWT-03, JWT-24)")
    func misspelledJWT() {
        var authenticator = authenticator(
            .introspecting(issuer: other), IssuerPolicy(issuer: TokenMint.issuer, audiences: [TokenMint.audience]))
        for header in ["eyJhbGciOiJub25lIn1", "ey", "eyJh=", "eyJh bGci", "ewo"] {
            #expect(authenticator.inquiry("\(header).e30.x") == nil, "\(header)")
        }
        for opaque in ["ey.e30", "fyJh.e30.x", "ea.e30.x", "e.e30.x", ".e30.x"] {
            #expect(place(opaque, &authenticator) == 0, "\(opaque)")
        }
    }

    @Test func aJWTThatIsNotVerifiedHereIsAskedAboutWhateverItsSignature() {
        var authenticator = authenticator(.introspecting())
        let mints = [
            TokenMint(), TokenMint("ES256", .otherP256), TokenMint("HS256"), TokenMint().with(header: "typ", #""JWT""#),
            TokenMint().with(claim: "scope", #"["read"]"#).with(claim: "exp", nil),
        ]
        for mint in mints {
            let inquiry = authenticator.inquiry(mint.token)
            #expect(authenticator.place(of: inquiry) == 0)
            #expect(inquiry?.verified == nil)
        }
        #expect(authenticator.refusal(of: TokenMint().with(claim: "iss", "\"\(other)\"").token) == .issuerUnknown)
        #expect(authenticator.verifier.hasAllKeys)
        #expect(TokenVerifier([.introspecting()]).hasAllKeys)
        #expect(!TokenVerifier([.introspecting(verifiesJWTs: true)]).hasAllKeys)
    }

    @Test("A JWT of an issuer that is also asked is verified first (MTLS-13)")
    func both() {
        var authenticator = authenticator(.introspecting(verifiesJWTs: true))
        let inquiry = authenticator.inquiry(TokenMint().token)
        #expect(inquiry?.verified?.subject == "user-1")
        #expect(authenticator.refusal(of: TokenMint("ES256", .otherP256).token) == .signatureInvalid)
        #expect(authenticator.inquiry("opaque")?.verified == nil)
    }

    @Test("An issuer that is asked about opaque tokens alone is not shown its JWTs")
    func opaqueAlone() {
        var authenticator = authenticator(.introspecting(verifiesJWTs: true, asksAboutJWTs: false))
        guard case .verified(let token) = authenticator.authenticate(TokenMint().token) else { return #expect(Bool(false)) }
        #expect(token.subject == "user-1")
        #expect(authenticator.refusal(of: TokenMint("ES256", .otherP256).token) == .signatureInvalid)
        let inquiry = authenticator.inquiry("opaque")
        #expect(inquiry != nil && inquiry?.verified == nil)
        #expect(!TokenVerifier([.introspecting(verifiesJWTs: true, asksAboutJWTs: false)]).hasAllKeys)
    }

    @Test func aTokenOfThreePartsThatIsNoJWTIsOpaque() {
        var authenticator = authenticator(.introspecting())
        for token in ["a.b.c", "ya29.a0Af.x-y_z", "e30.b.c".replacingPrefix, "...", "a.b.c.d.e"] {
            #expect(authenticator.inquiry(token) != nil)
        }
        // `{}` is a JWT's header by its form, and what is wrong with it is for nobody else to see.
        #expect(authenticator.refusal(of: "e30.e30.c") == .algorithmMissing)
    }

    @Test("A token that is too long is shown to nobody (JWT-32)")
    func bounded() {
        var authenticator = authenticator(.introspecting())
        #expect(authenticator.inquiry(String(repeating: "a", count: 16384)) != nil)
        #expect(authenticator.refusal(of: String(repeating: "a", count: 16385)) == .tokenTooLarge)
    }

    @Test func withoutAskingTheVerifierVouchesForNoTokenThatMustBeAskedAbout() {
        var verifier = TokenVerifier([.introspecting(verifiesJWTs: true)])
        verifier.replaceKeys(keySet(SigningKey.p256.jwk()), ofIssuerAt: 0)
        #expect(verifier.refusal(of: TokenMint().token) == .introspectionUnavailable)
        #expect(verifier.refusal(of: "opaque") == .introspectionUnavailable)
    }
}

extension String {
    /// Another first character: base64url still, and no JSON any more.
    fileprivate var replacingPrefix: String { "a" + dropFirst() }
}

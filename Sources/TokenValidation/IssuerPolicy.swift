/// What is asked of the tokens of one issuer.
package struct IssuerPolicy: Equatable, Sendable {
    /// Which `typ` is accepted (RFC 9068 section 4, RFC 8725 section 3.11).
    package enum TokenType: String, CaseIterable, Sendable {
        /// `at+jwt` or `application/at+jwt`, and the claims that RFC 9068 section 2.2 requires.
        case accessToken = "at+jwt"
        /// Also `JWT` or none, for issuers before RFC 9068; `iss`, `exp` and `aud` are required.
        case any = "any"
    }

    /// Compared with `iss` octet by octet.
    package let issuer: String
    /// What the issuer calls us; BindingPolicy compares them on each request.
    package let audiences: [String]
    package let algorithms: [SignatureAlgorithm]
    package let type: TokenType
    /// Seconds, 0 to 300 (RFC 9068 section 4: at most a few minutes); values outside are brought to the nearer end.
    package let expiryLeeway: Double
    /// The claims that something has a use for: ``VerifiedToken/claims`` are these, in this order.
    package let claimNames: [String]
    /// Whether its JWTs are verified here. Where not, each is introspected instead.
    package let verifiesJWTs: Bool
    /// Nil where the issuer is not asked about tokens. Where it is, a JWT that was verified is asked about too.
    package let introspection: IntrospectionRule?

    package init(
        issuer: String, audiences: [String], algorithms: [SignatureAlgorithm] = [.es256, .ps256, .eddsa],
        type: TokenType = .accessToken, expiryLeeway: Double = 0, claimNames: [String] = [], verifiesJWTs: Bool = true,
        introspection: IntrospectionRule? = nil
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.algorithms = algorithms
        self.type = type
        self.expiryLeeway = expiryLeeway > 0 ? min(expiryLeeway, 300) : 0
        self.claimNames = claimNames
        self.verifiesJWTs = verifiesJWTs
        self.introspection = introspection
    }
}

/// That an issuer is asked about tokens, and about which (RFC 7662). How it is asked is ``IntrospectionSettings``.
package struct IntrospectionRule: Equatable, Sendable {
    /// What its opaque tokens begin with; nil for all that no other issuer's prefix claims.
    package let tokenPrefix: [UInt8]?

    package init(tokenPrefix: [UInt8]? = nil) { self.tokenPrefix = tokenPrefix }
}

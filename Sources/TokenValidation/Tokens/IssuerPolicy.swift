package import BindingPolicy

/// What is asked of the tokens of one issuer. Copies are about the same ``Issuer``; a policy made again is about another.
package struct IssuerPolicy: Sendable {
    /// Which `typ` is accepted (RFC 9068 section 4, RFC 8725 section 3.11).
    package enum TokenType: String, CaseIterable, Sendable {
        /// `at+jwt` or `application/at+jwt`.
        case accessToken = "at+jwt"
        /// Also `JWT` or none, for issuers before RFC 9068.
        case any = "any"

        /// What its tokens must have beside `iss`, `exp` and `aud`, unless the configuration says otherwise.
        package var requiredClaims: [String] {
            switch self {
            case .accessToken: ["sub", "client_id", "iat", "jti"]  // RFC 9068 section 2.2
            case .any: []
            }
        }
    }

    /// Its name is compared with `iss`, and its terms by BindingPolicy on each request: leeway from 0 to 300 s (RFC 9068 section 4: at most
    /// a few minutes), values outside brought to the nearer end.
    package let issuer: Issuer
    package let algorithms: [SignatureAlgorithm]
    package let type: TokenType
    /// Of each JWT, beside `iss`, `exp` and `aud`, which every one must have.
    package let requiredClaims: [String]
    /// Where its tokens, and its answers about tokens, have their scopes.
    package let scopeClaims: [String]
    /// The claims that something has a use for: ``VerifiedToken/claims`` are these.
    package let claimNames: [ClaimName]
    /// Whether its JWTs are verified here. Where not, each is introspected instead.
    package let verifiesJWTs: Bool
    /// Nil where the issuer is not asked about tokens.
    package let introspection: IntrospectionRule?
    /// The usual case, for which a token need not be read a second time.
    let readsScopeOnly: Bool

    /// - Parameter requiredClaims: nil for those of `type`.
    package init(
        issuer: String, audiences: [String], algorithms: [SignatureAlgorithm] = [.es256, .ps256, .eddsa],
        type: TokenType = .accessToken, requiredClaims: [String]? = nil, scopeClaims: [String] = ["scope"], expiryLeeway: Double = 0,
        claimNames: [ClaimName] = [], verifiesJWTs: Bool = true, introspection: IntrospectionRule? = nil
    ) {
        let leeway = expiryLeeway > 0 ? min(expiryLeeway, 300) : 0
        self.issuer = Issuer(name: issuer, terms: TokenTerms(audiences: audiences, leeway: leeway))
        self.algorithms = algorithms
        self.type = type
        self.requiredClaims = requiredClaims ?? type.requiredClaims
        self.scopeClaims = scopeClaims
        self.claimNames = claimNames
        self.verifiesJWTs = verifiesJWTs
        self.introspection = introspection
        readsScopeOnly = scopeClaims == ["scope"]
    }
}

/// That an issuer is asked about tokens, and about which (RFC 7662). How it is asked is ``IntrospectionSettings``.
package struct IntrospectionRule: Equatable, Sendable {
    /// What its opaque tokens begin with; nil for all that no other issuer's prefix claims.
    package let tokenPrefix: [UInt8]?
    /// Also about JWTs, those too that were verified here. Without it about opaque tokens alone.
    package let asksAboutJWTs: Bool
    /// Whether an answer must name an audience, as that of an opaque token is known by nothing else.
    package let needsAudience: Bool

    package init(tokenPrefix: [UInt8]? = nil, asksAboutJWTs: Bool = true, needsAudience: Bool = true) {
        self.tokenPrefix = tokenPrefix
        self.asksAboutJWTs = asksAboutJWTs
        self.needsAudience = needsAudience
    }
}

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

    package init(
        issuer: String, audiences: [String], algorithms: [SignatureAlgorithm] = [.es256, .ps256, .eddsa],
        type: TokenType = .accessToken, expiryLeeway: Double = 0
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.algorithms = algorithms
        self.type = type
        self.expiryLeeway = expiryLeeway > 0 ? min(expiryLeeway, 300) : 0
    }
}

/// Who vouches for a token: an issuer as one configuration has it, known by reference. Each token carries its own, so that it is held
/// against the terms under which its origin was proven, whatever has been configured since.
package final class Issuer: Sendable {
    /// As its tokens have it in `iss`, octet by octet.
    package let name: String
    package let terms: TokenTerms

    package init(name: String, terms: TokenTerms) {
        self.name = name
        self.terms = terms
    }
}

/// What the tokens of one issuer are held against, beside what each route asks.
package struct TokenTerms: Equatable, Sendable {
    /// What the issuer calls us; one must be in the token, exactly.
    package let audiences: [String]
    /// Seconds that a token is taken beyond its `exp`; 0 unless the issuer is configured otherwise.
    package let leeway: Double

    package init(audiences: [String], leeway: Double) {
        self.audiences = audiences
        self.leeway = leeway
    }
}

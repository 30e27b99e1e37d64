package import BindingPolicy

/// What an issuer said of a token, or that it could not be asked.
package struct IntrospectionAnswer: Sendable {
    /// `.tokenInactive`, `.issuerUnknown` and `.typeNotAccepted` are about the token; `.introspectionUnavailable` is not.
    package let outcome: Result<VerifiedToken, TokenRefusal>
    /// Seconds since 1970 until which it may be remembered; past where it may not be.
    package let validUntil: Double
    /// Whether it has a `scope` at all: one that has none says nothing about a JWT's own.
    let saysScopes: Bool

    package init(outcome: Result<VerifiedToken, TokenRefusal>, validUntil: Double, saysScopes: Bool = true) {
        self.outcome = outcome
        self.validUntil = validUntil
        self.saysScopes = saysScopes
    }

    /// About how many octets of memory it takes.
    var footprint: Int {
        switch outcome {
        case .success(let token): token.footprint
        case .failure(let refusal): refusal.footprint
        }
    }

    static let unavailable = IntrospectionAnswer(
        outcome: .failure(TokenRefusal(.introspectionUnavailable)), validUntil: -.infinity)
}

extension VerifiedToken {
    /// What holds by both this, an issuer's answer, and the token as it was verified. Of what the two say differently, nothing is
    /// believed: a claim counts as absent, and a binding to two certificates is one to none (RFC 8705 section 3.2).
    package func agreed(with verified: VerifiedToken, saysScopes: Bool) -> VerifiedToken {
        var claims = claims
        for name in verified.claims.names { claims[name] = Self.agreed(claims[name], verified.claims[name]) }
        return VerifiedToken(
            issuer: issuer, subject: Self.agreed(subject, verified.subject),
            clientID: Self.agreed(clientID, verified.clientID), expiresAt: min(expiresAt, verified.expiresAt),
            notBefore: [notBefore, verified.notBefore].compactMap(\.self).max(),
            audiences: namesAudience ? verified.audiences.filter { $0.isAmong(audiences) } : verified.audiences,
            scopes: !saysScopes ? verified.scopes : verified.scopes.isEmpty ? scopes : scopes.filter { $0.isAmong(verified.scopes) },
            confirmation: confirmation.agreed(with: verified.confirmation), acr: Self.agreed(acr, verified.acr),
            authenticatedAt: [authenticatedAt, verified.authenticatedAt].compactMap(\.self).min(), claims: claims,
            namesAudience: namesAudience || verified.namesAudience)
    }

    private static func agreed(_ one: ClaimValue?, _ other: ClaimValue?) -> ClaimValue? {
        guard let one, let other else { return one ?? other }
        return one == other ? one : nil
    }

    private static func agreed(_ one: String?, _ other: String?) -> String? {
        guard let one, let other else { return one ?? other }
        return one.utf8.elementsEqual(other.utf8) ? one : nil
    }
}

extension Confirmation {
    fileprivate func agreed(with other: Confirmation) -> Confirmation {
        switch (self, other) {
        case (.unusable, _), (_, .absent): self
        case (_, .unusable), (.absent, _): other
        case (.certificate(let one), .certificate(let two)): one == two ? self : .unusable(.confirmationMismatch)
        }
    }
}

extension String {
    /// Octet by octet, as everywhere that names are compared.
    fileprivate func isAmong(_ texts: [String]) -> Bool { texts.contains { $0.utf8.elementsEqual(utf8) } }
}

/// Evidence that a request may be forwarded. Only this file can make one, and ProxyEngine forwards nothing without it.
package struct Permit: Sendable {
    /// The token the request was judged by; nil on a route that asks for none.
    package let token: VerifiedToken?

    fileprivate init(token: VerifiedToken?) { self.token = token }
}

/// A refusal: its one reason and, for `scope_insufficient`, what would have been enough.
package struct Denial: Equatable, Sendable {
    package let reason: DenialReason
    /// The route's scopes, space-separated, for the challenge's `scope`.
    package let requiredScope: String?

    package init(_ reason: DenialReason, requiredScope: String? = nil) {
        self.reason = reason
        self.requiredScope = requiredScope
    }
}

package enum Decision: Sendable {
    case permit(Permit)
    case deny(Denial)
}

extension RoutePolicy {
    /// Seconds that `nbf` and `iat` may lie ahead: issuers' clocks run a little fast, and FAPI 2.0 section 5.3.2.1 (13) wants
    /// 10 s accepted and 60 s refused.
    package static let futureLeeway = 30.0

    /// Whether a route lets a request through that shows no token at all.
    package var needsToken: Bool { requirement == .boundToken }

    /// A request on a route that asks for no token. The certificate was asked for by the handshake.
    package func decideWithoutToken() -> Decision {
        needsToken ? .deny(Denial(.credentialsMissing)) : .permit(Permit(token: nil))
    }

    /// Holds a verified token against this connection, this moment and this route. Compared on each request, whether the
    /// token came from a cache or not; the earliest fault in the order of DT-14 is the one reported.
    ///
    /// - Parameters:
    ///   - audiences: what the token's issuer is configured to address us by; one must be in the token, exactly.
    ///   - now: seconds since 1970.
    ///   - leeway: seconds that a token is taken beyond its `exp`; 0 unless the issuer is configured otherwise.
    package func decide(
        _ token: VerifiedToken, shownBy thumbprint: Thumbprint, audiences: [String], now: Double, leeway: Double
    ) -> Decision {
        guard now < token.expiresAt + leeway else { return .deny(Denial(.tokenExpired)) }
        if let notBefore = token.notBefore, now + max(leeway, Self.futureLeeway) < notBefore { return .deny(Denial(.tokenNotYetValid)) }
        guard token.audiences.contains(where: { isSpelled($0, in: audiences) }) else { return .deny(Denial(.audienceMismatch)) }
        switch token.confirmation {
        case .absent: return .deny(Denial(.confirmationMissing))
        case .unusable(let reason): return .deny(Denial(reason))
        case .certificate(let bound):
            guard bound == thumbprint else { return .deny(Denial(.confirmationMismatch)) }
        }
        guard scopes.allSatisfy({ isSpelled($0, in: token.scopes) }) else {
            return .deny(Denial(.scopeInsufficient, requiredScope: scopes.joined(separator: " ")))
        }
        return .permit(Permit(token: token))
    }

    /// Octet by octet: to Swift's own comparison of strings, two spellings of one accented letter are equal (RFC 8725 section
    /// 3.9, RFC 8414 section 4).
    private func isSpelled(_ text: String, in texts: [String]) -> Bool { texts.contains { $0.utf8.elementsEqual(text.utf8) } }
}

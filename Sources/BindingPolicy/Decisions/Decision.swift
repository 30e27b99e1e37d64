/// Evidence that a request may be forwarded. Only this file can make one, and ProxyEngine forwards nothing without it.
package struct Permit: Sendable {
    /// The token the request was judged by; nil on a route that asks for none, and where it would have been refused.
    package let token: VerifiedToken?
    /// Why it would have been refused, were its route not `report_only`.
    package let wouldRefuse: DenialReason?
    /// The token that it would have been refused with, for the record alone: nothing of it may be believed.
    package let refusedToken: VerifiedToken?
    private let route: RoutePolicy

    fileprivate init(token: VerifiedToken?, on route: RoutePolicy, wouldRefuse: DenialReason? = nil, refusedToken: VerifiedToken? = nil) {
        self.token = token
        self.wouldRefuse = wouldRefuse
        self.refusedToken = refusedToken
        self.route = route
    }

    package var routeName: String { route.name }

    /// Where the request may go, and nowhere else.
    package var upstream: UpstreamName { route.upstream }
    /// Octets of its body; nil where its route does not say.
    package var maxBody: Int? { route.maxBody }
    /// What else than HTTP it may go on with.
    package var upgrade: RoutePolicy.Upgrade? { route.upgrade }

    /// What it is worth while its request is still being answered.
    package enum Standing: Equatable, Sendable {
        case holds
        /// It does not, and its route only reports that.
        case reported(DenialReason)
        case ended(DenialReason)
    }

    /// An answer may take hours, and nobody gets more of it than the token and the certificate are good for by now. What the route and the issuer
    /// ask for is what they asked for when the request began: a reload's new terms are for new requests.
    ///
    /// - Parameter peer: whose request it was, as it is known by now.
    package func standing(of peer: AuthenticatedPeer, at now: Double) -> Standing {
        guard let reason = peer.fault(at: now) ?? route.certificate.flatMap({ peer.fault(under: $0) }) ?? wouldRefuse ?? fault(of: peer, now) else {
            return .holds
        }
        return route.reportOnly?.isOn(at: now) ?? false ? .reported(reason) : .ended(reason)
    }

    private func fault(of peer: AuthenticatedPeer, _ now: Double) -> DenialReason? {
        let decision =
            if let token { route.decide(token, shownBy: peer.thumbprint, of: peer.client, now: now) } else {
                route.decideWithoutToken(shownBy: peer.thumbprint)
            }
        guard case .deny(let denial) = decision else { return nil }
        return denial.reason
    }
}

/// A refusal: its one reason and, where the client could do better, what would have been enough.
package struct Denial: Equatable, Sendable {
    package let reason: DenialReason
    /// The route's scopes, space-separated, for the challenge's `scope`.
    package let requiredScope: String?
    /// The route's `acr`, space-separated, for the challenge's `acr_values` (RFC 9470 section 3).
    package let requiredACR: String?
    /// Seconds, for the challenge's `max_age`.
    package let requiredAge: Int?
    /// The token that was found wanting, where its origin was proven, and the name of the route: for the record alone.
    package private(set) var token: VerifiedToken?
    package fileprivate(set) var routeName = ""

    package init(_ reason: DenialReason, requiredScope: String? = nil, requiredACR: String? = nil, requiredAge: Int? = nil) {
        self.reason = reason
        self.requiredScope = requiredScope
        self.requiredACR = requiredACR
        self.requiredAge = requiredAge
    }

    package func about(_ token: VerifiedToken) -> Denial {
        var denial = self
        denial.token = token
        return denial
    }

    /// They say the same to a client.
    package static func == (left: Denial, right: Denial) -> Bool {
        left.reason == right.reason && left.requiredScope == right.requiredScope && left.requiredACR == right.requiredACR
            && left.requiredAge == right.requiredAge
    }
}

package enum Decision: Sendable {
    case permit(Permit)
    case deny(Denial)

    /// What is done on a route that only reports: a refusal becomes a permit that says so. A permit made so carries no token, since
    /// nothing of it may be believed.
    package func reported(on route: RoutePolicy, now: Double) -> Decision {
        guard case .deny(var denial) = self else { return self }
        denial.routeName = route.name
        guard let mode = route.reportOnly, mode.isOn(at: now) else { return .deny(denial) }
        return .permit(Permit(token: nil, on: route, wouldRefuse: denial.reason, refusedToken: denial.token))
    }
}

extension RoutePolicy {
    /// Seconds that `nbf` and `iat` may lie ahead: issuers' clocks run a little fast, and FAPI 2.0 section 5.3.2.1 (13) wants
    /// 10 s accepted and 60 s refused.
    package static let futureLeeway = 30.0

    /// Whether a route lets no request through without a token.
    package var needsToken: Bool { requirement == .boundToken }

    /// On a route that asks for no token.
    package func decideWithoutToken(shownBy thumbprint: Thumbprint?) -> Decision {
        switch requirement {
        case .boundToken: .deny(Denial(.credentialsMissing))
        case .certificate where thumbprint == nil: .deny(Denial(.certificateMissing))
        case .certificate, .nothing: .permit(Permit(token: nil, on: self))
        }
    }

    /// Holds a token of proven origin against this connection, this moment and this route: the list of ``TokenCondition``. Compared on
    /// each request, whether the token came from a cache or not; the earliest fault is the one reported.
    ///
    /// - Parameters:
    ///   - thumbprint: of the connection's certificate; nil without one.
    ///   - client: which client that is; nil where the configuration names none.
    ///   - now: seconds since 1970.
    package func decide(_ token: VerifiedToken, shownBy thumbprint: Thumbprint?, of client: ClientStanding? = nil, now: Double) -> Decision {
        for condition in TokenCondition.order {
            if let denial = denial(by: condition, of: token, shownBy: thumbprint, client, now: now) { return .deny(denial.about(token)) }
        }
        return .permit(Permit(token: token, on: self))
    }

    private func denial(
        by condition: TokenCondition, of token: VerifiedToken, shownBy thumbprint: Thumbprint?, _ client: ClientStanding?, now: Double
    ) -> Denial? {
        let terms = token.issuer.terms
        return switch condition {
        case .issuer: counts(token.issuer) ? nil : Denial(.issuerNotForRoute)
        case .expiry: now < token.expiresAt + terms.leeway ? nil : Denial(.tokenExpired)
        case .beginning:
            (token.notBefore.map { now + max(terms.leeway, Self.futureLeeway) < $0 } ?? false) ? Denial(.tokenNotYetValid) : nil
        case .audience: isMeant(token, under: terms) ? nil : Denial(.audienceMismatch)
        case .binding: fault(in: token.confirmation, shownBy: thumbprint).map { Denial($0) }
        case .client: client?.owns(tokenOf: token.clientID) ?? true ? nil : Denial(.clientMismatch)
        case .authentication: acr.isEmpty || (token.acr?.isSpelled(in: acr) ?? false) ? nil : stepUp(.authenticationInsufficient)
        case .authenticationAge:
            maximumAuthenticationAge.map { isRecent(token.authenticatedAt, $0, now) } ?? true ? nil : stepUp(.authenticationTooOld)
        case .scope: scopeDenial(of: token, client)
        case .claims: claims.allSatisfy({ isMet($0, by: token) }) ? nil : Denial(.claimInsufficient)
        }
    }

    /// Whether the tokens of this issuer may be enough here.
    package func counts(_ issuer: Issuer) -> Bool { issuers.map { issuer.name.isSpelled(in: $0) } ?? true }

    /// For its issuer's audience, and for the part of the API that the route is.
    private func isMeant(_ token: VerifiedToken, under terms: TokenTerms) -> Bool {
        token.audiences.contains { $0.isSpelled(in: terms.audiences) }
            && (audiences.isEmpty || token.namesAudience && token.audiences.contains { $0.isSpelled(in: audiences) })
    }

    private func fault(in confirmation: Confirmation, shownBy thumbprint: Thumbprint?) -> DenialReason? {
        switch confirmation {
        case .absent: .confirmationMissing
        case .unusable(let reason): reason
        case .certificate(let bound): thumbprint == nil ? .confirmationUnproven : bound == thumbprint ? nil : .confirmationMismatch
        }
    }

    private func scopeDenial(of token: VerifiedToken, _ client: ClientStanding?) -> Denial? {
        guard scopes.allSatisfy({ $0.isSpelled(in: token.scopes) }) else { return scopeInsufficient(scopes) }
        guard anyScope.isEmpty || anyScope.contains(where: { $0.isSpelled(in: token.scopes) }) else {
            return scopeInsufficient(scopes + anyScope)
        }
        // What counts is what both have.
        guard let client, client.scopes != nil else { return nil }
        guard scopes.allSatisfy({ client.mayUse($0) }),
            anyScope.isEmpty || anyScope.contains(where: { $0.isSpelled(in: token.scopes) && client.mayUse($0) })
        else { return Denial(.scopeNotForClient) }
        return nil
    }

    /// A time that is yet to come is no time at which anybody authenticated.
    private func isRecent(_ time: Double?, _ age: Double, _ now: Double) -> Bool {
        time.map { now - $0 <= age && $0 <= now + Self.futureLeeway } ?? false
    }

    private func scopeInsufficient(_ scopes: [String]) -> Denial {
        Denial(.scopeInsufficient, requiredScope: scopes.joined(separator: " "))
    }

    private func stepUp(_ reason: DenialReason) -> Denial {
        Denial(reason, requiredACR: acr.isEmpty ? nil : acr.joined(separator: " "), requiredAge: maximumAuthenticationAge.map { Int($0) })
    }

    private func isMet(_ claim: Claim, by token: VerifiedToken) -> Bool {
        guard let value = token.claims[claim.name] else { return false }
        if claim.accepted.isEmpty { return !value.isEmpty }
        return claim.isOfWords ? value.matches(wordOf: claim.accepted) : value.matches(claim.accepted)
    }
}

package import BindingPolicy
package import HTTPWire

/// What one configuration asks of each request: the list of ``AccessCheck``, run over what a head says and over who sent it. Pure: no
/// socket, no clock, nothing remembered.
package struct AccessControl: Sendable {
    package let routes: RouteTable
    /// Of each of the listener's identities; empty where whatever is asked for is served.
    private let hosts: [ServedHosts]
    private let document: DocumentTarget?
    private let viaPseudonym: [UInt8]
    private let requiresInteractionID: Bool

    /// - Parameters:
    ///   - hosts: of each of the listener's identities; none serves whatever is asked for.
    ///   - viaPseudonym: what `Via` calls us.
    package init(
        routes: RouteTable, viaPseudonym: String, hosts: [ServedHosts] = [], document: DocumentTarget? = nil,
        requiresInteractionID: Bool = false
    ) {
        self.routes = routes
        self.viaPseudonym = Array(viaPseudonym.utf8)
        self.hosts = hosts
        self.document = document
        self.requiresInteractionID = requiresInteractionID
    }

    /// What the checks before the token come to.
    package enum Admission {
        case refused(RequestFault)
        /// Our own document is to be given.
        case document
        /// Without a look at a token: the decision as it is carried out, `report_only` included.
        case decided(Decision, RoutePolicy)
        /// Where the token stands, and the route that it has to be enough for.
        case token(Range<Int>, RoutePolicy)
    }

    /// - Parameters:
    ///   - octets: those that `head`'s ranges point into.
    ///   - now: seconds since 1970.
    ///   - passed: told of each check that did not end the list.
    package func admit(
        _ head: borrowing RequestHead, _ octets: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double,
        passed: (AccessCheck) -> Void = { _ in }
    ) -> Admission {
        var route = routes.fallback
        for check in AccessCheck.order {
            switch check {
            case .methodSpelling: if isMiscased(head, octets) { return .refused(.methodMiscased) }
            case .method: if head.method == .trace || head.method == .connect { return .refused(.methodRefused) }
            case .loop: if head.hasVia, hasPassedHere(head, octets) { return .refused(.loop) }
            case .host: if let fault = hostFault(head, octets, at: peer.site) { return .refused(fault) }
            case .document:
                guard let document, document.isMeant(by: head, octets) else { break }
                return head.method == .get || head.method == .head ? .document : .refused(.documentReadOnly)
            case .interactionID: if requiresInteractionID, !hasInteractionID(head, octets) { return .refused(.interactionIDMissing) }
            case .path:
                switch routes.match(method: octets.slice(head.methodRange), path: path(of: head, octets)) {
                case .policy(let policy): route = policy
                case .refused(let reason): return denied(reason, by: routes.ambiguous, now)
                }
            case .certificate: if let fault = peer.fault(at: now) { return denied(fault, by: route, now) }
            case .certificateTerms: if let terms = route.certificate, let fault = peer.fault(under: terms) { return denied(fault, by: route, now) }
            case .authorizationOnce: if head.authorizationCount > 1 { return denied(.credentialsDuplicated, by: route, now) }
            case .need:
                guard route.needsToken else {
                    let decision = route.decideWithoutToken(shownBy: peer.thumbprint)
                    return .decided(decision.reported(on: route, now: now), route)
                }
            case .credentials: return credentials(head, octets, route, now)
            }
            passed(check)
        }
        return denied(.credentialsMissing, by: route, now)  // Not reached: the last check ends the list.
    }

    private func denied(_ reason: DenialReason, by route: RoutePolicy, _ now: Double) -> Admission {
        .decided(Decision.deny(Denial(reason)).reported(on: route, now: now), route)
    }
}

// MARK: - Single checks

extension AccessControl {
    private func isMiscased(_ head: borrowing RequestHead, _ octets: UnsafeRawBufferPointer) -> Bool {
        head.isMethodMiscased || head.method == .other && routes.knowsInAnotherCase(method: octets.slice(head.methodRange))
    }

    private func hasPassedHere(_ head: borrowing RequestHead, _ octets: UnsafeRawBufferPointer) -> Bool {
        for index in 0..<head.fieldCount {
            guard let field = head.field(index), field.role == .via else { continue }
            if octets.slice(field.value).contains(viaPseudonym) { return true }
        }
        return false
    }

    /// A connection is good for the hosts of the identity that it was made under, and for no others: who is let in there may not be here.
    private func hostFault(_ head: borrowing RequestHead, _ octets: UnsafeRawBufferPointer, at site: SiteIndex) -> RequestFault? {
        guard !hosts.isEmpty else { return nil }
        guard !head.host.isEmpty else { return .hostMissing }
        let host = octets.slice(head.host)
        guard let meant = ServedHosts.best(hosts, for: host) else { return .misdirected }
        return meant == site.position ? nil : .otherConnection
    }

    private func hasInteractionID(_ head: borrowing RequestHead, _ octets: UnsafeRawBufferPointer) -> Bool {
        guard head.interactionIDCount == 1, let value = head.interactionID else { return false }
        return InteractionID(octets.slice(value)) != nil
    }

    /// `OPTIONS *` is about no path: what the routes call the asterisk.
    private func path(of head: borrowing RequestHead, _ octets: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        octets.slice(head.form == .asterisk ? head.target : head.path)
    }

    private func credentials(
        _ head: borrowing RequestHead, _ octets: UnsafeRawBufferPointer, _ route: RoutePolicy, _ now: Double
    ) -> Admission {
        let (value, query) = (head.authorization ?? 0..<0, head.query ?? 0..<0)
        switch BearerCredentials.find(lines: head.authorizationCount, value: octets.slice(value), query: octets.slice(query)) {
        case .refused(let reason): return denied(reason, by: route, now)
        case .bearer(let range): return .token(value.lowerBound + range.lowerBound..<value.lowerBound + range.upperBound, route)
        }
    }
}

// MARK: - Behind the proof of the token's origin

extension AccessControl {
    /// Holds a token of proven origin against its route and this connection; not reported yet.
    package func decide(_ token: VerifiedToken, on route: RoutePolicy, from peer: AuthenticatedPeer, now: Double) -> Decision {
        route.decide(token, shownBy: peer.thumbprint, of: peer.client, now: now)
    }

    /// Why a token could not pass here whatever its issuer said of it: nobody is shown more tokens than need be.
    ///
    /// Not for want of scope and the like: that a token is not valid comes first (DT-14), and only its issuer knows. Nor for want of a
    /// binding: the answer can have it (RFC 8705 section 3.2).
    /// - Parameter verified: what was verified of it already; nil of an opaque token.
    package func denialBeforeAsking(
        issuer: Issuer, verified: VerifiedToken?, on route: RoutePolicy, from peer: AuthenticatedPeer, now: Double
    ) -> Denial? {
        if !route.counts(issuer) { return Denial(.issuerNotForRoute) }
        guard let verified, case .deny(let denial) = decide(verified, on: route, from: peer, now: now),
            denial.reason.answer == .invalidToken, denial.reason != .confirmationMissing
        else { return nil }
        return denial
    }
}

extension UnsafeRawBufferPointer {
    /// The octets at `range`; none where it does not lie within.
    package func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        guard range.lowerBound >= 0, range.upperBound <= count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: self[range])
    }
}

import BindingPolicy
import HTTPWire
import NIOCore
import ProxyEngine
import Telemetry
import TokenValidation

/// A loop's judge: credentials, then the token, then its binding to this connection and what the route asks for.
///
/// The cache of verdicts remembers signatures and what introspection said; everything that `RoutePolicy.decide` compares is
/// compared each time.
final class TokenJudge: RequestJudge {
    private var authenticator: TokenAuthenticator
    private let terms: [TokenTerms]
    private let routes: RouteTable
    /// By the issuer's position; nil for those that are not asked.
    private let introspectors: [Introspector?]
    private let counters: LoopCounters
    private let eventLoop: any EventLoop
    private let onStaleKeys: (Int) -> Void

    /// - Parameter onStaleKeys: told the position of an issuer whose keys did not fit a token.
    init(
        policies: [IssuerPolicy], cacheCapacity: Int, routes: RouteTable, introspectors: [Introspector?], counters: LoopCounters,
        eventLoop: any EventLoop, onStaleKeys: @escaping (Int) -> Void
    ) {
        authenticator = TokenAuthenticator(policies, cacheCapacity: cacheCapacity)
        terms = policies.map { TokenTerms(audiences: $0.audiences, leeway: $0.expiryLeeway) }
        self.routes = routes
        self.introspectors = introspectors
        self.counters = counters
        self.eventLoop = eventLoop
        self.onStaleKeys = onStaleKeys
    }

    func replaceKeys(_ keys: KeySet?, ofIssuerAt index: Int) { authenticator.replaceKeys(keys, ofIssuerAt: index) }

    func judge(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double,
        for client: any LookupClient
    ) -> Judgement {
        let (route, judgement) = preliminary(head, bytes, from: peer, now: now)
        switch judgement {
        case .decided(let decision): return .decided(decision.reported(by: route.reportOnly, now: now))
        case .token(let token):
            switch authenticate(token, now: now) {
            case .verified(let verified):
                let decision = decide(verified, on: route, from: peer, now: now)
                return .decided(decision.reported(by: route.reportOnly, now: now))
            case .refused(let refusal): return .decided(deny(refusal).reported(by: route.reportOnly, now: now))
            case .unknown(let inquiry):
                switch look(up: token, inquiry, on: route, from: peer, for: client, now: now) {
                case .decided(let decision): return .decided(decision.reported(by: route.reportOnly, now: now))
                case .later(let lookup): return .later(lookup)
                }
            }
        }
    }

    func conclude(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double,
        after lookup: any PendingLookup
    ) -> Decision {
        let (route, judgement) = preliminary(head, bytes, from: peer, now: now)
        let decision: Decision
        switch judgement {
        case .decided(let earlier): decision = earlier
        case .token:
            if let lookup = lookup as? TokenLookup, let answer = lookup.answer {
                decision = settle(answer, lookup.inquiry, on: route, from: peer, now: now)
            } else {
                decision = .deny(Denial(.introspectionUnavailable))
            }
        }
        return decision.reported(by: route.reportOnly, now: now)
    }

    // MARK: Before the token

    private enum Preliminary {
        case decided(Decision)
        case token(UnsafeRawBufferPointer)
    }

    /// The route; the certificate, which was judged at the handshake and may have run out since; the credentials.
    private func preliminary(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double
    ) -> (RoutePolicy, Preliminary) {
        let route: RoutePolicy
        switch routes.match(method: bytes.slice(head.methodRange), path: bytes.slice(head.path)) {
        case .policy(let policy): route = policy
        case .refused(let reason): return (routes.ambiguous, .decided(.deny(Denial(reason))))
        }
        if let fault = peer.fault(at: now) { return (route, .decided(.deny(Denial(fault)))) }
        // Also where no token is asked for: the upstream might take the one or the other.
        guard head.authorizationCount <= 1 else { return (route, .decided(.deny(Denial(.credentialsDuplicated)))) }
        guard route.needsToken else {
            let decision = route.decideWithoutToken(shownBy: peer.thumbprint)
            if case .permit = decision { counters.countWithoutToken(route.requirement.rawValue) }
            return (route, .decided(decision))
        }
        let value = head.authorization.map { bytes.slice($0) } ?? UnsafeRawBufferPointer(start: nil, count: 0)
        let query = head.query.map { bytes.slice($0) } ?? UnsafeRawBufferPointer(start: nil, count: 0)
        switch BearerCredentials.find(lines: head.authorizationCount, value: value, query: query) {
        case .refused(let reason): return (route, .decided(.deny(Denial(reason))))
        case .bearer(let range): return (route, .token(value.slice(range)))
        }
    }

    // MARK: The token

    private func authenticate(_ token: UnsafeRawBufferPointer, now: Double) -> TokenAuthenticator.Finding {
        defer {
            counters.metrics.verdictHits = authenticator.hits
            counters.metrics.verdictMisses = authenticator.misses
        }
        return authenticator.authenticate(token, now: now)
    }

    private func deny(_ refusal: TokenRefusal) -> Decision {
        if let issuer = refusal.staleIssuer { onStaleKeys(issuer) }
        return .deny(Denial(refusal.reason))
    }

    private func decide(_ token: VerifiedToken, on route: RoutePolicy, from peer: AuthenticatedPeer, now: Double) -> Decision {
        guard terms.indices.contains(token.issuerIndex) else { return .deny(Denial(.issuerUnknown)) }
        return route.decide(token, shownBy: peer.thumbprint, under: terms[token.issuerIndex], now: now)
    }

    // MARK: Introspection

    /// Asks the issuer about a token, unless it could not pass here whatever the answer: no issuer is shown more tokens than need be.
    private func look(
        up token: UnsafeRawBufferPointer, _ inquiry: TokenAuthenticator.Inquiry, on route: RoutePolicy, from peer: AuthenticatedPeer,
        for client: any LookupClient, now: Double
    ) -> Judgement {
        if let issuers = route.issuers, !issuers.contains(inquiry.issuerIndex) { return .decided(.deny(Denial(.issuerNotForRoute))) }
        // Not for want of scope and the like: that a token is not valid comes first (DT-14), and only its issuer knows. Nor for want of a
        // binding: the answer can have it (RFC 8705 section 3.2).
        if let verified = inquiry.verified, case .deny(let denial) = decide(verified, on: route, from: peer, now: now),
            denial.reason.answer == .invalidToken, denial.reason != .confirmationMissing
        {
            return .decided(.deny(denial))
        }
        guard introspectors.indices.contains(inquiry.issuerIndex), let introspector = introspectors[inquiry.issuerIndex] else {
            return .decided(.deny(Denial(.introspectionUnavailable)))
        }
        let lookup = TokenLookup(inquiry, at: introspector, for: client)
        let (eventLoop, bound) = (eventLoop, NIOLoopBound(lookup, eventLoop: eventLoop))
        let looked = introspector.lookUp([UInt8](token), inquiry.digest, now: now) { answer in
            eventLoop.execute { bound.value.arrived(answer) }
        }
        switch looked {
        case .answered(let answer): return .decided(settle(answer, inquiry, on: route, from: peer, now: now))
        case .pending(let ticket):
            lookup.ticket = ticket
            return .later(lookup)
        }
    }

    private func settle(
        _ answer: IntrospectionAnswer, _ inquiry: TokenAuthenticator.Inquiry, on route: RoutePolicy, from peer: AuthenticatedPeer, now: Double
    ) -> Decision {
        switch authenticator.settle(answer, for: inquiry, now: now) {
        case .success(let verified): decide(verified, on: route, from: peer, now: now)
        case .failure(let refusal): deny(refusal)
        }
    }
}

/// A request's place among those that wait for what an issuer says of their token. The loop's alone.
private final class TokenLookup: PendingLookup {
    let inquiry: TokenAuthenticator.Inquiry
    private let introspector: Introspector
    private var client: (any LookupClient)?
    var ticket: Introspector.Ticket?
    private(set) var answer: IntrospectionAnswer?

    init(_ inquiry: TokenAuthenticator.Inquiry, at introspector: Introspector, for client: any LookupClient) {
        self.inquiry = inquiry
        self.introspector = introspector
        self.client = client
    }

    func arrived(_ answer: IntrospectionAnswer) {
        guard let client else { return }
        self.client = nil
        self.answer = answer
        client.lookupEnded()
    }

    func abandon() {
        client = nil
        if let ticket { introspector.abandon(ticket) }
    }
}

extension UnsafeRawBufferPointer {
    /// The octets at `range`; none where it does not lie within.
    fileprivate func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        guard range.lowerBound >= 0, range.upperBound <= count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: self[range])
    }
}

import AccessControl
import BindingPolicy
import HTTPWire
import NIOCore
import ProxyEngine
import Telemetry
import TokenValidation

/// A loop's judge: the list of `AccessControl`, with the proof of a token's origin between its two halves.
///
/// The cache of verdicts remembers signatures and what introspection said; everything else is looked at each time.
final class TokenJudge: RequestJudge {
    private var authenticator: TokenAuthenticator
    private let access: AccessControl
    /// By the issuer's position; nil for those that are not asked.
    private let introspectors: [Introspector?]
    private let counters: LoopCounters
    private let eventLoop: any EventLoop
    private let onStaleKeys: (Int) -> Void

    /// - Parameter onStaleKeys: told the position of an issuer whose keys did not fit a token.
    init(
        policies: [IssuerPolicy], cacheCapacity: Int, access: AccessControl, introspectors: [Introspector?], counters: LoopCounters,
        eventLoop: any EventLoop, onStaleKeys: @escaping (Int) -> Void
    ) {
        authenticator = TokenAuthenticator(policies, cacheCapacity: cacheCapacity)
        self.access = access
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
        switch access.admit(head, bytes, from: peer, now: now) {
        case .refused(let fault): return .refused(fault)
        case .document: return .document
        case .decided(let decision, let route):
            noteDecision(decision, without: route)
            return .decided(decision)
        case .token(let token, let route):
            switch authenticate(token, now: now) {
            case .verified(let verified):
                let decision = access.decide(verified, on: route, from: peer, now: now)
                return .decided(decision.reported(by: route.reportOnly, now: now))
            case .refused(let refusal): return .decided(deny(refusal).reported(by: route.reportOnly, now: now))
            case .unknown(let inquiry):
                switch look(up: token, inquiry, on: route, from: peer, for: client, now: now) {
                case .decided(let decision): return .decided(decision.reported(by: route.reportOnly, now: now))
                case let other: return other
                }
            }
        }
    }

    func conclude(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double,
        after lookup: any PendingLookup
    ) -> Decision {
        // What comes before the token is looked at again: time has passed.
        switch access.admit(head, bytes, from: peer, now: now) {
        case .refused, .document: return .deny(Denial(.introspectionUnavailable))  // The same head was admitted before.
        case .decided(let decision, _): return decision
        case .token(_, let route):
            guard let lookup = lookup as? TokenLookup, let answer = lookup.answer else {
                return Decision.deny(Denial(.introspectionUnavailable)).reported(by: route.reportOnly, now: now)
            }
            return settle(answer, lookup.inquiry, on: route, from: peer, now: now).reported(by: route.reportOnly, now: now)
        }
    }

    /// Requests that passed without a look at a token are counted.
    private func noteDecision(_ decision: Decision, without route: RoutePolicy) {
        guard case .permit(let permit) = decision, permit.wouldRefuse == nil else { return }
        counters.countWithoutToken(route.requirement.rawValue)
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

    // MARK: Introspection

    /// Asks the issuer about a token, unless it could not pass here whatever the answer: no issuer is shown more tokens than need be.
    private func look(
        up token: UnsafeRawBufferPointer, _ inquiry: TokenAuthenticator.Inquiry, on route: RoutePolicy, from peer: AuthenticatedPeer,
        for client: any LookupClient, now: Double
    ) -> Judgement {
        let verified = inquiry.verified
        if let denial = access.denialBeforeAsking(issuer: inquiry.issuerIndex, verified: verified, on: route, from: peer, now: now) {
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
        case .success(let verified): access.decide(verified, on: route, from: peer, now: now)
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

import AccessControl
import BindingPolicy
import ClientIdentity
import HTTPWire
import HoldfastConfiguration
import NIOCore
import ProxyEngine
import Telemetry
import TokenValidation

/// A loop's judge: the list of `AccessControl`, with the proof of a token's origin between its two halves.
///
/// The cache of verdicts remembers signatures and what introspection said; everything else is looked at each time.
final class TokenJudge: RequestJudge {
    @exclusivity(unchecked) private var authenticator: TokenAuthenticator
    /// Kept for as long as anything is judged by it.
    private let generation: Generation
    private let access: AccessControl
    private let desks: IssuerDesks
    /// Those that the keys at hand have.
    private var changesSeen = -1
    private let counters: LoopCounters
    private let eventLoop: any EventLoop
    private var searches = SearchBudget()

    /// - Parameter earlier: the loop's judge so far. What it remembers goes over; it begins anew, for the requests that keep it.
    init(_ generation: Generation, counters: LoopCounters, eventLoop: any EventLoop, after earlier: TokenJudge?) {
        self.generation = generation
        desks = generation.desks
        access = generation.blueprint.access
        authenticator = TokenAuthenticator(desks.policies, cacheCapacity: generation.blueprint.configuration.verificationCache)
        self.counters = counters
        self.eventLoop = eventLoop
        if let earlier {
            authenticator.takeMemory(of: &earlier.authenticator)
            searches = earlier.searches
        }
    }

    /// Takes over the issuers' latest keys.
    private func refreshKeys() {
        let count = generation.changes.count
        guard count != changesSeen else { return }
        changesSeen = count
        for desk in desks.all { authenticator.replaceKeys(desk.keys.latest, of: desk.issuer) }
    }

    /// One request, as far as its token's verdict depends on it beside its route.
    private struct Asking {
        let peer: AuthenticatedPeer
        let client: any LookupClient
        let now: Double
        /// Of the head, that is kept while the request waits.
        let octets: Int
    }

    func judge(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double,
        for client: any LookupClient
    ) -> Judgement {
        take(head, bytes, from: peer, now: now, for: client) { token, route, asking in judge(token, on: route, asking, after: nil) }
    }

    func conclude(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double,
        after lookup: any PendingLookup, for client: any LookupClient
    ) -> Judgement {
        take(head, bytes, from: peer, now: now, for: client) { token, route, asking in
            if let lookup = lookup as? KeyLookup { return judge(token, on: route, asking, after: lookup) }
            guard let lookup = lookup as? TokenLookup, let answer = lookup.answer else {
                return .decided(.deny(Denial(.introspectionUnavailable)))
            }
            return .decided(settle(answer, lookup.inquiry, on: route, from: peer, now: now))
        }
    }

    /// What comes before the token, then the token, and what its route makes of a refusal.
    private func take(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double,
        for client: any LookupClient, _ judge: (UnsafeRawBufferPointer, RoutePolicy, Asking) -> Judgement
    ) -> Judgement {
        switch access.admit(head, bytes, from: peer, now: now) {
        case .refused(let fault): return .refused(fault)
        case .document: return .document
        case .decided(let decision, let route):
            noteDecision(decision, without: route)
            return .decided(decision)
        case .token(let token, let route):
            switch judge(bytes.slice(token), route, Asking(peer: peer, client: client, now: now, octets: bytes.count)) {
            case .decided(let decision): return .decided(decision.reported(on: route, now: now))
            case let other: return other
            }
        }
    }

    /// Requests that passed without a look at a token are counted.
    private func noteDecision(_ decision: Decision, without route: RoutePolicy) {
        guard case .permit(let permit) = decision, permit.wouldRefuse == nil else { return }
        counters.countWithoutToken(route.requirement.rawValue)
    }

    // MARK: The token

    /// - Parameter earlier: the look at the issuer's keys that the request has waited for.
    private func judge(_ token: UnsafeRawBufferPointer, on route: RoutePolicy, _ asking: Asking, after earlier: KeyLookup?) -> Judgement {
        switch authenticate(token, asking) {
        case .verified(let verified): .decided(decide(verified, on: route, from: asking.peer, now: asking.now))
        case .refused(let refusal): refuse(refusal, on: route, asking, after: earlier)
        case .unknown(let inquiry): look(up: token, inquiry, on: route, asking)
        }
    }

    /// A token of another certificate than the connection's is told from one of the certificate that it has replaced.
    private func decide(_ token: VerifiedToken, on route: RoutePolicy, from peer: AuthenticatedPeer, now: Double) -> Decision {
        let decision = access.decide(token, on: route, from: peer, now: now)
        guard case .deny(let denial) = decision, denial.reason == .confirmationMismatch, case .certificate(let bound) = token.confirmation,
            let shown = peer.thumbprint, generation.seen.isRenewed(bound, by: shown)
        else { return decision }
        return .deny(Denial(.certificateRenewed).about(token))
    }

    private func authenticate(_ token: UnsafeRawBufferPointer, _ asking: Asking) -> TokenFinding {
        let (hits, misses) = (authenticator.hits, authenticator.misses)
        defer {
            counters.metrics.verdictHits &+= authenticator.hits &- hits
            counters.metrics.verdictMisses &+= authenticator.misses &- misses
        }
        refreshKeys()
        let client = asking.peer.thumbprint
        let finding = authenticator.authenticate(token, now: asking.now, tries: searches.tries(for: client, now: asking.now))
        if case .refused(let refusal) = finding, let tried = refusal.doubt?.tried { searches.failed(by: client, tried: tried, now: asking.now) }
        return finding
    }

    /// A token that may be signed with a key that its issuer has since the last look waits for another, unless it could not pass whatever
    /// that finds.
    private func refuse(_ refusal: TokenRefusal, on route: RoutePolicy, _ asking: Asking, after earlier: KeyLookup?) -> Judgement {
        let denial = Judgement.decided(.deny(Denial(refusal.reason)))
        guard let doubt = refusal.doubt else { return denial }
        let keeper = desks[doubt.issuer]?.keeper
        guard doubt.isWorthWaiting else {
            keeper?.requestRefresh()
            return denial
        }
        guard let keeper, let client = asking.peer.thumbprint, asking.now < doubt.expiresAt, route.counts(doubt.issuer),
            earlier?.mayLookAgain ?? true,
            let lookup = KeyLookup(
                at: keeper, for: client, client: asking.client, octets: asking.octets, holding: authenticator.keys(of: doubt.issuer),
                after: earlier, on: eventLoop)
        else { return denial }
        return .later(lookup)
    }

    // MARK: Introspection

    /// Asks the issuer about a token, unless it could not pass here whatever the answer: no issuer is shown more tokens than need be.
    private func look(
        up token: UnsafeRawBufferPointer, _ inquiry: Inquiry, on route: RoutePolicy, _ asking: Asking
    ) -> Judgement {
        let (peer, now) = (asking.peer, asking.now)
        let verified = inquiry.verified
        if let denial = access.denialBeforeAsking(issuer: inquiry.issuer, verified: verified, on: route, from: peer, now: now) {
            return .decided(.deny(denial))
        }
        guard let introspector = desks[inquiry.issuer]?.introspector else {
            return .decided(.deny(Denial(.introspectionUnavailable)))
        }
        let lookup = TokenLookup(inquiry, at: introspector, for: asking.client)
        let (eventLoop, bound) = (eventLoop, NIOLoopBound(lookup, eventLoop: eventLoop))
        let looked = introspector.lookUp([UInt8](token), inquiry.digest, for: peer.thumbprint, octets: asking.octets, now: now) { answer in
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
        _ answer: IntrospectionAnswer, _ inquiry: Inquiry, on route: RoutePolicy, from peer: AuthenticatedPeer, now: Double
    ) -> Decision {
        switch authenticator.settle(answer, for: inquiry, now: now) {
        case .success(let verified): decide(verified, on: route, from: peer, now: now)
        case .failure(let refusal): .deny(Denial(refusal.reason))
        }
    }
}

/// A request's place among those that wait for what an issuer says of their token. The loop's alone.
private final class TokenLookup: PendingLookup {
    let inquiry: Inquiry
    private let introspector: Introspector
    private var client: (any LookupClient)?
    var ticket: Introspector.Ticket?
    private(set) var answer: IntrospectionAnswer?

    init(_ inquiry: Inquiry, at introspector: Introspector, for client: any LookupClient) {
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

import BindingPolicy
import HTTPWire
import ProxyEngine
import Telemetry
import TokenValidation

/// A loop's judge: credentials, then the token, then its binding to this connection and what the route asks for.
///
/// The cache of verdicts remembers signatures; everything that `RoutePolicy.decide` compares is compared each time.
final class TokenJudge: RequestJudge {
    private var authenticator: TokenAuthenticator
    private let terms: [TokenTerms]
    private let routes: RouteTable
    private let counters: LoopCounters
    private let onStaleKeys: (Int) -> Void

    /// - Parameter onStaleKeys: told the position of an issuer whose keys did not fit a token.
    init(
        policies: [IssuerPolicy], cacheCapacity: Int, routes: RouteTable, counters: LoopCounters, onStaleKeys: @escaping (Int) -> Void
    ) {
        authenticator = TokenAuthenticator(policies, cacheCapacity: cacheCapacity)
        terms = policies.map { TokenTerms(audiences: $0.audiences, leeway: $0.expiryLeeway) }
        self.routes = routes
        self.counters = counters
        self.onStaleKeys = onStaleKeys
    }

    func replaceKeys(_ keys: KeySet?, ofIssuerAt index: Int) { authenticator.replaceKeys(keys, ofIssuerAt: index) }

    func judge(_ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double) -> Decision {
        let route: RoutePolicy
        switch routes.match(method: bytes.slice(head.methodRange), path: bytes.slice(head.path)) {
        case .policy(let policy): route = policy
        case .refused(let reason): return .deny(Denial(reason))
        }
        // The certificate was judged at the handshake, and may have run out since.
        if let fault = peer.fault(at: now) { return .deny(Denial(fault)) }
        guard route.needsToken else { return route.decideWithoutToken(shownBy: peer.thumbprint) }

        let value = head.authorization.map { bytes.slice($0) } ?? UnsafeRawBufferPointer(start: nil, count: 0)
        let query = head.query.map { bytes.slice($0) } ?? UnsafeRawBufferPointer(start: nil, count: 0)
        switch BearerCredentials.find(lines: head.authorizationCount, value: value, query: query) {
        case .refused(let reason): return .deny(Denial(reason))
        case .bearer(let range): return judge(value.slice(range), on: route, from: peer, now: now)
        }
    }

    private func judge(_ token: UnsafeRawBufferPointer, on route: RoutePolicy, from peer: AuthenticatedPeer, now: Double) -> Decision {
        let verdict = authenticator.authenticate(token, now: now)
        counters.metrics.verdictHits = authenticator.hits
        counters.metrics.verdictMisses = authenticator.misses
        switch verdict {
        case .failure(let refusal):
            if let issuer = refusal.staleIssuer { onStaleKeys(issuer) }
            return .deny(Denial(refusal.reason))
        case .success(let verified):
            guard terms.indices.contains(verified.issuerIndex) else { return .deny(Denial(.issuerUnknown)) }
            return route.decide(verified, shownBy: peer.thumbprint, under: terms[verified.issuerIndex], now: now)
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The octets at `range`; none where it does not lie within.
    fileprivate func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        guard range.lowerBound >= 0, range.upperBound <= count else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(rebasing: self[range])
    }
}

import BindingPolicy
import HoldfastConfiguration
import Logging
import TokenValidation

/// What is known of one issuer at the moment, and where to ask for more: its keys, and what it says of its tokens.
///
/// It outlives the generation that it was made for where the next one has the issuer just as it is: then keys, answers and budgets stay,
/// and so does the ``Issuer`` that tokens carry. Its keeper and its introspector run (``IssuerService``) until no generation has it.
final class IssuerDesk: Sendable {
    let plan: IssuerPlan
    let keys: IssuerKeys
    /// Nil where the issuer's tokens need no keys.
    let keeper: KeySetKeeper?
    /// Nil where the issuer is not asked about tokens.
    let introspector: Introspector?
    /// What runs for it.
    let work: IssuerWork

    var issuer: Issuer { plan.policy.issuer }

    /// - Parameters:
    ///   - earlier: the issuer's desk so far, whose keys serve on where they come from the same place.
    ///   - fixedKeys: in place of those that are to be fetched.
    init(_ plan: IssuerPlan, after earlier: IssuerDesk?, changes: KeyChanges, fixedKeys: KeySet? = nil, logger: Logger) {
        let (policy, keys) = (plan.policy, IssuerKeys(changes))
        var fetcher: HTTPDocumentFetcher?
        var keeper: KeySetKeeper?
        if let source = plan.keySource, fixedKeys == nil {
            let kept = earlier.flatMap { $0.plan.hasKeysOf(plan) ? $0.keeper?.kept : nil }
            if let kept { keys.replace(kept.keys) }
            let documents = HTTPDocumentFetcher(authorities: plan.authorities)
            fetcher = documents
            keeper = KeySetKeeper(
                source: source, timing: Self.timing(of: plan.configured, source), anyMediaType: plan.configured.keysMediaType == .any,
                keeping: kept, fetcher: documents, publish: { keys.replace($0) }, report: { Self.log($0, of: policy, logger) })
        }
        let introspector = plan.introspection.map { [keeper] introspection in
            Introspector(
                policy: policy, settings: introspection.settings, authentication: introspection.authentication,
                anyMediaType: introspection.anyMediaType, authorities: introspection.authorities,
                report: { Self.log($0, of: policy, logger) },
                onStaleKeys: { client, seconds in _ = await keeper?.look(for: client, seconds: seconds) })
        }
        if let introspector { keys.tell(introspector) }
        if let fixedKeys { keys.replace(fixedKeys) }
        self.plan = plan
        self.keys = keys
        self.keeper = keeper
        self.introspector = introspector
        work = IssuerWork(keeper: keeper, introspector: introspector, fetcher: fetcher)
    }

    deinit { work.retire() }

    /// Whether its keys, or where to ask about its tokens, are still being looked for the first time.
    var isUndecided: Bool {
        if let keeper, keys.latest == nil, keeper.status.failures == 0 { return true }
        guard let status = introspector?.status else { return false }
        return status.endpoint == nil && status.endpointFault == nil
    }

    private static func timing(of issuer: HoldfastConfiguration.TokenIssuer, _ source: KeySetKeeper.Source) -> KeySetState.Timing {
        // Nothing of a file's timing can be configured.
        if case .file = source { return .file }
        var timing = KeySetState.Timing()
        timing.refreshed(atLeastEach: issuer.refreshKeys.seconds)
        timing.cooldown = issuer.cooldown.seconds
        timing.longestOutage = issuer.staleKeys.seconds
        return timing
    }
}

/// The desks of one generation: in the order of its configuration, and by the issuer that a token carries.
struct IssuerDesks: Sendable {
    let all: [IssuerDesk]
    private let byIssuer: [ObjectIdentifier: IssuerDesk]

    init(_ desks: [IssuerDesk]) {
        all = desks
        byIssuer = Dictionary(uniqueKeysWithValues: desks.map { (ObjectIdentifier($0.issuer), $0) })
    }

    /// Nil for an issuer of another generation, of whatever name.
    subscript(issuer: Issuer) -> IssuerDesk? { byIssuer[ObjectIdentifier(issuer)] }

    var policies: [IssuerPolicy] { all.map(\.plan.policy) }

    /// By issuer, whether its keys are there; without those whose tokens need none.
    var keysAvailable: [(issuer: String, available: Bool)] {
        all.compactMap { desk in desk.keeper.map { (desk.issuer.name, $0.status.keys > 0) } }
    }

    /// By issuer, whether it is known where to ask about tokens; without those that are not asked.
    var introspectionAvailable: [(issuer: String, available: Bool)] {
        all.compactMap { desk in desk.introspector.map { (desk.issuer.name, $0.status.isReady) } }
    }
}

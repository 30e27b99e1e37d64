import HoldfastConfiguration
import Logging
import ServiceLifecycle
import TokenValidation

/// The keepers of the issuers' keys: each publishes to every loop, and to the introspector whose answers are signed by them.
final class KeyKeeping: Service {
    struct Kept: Sendable {
        let issuer: String
        let keeper: KeySetKeeper
    }

    /// Without the issuers that need no keys.
    let kept: [Kept]
    /// By the issuer's position.
    private let keepers: [KeySetKeeper?]
    private let fetchers: [HTTPDocumentFetcher]

    /// - Parameter publish: a new set, or nil where there is none any more, and the issuer's position.
    init(_ blueprint: Blueprint, logger: Logger, publish: @escaping @Sendable (KeySet?, Int) -> Void) {
        var fetchers: [HTTPDocumentFetcher] = []
        var keepers: [KeySetKeeper?] = []
        var kept: [Kept] = []
        for (index, issuer) in blueprint.configuration.tokens.enumerated() {
            guard let source = blueprint.keySources[index] else {
                keepers.append(nil)
                continue
            }
            let fetcher = HTTPDocumentFetcher(authorities: blueprint.issuerAuthorities[index])
            fetchers.append(fetcher)
            let name = issuer.issuer.text
            let keeper = KeySetKeeper(
                source: source, timing: Self.timing(of: issuer, source), fetcher: fetcher, publish: { publish($0, index) }
            ) { Self.log($0, issuer: name, logger) }
            keepers.append(keeper)
            kept.append(Kept(issuer: name, keeper: keeper))
        }
        self.keepers = keepers
        self.kept = kept
        self.fetchers = fetchers
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

    /// Any thread: a token, or a signed answer, of this issuer did not fit its keys.
    func requestRefresh(ofIssuerAt index: Int) {
        if keepers.indices.contains(index) { keepers[index]?.requestRefresh() }
    }

    var availability: [(issuer: String, available: Bool)] { kept.map { ($0.issuer, $0.keeper.status.keys > 0) } }

    /// Whether some issuer's keys could not be had at the last look.
    var hasFailed: Bool { kept.contains { $0.keeper.status.lastFault != nil } }

    func run() async throws { await cancelWhenGracefulShutdown { await self.runUntilCancelled() } }

    /// Once: the connections are closed in the end.
    func runUntilCancelled() async {
        await withTaskGroup(of: Void.self) { group in
            for one in kept { group.addTask { await one.keeper.run() } }
        }
        for fetcher in fetchers { try? await fetcher.shutdown() }
    }

    private static func log(_ event: KeySetKeeper.Event, issuer: String, _ logger: Logger) {
        switch event {
        case .replaced(let keys, let unusable, let secrets):
            logger.notice("keys replaced", metadata: ["issuer": "\(issuer)", "keys": "\(keys)", "unusable": "\(unusable)"])
            if secrets > 0 { logger.error("issuer publishes secret keys", metadata: ["issuer": "\(issuer)", "count": "\(secrets)"]) }
        case .failed(let fault): logger.warning("keys not fetched", metadata: ["issuer": "\(issuer)", "fault": "\(fault)"])
        case .withdrawn: logger.error("keys too old and withdrawn", metadata: ["issuer": "\(issuer)"])
        }
    }
}

import HoldfastConfiguration
import Logging
import ServiceLifecycle
import TokenValidation

/// The keepers of all issuers' keys: each publishes to every loop.
final class KeyKeeping: Service {
    let keepers: [KeySetKeeper]
    private let issuers: [String]
    private let fetchers: [HTTPDocumentFetcher]

    /// - Parameter publish: a new set, or nil where there is none any more, and the issuer's position.
    init(_ blueprint: Blueprint, logger: Logger, publish: @escaping @Sendable (KeySet?, Int) -> Void) throws {
        var keepers: [KeySetKeeper] = []
        var fetchers: [HTTPDocumentFetcher] = []
        for (index, issuer) in blueprint.configuration.tokens.enumerated() {
            let fetcher = try HTTPDocumentFetcher(authorities: issuer.certificateAuthorities?.path)
            fetchers.append(fetcher)
            let source = blueprint.keySources[index]
            var timing: KeySetState.Timing
            if case .file = source { timing = .file } else { timing = KeySetState.Timing() }
            timing.cooldown = issuer.cooldown.seconds
            timing.longestOutage = issuer.staleKeys.seconds
            let name = issuer.issuer.text
            keepers.append(
                KeySetKeeper(source: source, timing: timing, fetcher: fetcher, publish: { publish($0, index) }) {
                    Self.log($0, issuer: name, logger)
                })
        }
        self.keepers = keepers
        self.fetchers = fetchers
        issuers = blueprint.configuration.tokens.map(\.issuer.text)
    }

    /// Any thread: the token of this issuer did not fit its keys.
    func requestRefresh(ofIssuerAt index: Int) {
        if keepers.indices.contains(index) { keepers[index].requestRefresh() }
    }

    var availability: [(issuer: String, available: Bool)] { zip(issuers, keepers).map { ($0, $1.status.keys > 0) } }

    func run() async throws {
        await cancelWhenGracefulShutdown { [keepers] in
            await withTaskGroup(of: Void.self) { group in
                for keeper in keepers { group.addTask { await keeper.run() } }
            }
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

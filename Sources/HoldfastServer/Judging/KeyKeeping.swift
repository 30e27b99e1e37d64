import HoldfastConfiguration
import Logging
import ServiceLifecycle
import Telemetry
import TokenValidation

/// The keepers of the issuers' keys: each publishes to every loop, and to the introspector whose answers are signed by them.
final class KeyKeeping: Service {
    struct Kept: Sendable {
        let issuer: String
        /// Those that its tokens may use.
        let algorithms: [SignatureAlgorithm]
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
            let allowed = blueprint.policies[index].algorithms
            let keeper = KeySetKeeper(
                source: source, timing: Self.timing(of: issuer, source), anyMediaType: issuer.keysMediaType == .any, fetcher: fetcher,
                publish: { publish($0, index) }
            ) { Self.log($0, issuer: name, allowed: allowed, logger) }
            keepers.append(keeper)
            kept.append(Kept(issuer: name, algorithms: allowed, keeper: keeper))
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

    /// Nil where the issuer's tokens need no keys.
    func keeper(ofIssuerAt index: Int) -> KeySetKeeper? { keepers.indices.contains(index) ? keepers[index] : nil }

    var availability: [(issuer: String, available: Bool)] { kept.map { ($0.issuer, $0.keeper.status.keys > 0) } }

    /// What there is to be said of each issuer's keys, a line each: how many there are and how old, then what is wrong.
    var notes: [String] {
        kept.flatMap { one -> [String] in
            let status = one.keeper.status
            let age = status.lastSuccess.map { ", last looked at \(Int((one.keeper.time.now() - $0).rounded())) s ago" } ?? ""
            let fault = status.lastFault.map { ["the last look failed: \($0.words)"] } ?? []
            let warnings = (status.report?.warnings(allowed: one.algorithms) ?? []) + fault
            return ["keys of \(one.issuer): \(status.keys)\(age)"] + warnings.map { "warning: keys of \(one.issuer): \($0)" }
        }
    }

    func run() async throws { await cancelWhenGracefulShutdown { await self.runUntilCancelled() } }

    /// Once: the connections are closed in the end.
    func runUntilCancelled() async {
        await withTaskGroup(of: Void.self) { group in
            for one in kept { group.addTask { await one.keeper.run() } }
        }
        for fetcher in fetchers { try? await fetcher.shutdown() }
    }

    private static func log(_ event: KeySetKeeper.Event, issuer: String, allowed: [SignatureAlgorithm], _ logger: Logger) {
        switch event {
        case .replaced(let report):
            var metadata: Logger.Metadata = ["issuer": "\(issuer)", "keys": "\(report.keys)", "unusable": "\(report.unusableKeys)"]
            if let others = report.passedOver { metadata["passed_over"] = "\(others)" }
            logger.log(.keysReplaced, metadata: metadata)
            if report.publishedSecrets > 0 {
                logger.log(.secretKeysPublished, metadata: ["issuer": "\(issuer)", "count": "\(report.publishedSecrets)"])
            }
            for warning in report.warnings(allowed: allowed) {
                logger.log(.keysWarning, metadata: ["issuer": "\(issuer)", "warning": "\(warning)"])
            }
        case .failed(let fault): logger.log(.keysNotFetched, metadata: fault.metadata(issuer: issuer))
        case .withdrawn: logger.log(.keysWithdrawn, metadata: ["issuer": "\(issuer)"])
        }
    }
}

extension KeySetKeeper.Fault {
    /// What a log line has of it: a code for machines, and for people where it was looked for and what was found there.
    func metadata(issuer: String) -> Logger.Metadata {
        ["issuer": "\(issuer)", "place": "\(place)", "fault": "\(code)", "problem": "\(words)"]
    }
}

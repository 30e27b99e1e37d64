import HoldfastConfiguration
import Logging
import ServiceLifecycle
import TokenValidation

/// The introspectors of all issuers that are asked about tokens.
final class Introspection: Service {
    struct Asked: Sendable {
        let issuer: String
        let introspector: Introspector
    }

    /// By the issuer's position; nil for those that are not asked.
    let introspectors: [Introspector?]
    /// Without those.
    let asked: [Asked]

    /// - Parameter onStaleKeys: told the position of an issuer whose signed answer did not fit its keys.
    init(_ blueprint: Blueprint, logger: Logger, onStaleKeys: @escaping @Sendable (Int) -> Void) {
        introspectors = blueprint.introspection.enumerated().map { index, plan in
            guard let plan else { return nil }
            let policy = blueprint.policies[index]
            return Introspector(
                issuerIndex: index, policy: policy, settings: plan.settings, authentication: plan.authentication,
                authorities: plan.authorities, report: { Self.log($0, issuer: policy.issuer, logger) }, onStaleKeys: { onStaleKeys(index) })
        }
        asked = zip(blueprint.policies, introspectors).compactMap { policy, introspector in
            introspector.map { Asked(issuer: policy.issuer, introspector: $0) }
        }
    }

    func replaceKeys(_ keys: KeySet?, ofIssuerAt index: Int) {
        if introspectors.indices.contains(index) { introspectors[index]?.replaceKeys(keys) }
    }

    var availability: [(issuer: String, available: Bool)] { asked.map { ($0.issuer, $0.introspector.status.isReady) } }

    func run() async throws {
        await cancelWhenGracefulShutdown { await self.runUntilCancelled() }
    }

    func runUntilCancelled() async {
        await withTaskGroup(of: Void.self) { group in
            for one in asked { group.addTask { await one.introspector.run() } }
        }
    }

    private static func log(_ event: Introspector.Event, issuer: String, _ logger: Logger) {
        switch event {
        case .endpointFound(let url): logger.notice("introspection endpoint found", metadata: ["issuer": "\(issuer)", "endpoint": "\(url)"])
        case .endpointNotFound(let fault):
            logger.warning("introspection endpoint not found", metadata: ["issuer": "\(issuer)", "fault": "\(fault)"])
        case .failed(let failure): logger.warning("introspection failed", metadata: ["issuer": "\(issuer)", "fault": "\(failure.rawValue)"])
        case .circuitOpened: logger.error("introspection fails; the issuer is left alone for a while", metadata: ["issuer": "\(issuer)"])
        case .circuitClosed: logger.notice("introspection works again", metadata: ["issuer": "\(issuer)"])
        }
    }
}

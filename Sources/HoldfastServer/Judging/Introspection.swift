import HTTPWire
import HoldfastConfiguration
import Logging
import ServiceLifecycle
import Telemetry
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

    /// - Parameter keys: asked for a look where a signed answer does not fit its issuer's keys.
    init(_ blueprint: Blueprint, keys: KeyDesk, logger: Logger) {
        introspectors = blueprint.introspection.enumerated().map { index, plan in
            guard let plan else { return nil }
            let policy = blueprint.policies[index]
            return Introspector(
                issuerIndex: index, policy: policy, settings: plan.settings, authentication: plan.authentication,
                anyMediaType: plan.anyMediaType, authorities: plan.authorities, report: { Self.log($0, issuer: policy.issuer, logger) },
                onStaleKeys: { client, seconds in await keys.look(ofIssuerAt: index, for: client, seconds: seconds) })
        }
        asked = zip(blueprint.policies, introspectors).compactMap { policy, introspector in
            introspector.map { Asked(issuer: policy.issuer, introspector: $0) }
        }
    }

    func replaceKeys(_ keys: KeySet?, ofIssuerAt index: Int) {
        if introspectors.indices.contains(index) { introspectors[index]?.replaceKeys(keys) }
    }

    var availability: [(issuer: String, available: Bool)] { asked.map { ($0.issuer, $0.introspector.status.isReady) } }

    /// What there is to be said of each issuer that is asked about tokens, a line each.
    var notes: [String] {
        asked.flatMap { one -> [String] in
            let status = one.introspector.status
            let endpoint = status.endpoint.map { "at \($0.shown)" } ?? "at an endpoint that is not known yet"
            var warnings: [String] = []
            if let fault = status.endpointFault { warnings.append("its endpoint could not be found at the last look: \(fault.words)") }
            if let problem = status.lastProblem { warnings.append("the last question failed: \(problem)") }
            if status.isCircuitOpen { warnings.append("it is left alone for a while, since it failed too often") }
            if status.clientsLeftAlone > 0 { warnings.append("it is left alone with the tokens of \(status.clientsLeftAlone) clients") }
            return ["introspection by \(one.issuer): \(endpoint)"] + warnings.map { "warning: introspection by \(one.issuer): \($0)" }
        }
    }

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
        case .endpointFound(let url): logger.log(.introspectionEndpointFound, metadata: ["issuer": "\(issuer)", "endpoint": "\(url)"])
        case .endpointNotFound(let fault):
            logger.log(.introspectionEndpointNotFound, metadata: fault.metadata(issuer: issuer))
        case .failed(let failure, let endpoint, let fault):
            var metadata: Logger.Metadata = ["issuer": "\(issuer)", "url": "\(endpoint.shown)", "fault": "\(failure.rawValue)"]
            metadata["problem"] = "\(endpoint.shown) \(fault?.words ?? failure.words)"
            logger.log(.introspectionFailed, metadata: metadata)
        case .circuitOpened: logger.log(.introspectionSuspended, metadata: ["issuer": "\(issuer)"])
        case .circuitClosed: logger.log(.introspectionResumed, metadata: ["issuer": "\(issuer)"])
        }
    }
}

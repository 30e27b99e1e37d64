import ClientIdentity
import HoldfastConfiguration
import NIOSSL
package import Telemetry
import Timekeeping
import TokenValidation

extension Blueprint {
    package var logLevel: String { configuration.log.level.rawValue }
    package var logFormat: LogFormat { configuration.log.format }

    /// Dangerous choices, in plain words.
    package var warnings: [String] { ConfigurationSummary(configuration).warnings + weaknesses + descriptors.warnings }

    /// What the configuration lets through, a line each.
    package var description: [String] {
        let summary = ConfigurationSummary(configuration)
        // Too few descriptors are this system's matter, and make nothing weaker.
        let sandbox = Sandbox.foreseen(configuration)
        return ["generation: \(digest)"] + summary.facts + review.trusted(now: WallClock.seconds()).map(\.fact) + [descriptors.fact]
            + [sandbox.fact].compactMap(\.self)
            + ConfigurationSummary.marked(summary.warnings + weaknesses)
            + (descriptors.warnings + [sandbox.warning(isRequired: configuration.sandbox == .required)].compactMap(\.self)).map { "warning: \($0)" }
    }

    /// What the contents of the named files add to the configuration's own.
    private var weaknesses: [String] {
        (refusesTLS12 ? [tls12Warning] : []) + keyFileWarnings + review.warnings(now: WallClock.seconds())
    }

    private var keyFileWarnings: [String] {
        issuers.enumerated().flatMap { index, issuer in
            (issuer.keyFile?.warnings(allowed: issuer.policy.algorithms) ?? []).map { "tokens[\(index)].keys: \($0)." }
        }
    }

    /// FAPI 1.0 Advanced allows TLS 1.2 with RSA suites only, and the certificate has no RSA key.
    private var refusesTLS12: Bool {
        configuration.listener.onlyRSASuites && configuration.listener.minimumTLS == .tls12 && sites.contains { $0.tls.minimumVersion == .tlsv13 }
    }

    private var tls12Warning: String {
        "listener.certificate has no RSA key: under this profile clients of TLS 1.2 are refused, and TLS 1.3 is spoken only."
    }
}

extension DescriptorPlan {
    fileprivate var fact: String {
        "Holds at most \(clients) client connections at once, \(handshakes) of them in their handshake: this process may open \(limit) descriptors, and \(reserve) are kept for the upstream, keys, the admin endpoint and the runtime."
    }

    fileprivate var warnings: [String] {
        guard isEnough else { return ["\(DescriptorShortage(plan: self)). It will not start."] }
        var lowered: [String] = []
        if clients < demand.clients { lowered.append("listener.max_connections from \(demand.clients) to \(clients)") }
        if upstream < demand.upstream { lowered.append("upstream.max_connections from \(demand.upstream) to \(upstream)") }
        if questions != demand.questions { lowered.append("introspection.max_concurrent from \(demand.questions) to \(questions)") }
        guard !lowered.isEmpty else { return [] }
        return [
            "this process may open \(limit) descriptors, which is too few for this configuration, so it lowers \(lowered.joined(separator: ", ")). Raise the limit (`ulimit -n`, LimitNOFILE=)."
        ]
    }
}

import BindingPolicy
import HTTPWire
import Logging
import Telemetry
import TokenValidation

extension IssuerDesk {
    /// What there is to be said of the issuer's keys, a line each: how many there are and how old, then what is wrong.
    var keyNotes: [String] {
        guard let keeper else { return [] }
        let (name, status) = (issuer.name, keeper.status)
        let age = status.lastSuccess.map { ", last looked at \(Int((keeper.time.now() - $0).rounded())) s ago" } ?? ""
        let fault = status.lastFault.map { ["the last look failed: \($0.words)"] } ?? []
        let warnings = (status.report?.warnings(allowed: plan.policy.algorithms) ?? []) + fault
        return ["keys of \(name): \(status.keys)\(age)"] + warnings.map { "warning: keys of \(name): \($0)" }
    }

    /// The same of how it is asked about tokens.
    var introspectionNotes: [String] {
        guard let introspector else { return [] }
        let (name, status) = (issuer.name, introspector.status)
        let endpoint = status.endpoint.map { "at \($0.shown)" } ?? "at an endpoint that is not known yet"
        var warnings: [String] = []
        if let fault = status.endpointFault { warnings.append("its endpoint could not be found at the last look: \(fault.words)") }
        if let problem = status.lastProblem { warnings.append("the last question failed: \(problem)") }
        if status.isCircuitOpen { warnings.append("it is left alone for a while, since it failed too often") }
        if status.clientsLeftAlone > 0 { warnings.append("it is left alone with the tokens of \(status.clientsLeftAlone) clients") }
        return ["introspection by \(name): \(endpoint)"] + warnings.map { "warning: introspection by \(name): \($0)" }
    }

    static func log(_ event: KeySetKeeper.Event, of policy: IssuerPolicy, _ logger: Logger) {
        let issuer = policy.issuer.name
        switch event {
        case .replaced(let report):
            var metadata: Logger.Metadata = ["issuer": "\(issuer)", "keys": "\(report.keys)", "unusable": "\(report.unusableKeys)"]
            if let others = report.passedOver { metadata["passed_over"] = "\(others)" }
            logger.log(.keysReplaced, metadata: metadata)
            if report.publishedSecrets > 0 {
                logger.log(.secretKeysPublished, metadata: ["issuer": "\(issuer)", "count": "\(report.publishedSecrets)"])
            }
            for warning in report.warnings(allowed: policy.algorithms) {
                logger.log(.keysWarning, metadata: ["issuer": "\(issuer)", "warning": "\(warning)"])
            }
        case .failed(let fault): logger.log(.keysNotFetched, metadata: fault.metadata(issuer: issuer))
        case .withdrawn: logger.log(.keysWithdrawn, metadata: ["issuer": "\(issuer)"])
        }
    }

    static func log(_ event: Introspector.Event, of policy: IssuerPolicy, _ logger: Logger) {
        let issuer = policy.issuer.name
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

extension KeySetKeeper.Fault {
    /// What a log line has of it: a code for machines, and for people where it was looked for and what was found there.
    fileprivate func metadata(issuer: String) -> Logger.Metadata {
        ["issuer": "\(issuer)", "place": "\(place)", "fault": "\(code)", "problem": "\(words)"]
    }
}

import Logging
import Telemetry

extension Sandbox {
    /// For `check`: what is in force once it runs.
    var fact: String? {
        guard case .inForce(let abi, let plan) = self else { return nil }
        let socket = plan.sockets.first.map { " but its socket in \($0)" } ?? ""
        return
            "Once started, reads files beneath \(plan.places) and where the system's libraries need it, writes to none\(socket), and can gain no privileges: Landlock (ABI \(abi)) and no_new_privs."
    }

    /// For `check`: this system's matter, which makes the configuration no weaker.
    func warning(isRequired: Bool) -> String? {
        guard case .unavailable(let reason) = self else { return nil }
        return isRequired
            ? "\(SandboxMissing(reason: reason)). It will not start."
            : "whoever takes this process over may read and write what its user may: \(reason)."
    }

    /// At the start.
    func tell(_ logger: Logger) {
        switch self {
        case .inForce(let abi, let plan):
            logger.log(.sandboxInForce, metadata: ["landlock": "ABI \(abi)", "no_new_privs": "true", "reads": "\(plan.places)"])
        case .off: break
        case .unavailable(let reason): logger.log(.sandboxAbsent, metadata: ["reason": "\(reason)"])
        }
    }

    /// For a reload whose mistakes come of files that may not be read: nobody would think of it.
    func hint(on mistakes: [String]) -> String? {
        guard case .inForce(_, let plan) = self, mistakes.contains(where: { $0.contains("may not be read by this user") }) else { return nil }
        return
            "process.sandbox: since its start this process reads files beneath \(plan.places) only. What the configuration names elsewhere is read after a restart."
    }
}

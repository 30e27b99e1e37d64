import CLandlock
import HoldfastConfiguration

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What this process gives up for as long as it lives (landlock(7), no_new_privs): whoever takes it over gets no further than it needs to.
package enum Sandbox: Equatable, Sendable {
    case inForce(abi: Int, SandboxPlan)
    /// It was not asked for.
    case off
    /// Why, as a clause.
    case unavailable(String)

    /// Of this thread and those that it starts: called while it is the only one.
    package static func enter(for blueprint: Blueprint) throws(SandboxMissing) -> Sandbox {
        let configuration = blueprint.configuration
        guard configuration.sandbox != .none else { return .off }
        let sandbox = threads == 1 ? enter(SandboxPlan(configuration)) : .unavailable("threads run already, which it would not be for")
        if configuration.sandbox == .required, case .unavailable(let reason) = sandbox { throw SandboxMissing(reason: reason) }
        return sandbox
    }

    /// What would become of it here, for `check`.
    static func foreseen(_ configuration: HoldfastConfiguration) -> Sandbox {
        guard configuration.sandbox != .none else { return .off }
        let abi = holdfast_landlock_abi()
        return abi > 0 ? .inForce(abi: Int(abi), SandboxPlan(configuration)) : .unavailable(absence(abi))
    }

    static func enter(_ plan: SandboxPlan) -> Sandbox {
        let privileges = holdfast_no_new_privs()
        guard privileges == 0 else { return .unavailable("no_new_privs was refused: \(text(of: privileges))") }
        let abi = holdfast_landlock_abi()
        guard abi > 0 else { return .unavailable(absence(abi)) }
        typealias Rights = SandboxPlan.Rights
        let ruleset = holdfast_landlock_ruleset(Rights.known(to: Int(abi)), Rights.scoped(by: Int(abi)))
        guard ruleset >= 0 else { return .unavailable("no ruleset could be made: \(text(of: ruleset))") }
        defer { _ = close(ruleset) }
        let rules =
            (SandboxPlan.system + plan.own).map { ($0, Rights.readFile, Rights.readFile | Rights.readFolder) }
            + plan.sockets.map { ($0, 0, Rights.makeSocket | Rights.removeFile) }
        for (path, ofFiles, beneath) in rules {
            let result = holdfast_landlock_allow(ruleset, path, ofFiles, beneath)
            // What this system does not have, or keeps from us anyway.
            guard [0, -ENOENT, -EACCES, -ENOTDIR].contains(result) else { return .unavailable("\(path) could not be allowed: \(text(of: result))") }
        }
        let result = holdfast_landlock_restrict(ruleset)
        return result == 0 ? .inForce(abi: Int(abi), plan) : .unavailable("it was refused: \(text(of: result))")
    }

    private static func absence(_ result: CInt) -> String {
        switch -result {
        case ENOSYS: "this kernel has no Landlock (it came with Linux 5.13), or a filter of system calls hides it"
        case EPERM: "a filter of system calls forbids Landlock"
        case EOPNOTSUPP: "this kernel was started without Landlock (lsm=)"
        default: "Landlock cannot be asked for: \(text(of: result))"
        }
    }

    private static func text(of result: CInt) -> String { String(cString: strerror(-result)) }

    /// How many this process has; 1 where it cannot be seen.
    private static var threads: Int {
        guard let folder = opendir("/proc/self/task") else { return 1 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) { if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 } }
        return count
    }
}

/// It is required, and cannot be had.
package struct SandboxMissing: Error, CustomStringConvertible {
    let reason: String
    package var description: String {
        "process.sandbox is `required`, and \(reason). Run it on a kernel with Landlock, or write `where_available`"
    }
}

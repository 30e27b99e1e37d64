import Foundation
import Synchronization

/// Ends the program where one case takes too long: a parser that hangs would otherwise show only as a run without an end.
final class FuzzWatch: Sendable {
    /// Seconds for one case. The longest that is right takes a few milliseconds; the rest is for a machine with other things to do.
    static let longestCase = 5.0

    private struct Case {
        var input: [UInt8] = []
        var start: ContinuousClock.Instant?
    }

    private let current = Mutex(Case())

    /// Starts the watching thread, which lives as long as the program.
    static func start() -> FuzzWatch {
        let watch = FuzzWatch()
        Thread.detachNewThread {
            while true {
                Thread.sleep(forTimeInterval: 0.25)
                watch.look()
            }
        }
        return watch
    }

    func begins(_ input: [UInt8], at start: ContinuousClock.Instant) { current.withLock { $0 = Case(input: input, start: start) } }

    /// Nothing is under way until the next case.
    func rests() { current.withLock { $0 = Case() } }

    private func look() {
        let late: [UInt8]? = current.withLock { current in
            guard let start = current.start, ContinuousClock.now - start > .seconds(Self.longestCase) else { return nil }
            return current.input
        }
        guard let late else { return }
        print("a case took longer than \(Self.longestCase) s: \(FuzzReport.escaped(late))")
        fflush(nil)
        _exit(2)
    }
}

/// The memory that the process holds.
enum ResidentSet {
    /// Octets; nil where the system does not tell (proc_pid_statm(5): the second number, in pages).
    static var octets: Int? {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
            let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }
}

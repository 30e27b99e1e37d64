import Foundation
import Synchronization

/// Ends the program where one case takes too long: a parser that hangs would otherwise show only as a run without an end.
final class FuzzWatch: Sendable {
    /// Seconds of the processor's time for one case. The longest that is right takes a few milliseconds, however busy the machine is.
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
            var seen: Sighting?
            while true {
                Thread.sleep(forTimeInterval: 0.25)
                seen = watch.look(seen)
            }
        }
        return watch
    }

    func begins(_ input: [UInt8], at start: ContinuousClock.Instant) { current.withLock { $0 = Case(input: input, start: start) } }

    /// Nothing is under way until the next case.
    func rests() { current.withLock { $0 = Case() } }

    /// A case that is under way, and what the process had used of the processor when it was first seen.
    private typealias Sighting = (start: ContinuousClock.Instant, used: Double)

    private func look(_ seen: Sighting?) -> Sighting? {
        let used = Self.processorSeconds
        let (late, now): ([UInt8]?, Sighting?) = current.withLock { current in
            guard let start = current.start else { return (nil, nil) }
            guard let seen, seen.start == start else { return (nil, (start, used)) }
            return (used - seen.used > Self.longestCase ? current.input : nil, seen)
        }
        guard let late else { return now }
        print("a case took longer than \(Self.longestCase) s: \(FuzzReport.escaped(late))")
        fflush(nil)
        _exit(2)
    }

    private static var processorSeconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
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

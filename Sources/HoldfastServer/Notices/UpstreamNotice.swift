import BindingPolicy
import Logging
import ProxyEngine
import Synchronization
import Telemetry

/// Says in the log what the upstream does wrong: each cause at once, and then not again for a while, with the number that came meanwhile.
final class UpstreamNotice: Sendable {
    private let logger: Logger
    private let memory = Mutex(NoticeMemory<Subject>(interval: 10))

    private struct Subject: Hashable {
        let upstream: UpstreamName
        let fault: UpstreamFault
    }

    init(logger: Logger) { self.logger = logger }

    /// - Parameter now: seconds since 1970.
    func failed(_ fault: UpstreamFault, of upstream: UpstreamName, now: Double) {
        guard let earlier = memory.withLock({ $0.note(Subject(upstream: upstream, fault: fault), now: now) }) else { return }
        var metadata: Logger.Metadata = ["reason": "\(fault.reason)", "cause": "\(fault.cause)"]
        if upstream != .default { metadata["upstream"] = "\(upstream.text)" }
        if earlier > 0 { metadata["more"] = "\(earlier)" }
        logger.log(.upstreamFailed, metadata: metadata)
    }
}

/// Which notices are due, where the same thing may happen a thousand times a second. What is noted comes from a closed set, so that the
/// memory of it is bounded.
struct NoticeMemory<Subject: Hashable & Sendable>: Sendable {
    private let interval: Double
    private var said: [Subject: (at: Double, since: Int)] = [:]

    /// - Parameter interval: seconds between two notices of one subject.
    init(interval: Double) { self.interval = interval }

    /// - Returns: nil where it was said a short while ago, else how often it happened unsaid.
    mutating func note(_ subject: Subject, now: Double) -> Int? {
        guard let last = said[subject] else {
            said[subject] = (now, 0)
            return 0
        }
        // A clock that was set back must not silence anything.
        guard now - last.at >= interval || now < last.at else {
            said[subject] = (last.at, last.since &+ 1)
            return nil
        }
        said[subject] = (now, 0)
        return last.since
    }
}

import Synchronization

/// What became of the reloads so far: what is told of them by metrics and by readiness in full.
final class ReloadRecord: Sendable {
    struct State: Equatable, Sendable {
        var applied = 0
        var refused = 0
        /// Of the latest reload; empty where it was applied.
        var mistakes: [String] = []
        /// Keys of what has changed and needs a restart.
        var waitingForRestart: [String] = []
    }

    private let latest = Mutex(State())

    var state: State { latest.withLock { $0 } }

    func applied(waitingForRestart: [String]) {
        latest.withLock { state in
            state.applied += 1
            state.mistakes = []
            state.waitingForRestart = waitingForRestart
        }
    }

    /// The files say again what is in force.
    func nothingChanged() { latest.withLock { $0.mistakes = [] } }

    /// - Returns: whether that is news: the same mistakes, found again, are not.
    func refused(_ mistakes: [String]) -> Bool {
        latest.withLock { state in
            guard state.mistakes != mistakes else { return false }
            state.refused += 1
            state.mistakes = mistakes
            return true
        }
    }
}

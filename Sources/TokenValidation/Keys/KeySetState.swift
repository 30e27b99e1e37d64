/// When to fetch an issuer's keys, and how long the last good ones are trusted: no clock, no sleep and no fetch of its own.
///
/// Times are seconds of one monotonic clock. Between two steps the shell reports what came of the last one.
package struct KeySetState: Sendable {
    /// Seconds.
    package struct Timing: Equatable, Sendable {
        /// Between two fetches, however short the times below are.
        package static let shortestPause = 0.5

        /// A server's `Cache-Control` is honoured between these; without one, `usualRefresh` holds.
        package var shortestRefresh = 60.0
        package var longestRefresh = 3600.0
        package var usualRefresh = 300.0
        /// Between two fetches that nobody waits for. Those that are waited for have a budget, which this time fills: ``LookBudget``.
        package var cooldown = 30.0
        /// How long keys are used without a fetch that succeeded.
        package var longestOutage = 86400.0
        /// While there are no keys: the first wait, doubled with each failure up to the longest.
        package var firstRetry = 1.0
        package var longestRetry = 10.0

        package init() {}

        /// Brings the refreshes down to that many seconds, where they are longer.
        package mutating func refreshed(atLeastEach seconds: Double) {
            longestRefresh = min(longestRefresh, seconds)
            usualRefresh = min(usualRefresh, longestRefresh)
            shortestRefresh = min(shortestRefresh, longestRefresh)
        }

        /// For a file: looked at every few seconds.
        package static let file: Timing = {
            var timing = Timing()
            timing.shortestRefresh = 5
            timing.usualRefresh = 5
            timing.cooldown = 5
            timing.longestRetry = 5
            return timing
        }()
    }

    package enum Step: Equatable, Sendable {
        case fetch
        /// The keys are too old to be trusted further: back to having none.
        case withdraw
        /// Nothing before that time, unless a refresh is wanted.
        case wait(until: Double)
    }

    private let timing: Timing
    private var lastAttempt: Double?
    private var lastSuccess: Double?
    private var dueAt = 0.0
    private var failures = 0
    private var isWanted = false
    private var isUrgent = false
    package private(set) var hasKeys = false

    package init(timing: Timing) { self.timing = timing }

    /// There are keys already, which their source confirmed last at that time; they are looked for at once all the same.
    package mutating func keep(since time: Double) {
        hasKeys = true
        lastSuccess = time
    }

    package mutating func next(now: Double) -> Step {
        let expiry = hasKeys ? lastSuccess.map { $0 + timing.longestOutage } : nil
        if let expiry, now >= expiry {
            hasKeys = false
            return .withdraw
        }
        guard let lastAttempt, !isUrgent else { return attempt(now) }
        let due = max(isWanted ? min(dueAt, lastAttempt + timing.cooldown) : dueAt, lastAttempt + Timing.shortestPause)
        return now >= due ? attempt(now) : .wait(until: min(due, expiry ?? due))
    }

    private mutating func attempt(_ now: Double) -> Step {
        lastAttempt = now
        isWanted = false
        isUrgent = false
        return .fetch
    }

    /// A look may be worth it, once the cool-down since the last is over.
    package mutating func refreshWanted() { isWanted = true }

    /// Somebody waits for a look, and the budget of looks allows it.
    package mutating func lookWanted() { isUrgent = true }

    /// A usable set came, new or the same as before.
    package mutating func succeeded(now: Double, maximumAge: Double?) {
        hasKeys = true
        lastSuccess = now
        failures = 0
        let refresh = min(max(maximumAge ?? timing.usualRefresh, timing.shortestRefresh), timing.longestRefresh)
        // Keys that are to be withdrawn soon are confirmed before, with time for more than one try.
        dueAt = now + min(refresh, timing.longestOutage / 3)
    }

    /// Nothing came, or nothing usable; keys at hand stay.
    package mutating func failed(now: Double) {
        failures = min(failures + 1, 16)
        var delay = timing.firstRetry
        for _ in 1..<failures { delay = min(delay * 2, timing.longestRetry) }
        dueAt = now + (hasKeys ? min(max(delay, timing.cooldown), max(timing.longestOutage / 3, timing.firstRetry)) : delay)
    }
}

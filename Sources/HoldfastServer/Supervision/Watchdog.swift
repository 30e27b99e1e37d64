/// When the service manager is to hear that we are alive: at half of the time after which it takes us for dead (sd_watchdog_enabled(3)).
struct Watchdog: Equatable, Sendable {
    /// Between two signs of life.
    let interval: Duration
    private var last: Duration?

    /// - Parameters:
    ///   - environment: `WATCHDOG_USEC`, microseconds, and `WATCHDOG_PID`, whose process is meant; without it ours is.
    /// - Returns: nil where nobody waits for signs of life.
    init?(environment: [String: String], process: Int) {
        guard let text = environment["WATCHDOG_USEC"], let microseconds = Int64(text), microseconds > 0 else { return nil }
        if let meant = environment["WATCHDOG_PID"], Int(meant) != process { return nil }
        interval = .microseconds(microseconds) / 2
    }

    /// How often to look: a loop that answers late is not found late as well.
    var look: Duration { min(.seconds(1), max(.milliseconds(5), interval / 4)) }

    /// - Parameters:
    ///   - now: since whatever moment, monotonic.
    ///   - haveAnswered: whether every event loop has done what it was given at the last sign of life.
    mutating func isDue(now: Duration, haveAnswered: Bool) -> Bool {
        guard haveAnswered, last.map({ now - $0 + look / 2 >= interval }) ?? true else { return false }
        last = now
        return true
    }
}

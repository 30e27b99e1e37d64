package import NIOCore

/// How many requests a second one party may send: a bucket that fills at that rate and holds `burst` of them. A value; time is an argument.
package struct RequestAllowance: Equatable, Sendable {
    package struct Rate: Equatable, Sendable {
        /// Requests a second, more than 0.
        package var perSecond: Double
        /// Requests at once, at least 1.
        package var burst: Int

        package init(perSecond: Double, burst: Int) {
            self.perSecond = perSecond
            self.burst = burst
        }

        /// From empty to full.
        var refill: TimeAmount { .nanoseconds(Int64(min(1e18, Double(burst) / perSecond * 1e9))) }
    }

    private var tokens: Double
    private var filledAt: NIODeadline

    /// A full one.
    package init(_ rate: Rate, at now: NIODeadline) {
        tokens = Double(rate.burst)
        filledAt = now
    }

    /// - Returns: nil where the request may pass; else in how many seconds, rounded up, the next one may.
    package mutating func take(_ rate: Rate, at now: NIODeadline) -> Int? {
        let elapsed = max(0, Double((now - filledAt).nanoseconds) / 1e9)
        tokens = min(Double(rate.burst), tokens + elapsed * rate.perSecond)
        filledAt = max(now, filledAt)
        // Sums of fractions fall short of a whole by less than this.
        guard tokens < 1 - 1e-9 else {
            tokens = max(0, tokens - 1)
            return nil
        }
        return max(1, Int(min(86400, ((1 - tokens) / rate.perSecond).rounded(.up))))
    }

    /// Whether it would be full by now, so that nothing is lost by forgetting it.
    package func isFull(_ rate: Rate, at now: NIODeadline) -> Bool { now >= filledAt + rate.refill }
}

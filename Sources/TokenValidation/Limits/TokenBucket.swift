/// So many at once, and then one in each interval. No clock of its own; times are seconds of one clock, which may be set
/// back: time then counts from there.
package struct TokenBucket: Equatable, Sendable {
    private let capacity: Double
    private let interval: Double
    private var level: Double
    private var seen: Double?

    /// - Parameter interval: seconds in which one is added, above 0.
    package init(capacity: Int, interval: Double) {
        self.capacity = Double(max(1, capacity))
        self.interval = max(interval, 0.001)
        level = self.capacity
    }

    /// Takes one, where there is one.
    package mutating func take(now: Double) -> Bool {
        fill(now)
        guard level >= 1 else { return false }
        level -= 1
        return true
    }

    package mutating func hasOne(now: Double) -> Bool {
        fill(now)
        return level >= 1
    }

    package mutating func isFull(now: Double) -> Bool {
        fill(now)
        return level >= capacity
    }

    package mutating func giveBack() { level = min(level + 1, capacity) }

    private mutating func fill(_ now: Double) {
        if let seen, now > seen { level = min(level + (now - seen) / interval, capacity) }
        seen = now
    }
}

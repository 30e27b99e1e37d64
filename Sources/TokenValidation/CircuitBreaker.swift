/// Leaves an issuer alone that keeps failing: a run of failures opens it, and from time to time one question finds out whether it
/// may close. No clock of its own; times are seconds of one monotonic clock.
package struct CircuitBreaker: Equatable, Sendable {
    /// Failures in a row.
    package static let threshold = 5
    /// Seconds: doubled with each probe that fails.
    package static let firstPause = 1.0
    package static let longestPause = 30.0

    package enum Admission: Equatable {
        case usual
        /// Whoever is let in now finds out for all.
        case probe
        case refused
    }

    private enum State: Equatable {
        case closed(failures: Int)
        case open(until: Double, pause: Double)
        case probing(pause: Double)
    }

    private var state = State.closed(failures: 0)

    package init() {}

    package var isOpen: Bool { if case .closed = state { false } else { true } }

    package mutating func admit(now: Double) -> Admission {
        switch state {
        case .closed: return .usual
        case .open(let until, let pause) where now >= until:
            state = .probing(pause: pause)
            return .probe
        case .open, .probing: return .refused
        }
    }

    /// The issuer answered, be it something useless.
    package mutating func reached() { state = .closed(failures: 0) }

    package mutating func failed(isProbe: Bool, now: Double) {
        switch state {
        case .closed(let failures) where failures + 1 < Self.threshold: state = .closed(failures: failures + 1)
        case .closed: state = .open(until: now + Self.firstPause, pause: Self.firstPause)
        case .probing(let pause) where isProbe:
            let longer = min(pause * 2, Self.longestPause)
            state = .open(until: now + longer, pause: longer)
        // Asked before it opened: that is known already.
        case .probing, .open: break
        }
    }

    /// The probe was given up before it found anything out: the next question is one.
    package mutating func probeAbandoned(now: Double) {
        if case .probing(let pause) = state { state = .open(until: now, pause: pause) }
    }
}

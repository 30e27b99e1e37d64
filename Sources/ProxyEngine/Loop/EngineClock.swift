package import NIOCore
import Timekeeping

/// Where a loop's time comes from; tests pass time by hand.
package struct EngineClock {
    /// For time-outs and durations.
    package let now: () -> NIODeadline
    /// Seconds since 1970: for tokens, certificates and logs.
    package let seconds: () -> Double

    package init(now: @escaping () -> NIODeadline, seconds: @escaping () -> Double) {
        self.now = now
        self.seconds = seconds
    }

    package static var system: EngineClock { EngineClock(now: { .now() }, seconds: WallClock.seconds) }
}

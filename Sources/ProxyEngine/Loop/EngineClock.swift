package import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

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

    package static var system: EngineClock { EngineClock(now: { .now() }, seconds: wallClock) }

    @Sendable package static func wallClock() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The time of day, for whoever is not given one. Decisions take time as an argument; this is what their callers hand in.
package enum WallClock {
    /// Seconds since 1970.
    @Sendable package static func seconds() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }
}

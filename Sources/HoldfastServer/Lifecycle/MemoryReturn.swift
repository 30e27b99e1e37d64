import ServiceLifecycle
import Telemetry

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Gives memory back to the system after many connections have come and gone, after large bodies, and after
/// a configuration was read, or revocation lists that were fetched.
///
/// glibc keeps what was freed: after 100,000 handshakes some 240 MB stayed resident of which 0.7 MB were in use (measured).
/// Asking costs a few milliseconds, so it is asked only where there may be something to give, and while it is quiet.
final class MemoryReturn: Service {
    private let loops: [LoopHandle]
    private let readings: @Sendable () -> Int

    private static let interval = Duration.seconds(1)

    /// Looked up by name: <malloc.h> is not in Swift's module of the C library, and other libraries than glibc lack it.
    private static let trim: (@convention(c) (Int) -> CInt)? = dlsym(nil, "malloc_trim").map {
        unsafeBitCast($0, to: (@convention(c) (Int) -> CInt).self)
    }

    /// - Parameter readings: how often something large has been read so far: a configuration, lists that were fetched.
    init(loops: [LoopHandle], readings: @escaping @Sendable () -> Int) {
        self.loops = loops
        self.readings = readings
    }

    func run() async throws { await cancelWhenGracefulShutdown { await self.watch() } }

    private func watch() async {
        var debt = MemoryDebt()
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.interval)
            var use = MemoryDebt.Use(readings: readings())
            for loop in loops {
                guard let metrics = try? await loop.metrics() else { continue }
                use.connectionsEnded += metrics.connectionsAccepted - metrics.connectionsActive
                use.bodyOctets += metrics.requestBodyOctets + metrics.responseBodyOctets
            }
            if debt.isDue(use) { _ = Self.trim?(0) }
        }
    }
}

/// When freed memory is worth giving back. A value; one look a second.
struct MemoryDebt {
    /// Cumulative, over all loops.
    struct Use: Equatable {
        var readings = 0
        var connectionsEnded = 0
        var bodyOctets = 0
    }

    private static let connections = 256
    private static let octets = 16 << 20
    /// Fewer octets than this in the time between two looks are quiet.
    private static let quiet = 4 << 20
    /// Looks after which it is done in the middle of traffic all the same.
    private static let patience = 5

    private var settled = Use()
    private var last = Use()
    private var looks = 0

    mutating func isDue(_ use: Use) -> Bool {
        let isQuiet = use.bodyOctets - last.bodyOctets < Self.quiet
        last = use
        looks += 1
        guard
            use.connectionsEnded - settled.connectionsEnded >= Self.connections || use.bodyOctets - settled.bodyOctets >= Self.octets
                || use.readings != settled.readings
        else { return false }
        guard isQuiet && looks > 1 || looks >= Self.patience else { return false }
        settled = use
        looks = 0
        return true
    }
}

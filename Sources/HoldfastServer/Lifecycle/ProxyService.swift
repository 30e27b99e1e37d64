import HoldfastConfiguration
import Logging
import NIOCore
import ProxyEngine
import ServiceLifecycle
import Synchronization
import Telemetry

/// The listener and its loops, and the way out:
/// 1. not ready, but accepting and serving as before for `delay`, since load balancers need a while to see it; each answer closes its connection;
/// 2. no more connections: what runs may finish within `drain_timeout`;
/// 3. the rest is cut.
///
/// A further signal ends the first wait or the second.
final class ProxyService: Service {
    /// The clients' own first.
    private let listeners: [Listener]
    private let loops: [LoopHandle]
    private let timing: @Sendable () -> HoldfastConfiguration.Shutdown
    private let signals: ShutdownSignals
    private let draining: Atomic<Bool>.Reference
    private let logger: Logger

    init(
        listeners: [Listener], loops: [LoopHandle], timing: @escaping @Sendable () -> HoldfastConfiguration.Shutdown, signals: ShutdownSignals,
        draining: Atomic<Bool>.Reference, logger: Logger
    ) {
        self.listeners = listeners
        self.loops = loops
        self.timing = timing
        self.signals = signals
        self.draining = draining
        self.logger = logger
    }

    func run() async throws {
        do {
            try await listeners.untilShutdown()
        } catch {
            for loop in loops { try await loop.stop() }
            throw error
        }
        draining.value.store(true, ordering: .relaxed)
        let timing = timing()
        if timing.delay > .zero {
            logger.log(.shuttingDown, metadata: ["delay": "\(timing.delay)"])
            for loop in loops { try await loop.announceEnd() }
            await signals.wait(timing.delay)
        }
        logger.log(.draining)
        for listener in listeners { try? await listener.channel.close() }
        if !(await drain(within: timing.drainTimeout)) { logger.log(.drainTimedOut) }
        for loop in loops { try await loop.stop() }
    }

    /// - Returns: whether every connection ended by itself in time.
    private func drain(within patience: Duration) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { [self] in
                await withTaskGroup(of: Void.self) { drains in
                    for loop in loops { drains.addTask { try? await loop.drain() } }
                }
                return true
            }
            group.addTask { [self] in
                await signals.wait(patience)
                return false
            }
            let first = await group.next() ?? true
            group.cancelAll()
            // A drain that does not end is ended by `stop`; it is not waited for here.
            if !first { for loop in loops { try? await loop.stop() } }
            return first
        }
    }
}

extension Atomic where Value == Bool {
    /// An atomic that several owners share.
    final class Reference: Sendable {
        let value = Atomic<Bool>(false)
    }
}

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
/// Where the listening socket is handed on from process to process, clients never cease to come: it accepts once it is ready, and those that came
/// last still bring their request between 2 and 3.
///
/// A further signal ends each wait.
final class ProxyService: Service {
    private let listener: Listener
    /// Where other proxies ask.
    private let decisions: Listener?
    private let loops: [LoopHandle]
    private let timing: @Sendable () -> HoldfastConfiguration.Shutdown
    private let signals: ShutdownSignals
    private let draining: Atomic<Bool>.Reference
    private let isReady: @Sendable () -> Bool
    private let manager: ServiceManager
    private let logger: Logger

    init(
        listener: Listener, decisions: Listener?, loops: [LoopHandle], timing: @escaping @Sendable () -> HoldfastConfiguration.Shutdown,
        signals: ShutdownSignals, draining: Atomic<Bool>.Reference, isReady: @escaping @Sendable () -> Bool, manager: ServiceManager, logger: Logger
    ) {
        self.listener = listener
        self.decisions = decisions
        self.loops = loops
        self.timing = timing
        self.signals = signals
        self.draining = draining
        self.isReady = isReady
        self.manager = manager
        self.logger = logger
    }

    func run() async throws {
        do {
            // The process before us has the keys that we are still fetching.
            if listener.isHandedOn { await signals.wait(Self.patience, until: { isReady() }) }
            try await listener.accept()
            manager.tell(.started)
            try await ([listener, decisions].compactMap(\.self)).untilShutdown()
        } catch {
            for loop in loops { try await loop.stop() }
            throw error
        }
        draining.value.store(true, ordering: .relaxed)
        manager.tell(.stopping)
        let timing = timing()
        if timing.delay > .zero {
            // One that comes from here on ends the wait, however soon.
            let signalled = signals.soFar
            logger.log(.shuttingDown, metadata: ["delay": "\(timing.delay)"])
            for loop in loops { try await loop.announceEnd() }
            await signals.wait(timing.delay, beyond: signalled)
        }
        logger.log(.draining)
        await listener.close()
        await decisions?.close()
        if listener.isHandedOn { await linger() }
        if !(await drain(within: timing.drainTimeout)) { logger.log(.drainTimedOut) }
        for loop in loops { try await loop.stop() }
    }

    /// How long clients wait for a process that is not ready; in the end it answers as well as it can.
    private static let patience = Duration.seconds(5)

    /// For a client that was let in a moment ago to ask what it came for; whoever has been answered is told to close.
    private static let linger = Duration.seconds(3)

    private func linger() async {
        for loop in loops { try? await loop.announceEnd() }
        await signals.wait(Self.linger) { [loops] in
            for loop in loops where (try? await loop.metrics().connectionsActive) != 0 { return false }
            return true
        }
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

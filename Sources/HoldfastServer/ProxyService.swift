import Logging
import NIOCore
import ProxyEngine
import ServiceLifecycle
import Synchronization

/// The listener and its loops. On graceful shutdown it takes no more connections, lets what runs finish, and cuts the rest.
final class ProxyService: Service {
    private let listener: Listener
    private let loops: [LoopHandle]
    private let drainTimeout: Duration
    private let draining: Atomic<Bool>.Reference
    private let logger: Logger

    init(listener: Listener, loops: [LoopHandle], drainTimeout: Duration, draining: Atomic<Bool>.Reference, logger: Logger) {
        self.listener = listener
        self.loops = loops
        self.drainTimeout = drainTimeout
        self.draining = draining
        self.logger = logger
    }

    func run() async throws {
        try? await gracefulShutdown()
        draining.value.store(true, ordering: .relaxed)
        logger.notice("draining")
        try? await listener.channel.close()
        let finished = await drain()
        if !finished { logger.warning("drain timed out, the rest is cut") }
        for loop in loops { try await loop.stop() }
    }

    /// - Returns: whether every connection ended by itself in time.
    private func drain() async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask { [self] in
                await withTaskGroup(of: Void.self) { drains in
                    for loop in loops { drains.addTask { try? await loop.drain() } }
                }
                return true
            }
            group.addTask { [self] in
                try? await Task.sleep(for: drainTimeout)
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

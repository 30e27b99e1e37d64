import ServiceLifecycle
import Synchronization
import UnixSignals

/// SIGTERM and SIGINT: the first begins the shutdown, each further one ends the wait at hand.
final class ShutdownSignals: Sendable {
    private let count = Atomic(0)

    /// How often a wait looks whether it was told to end.
    private static let interval = Duration.milliseconds(50)

    /// Runs the services until they end, by themselves or after the first signal.
    func run(_ services: ServiceGroup) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            tasks.addTask { [self] in
                for await _ in signals where count.add(1, ordering: .relaxed).newValue == 1 { await services.triggerGracefulShutdown() }
                // Only the services' end is an end.
                try await Task.sleep(for: .seconds(1 << 30))
            }
            defer { tasks.cancelAll() }
            try await tasks.next()
        }
    }

    /// How many have come so far.
    var soFar: Int { count.load(ordering: .relaxed) }

    /// - Parameters:
    ///   - earlier: those that had come when what is waited for began; nil for now.
    ///   - isDone: asked now and then.
    /// - Returns: once the time is up, a further signal has come or it is done.
    func wait(_ duration: Duration, beyond earlier: Int? = nil, until isDone: () async -> Bool = { false }) async {
        let before = earlier ?? soFar
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end, count.load(ordering: .relaxed) == before, !Task.isCancelled, await !isDone() {
            try? await Task.sleep(for: min(Self.interval, end - .now))
        }
    }
}

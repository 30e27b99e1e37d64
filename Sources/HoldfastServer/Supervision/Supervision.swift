import NIOCore
import ServiceLifecycle
import Synchronization

/// Keeps the service manager informed while the process lives: new words where things stand otherwise, and signs of life as long as
/// every event loop answers. A loop that hangs holds all its connections, so a restart serves them better.
final class Supervision: Service {
    private let manager: ServiceManager
    private let watchdog: Watchdog?
    private let loops: [any EventLoop]

    /// Between two looks where no signs of life are waited for.
    private static let interval = Duration.seconds(1)

    init(_ manager: ServiceManager, watchdog: Watchdog?, loops: [any EventLoop]) {
        self.manager = manager
        self.watchdog = watchdog
        self.loops = loops
    }

    /// Until shut down, last of all: a drain may take longer than the manager's patience with the dead.
    func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            guard manager.isThere else {
                try? await Task.sleep(for: .seconds(1 << 30))
                return
            }
            await watch()
        }
    }

    private func watch() async {
        let began = ContinuousClock.now
        var watchdog = watchdog
        var round = LoopRound(loops)
        while !Task.isCancelled {
            if watchdog?.isDue(now: .now - began, haveAnswered: round.isComplete) == true {
                round = LoopRound(loops)
                manager.tell(.alive)
            } else {
                manager.tell(.looked)
            }
            try? await Task.sleep(for: watchdog?.look ?? Self.interval)
        }
    }
}

extension ContinuousClock.Instant {
    fileprivate static func - (left: Self, right: Self) -> Duration { right.duration(to: left) }
}

/// Something for each loop to do, and whether all have done it.
final class LoopRound: Sendable {
    private let open: Atomic<Int>

    init(_ loops: [any EventLoop]) {
        open = Atomic(loops.count)
        for loop in loops { loop.execute { self.open.subtract(1, ordering: .relaxed) } }
    }

    var isComplete: Bool { open.load(ordering: .relaxed) <= 0 }
}

import Files
import HoldfastConfiguration
import Logging
import ServiceLifecycle
import Synchronization
import Telemetry
import Timekeeping
import UnixSignals

/// Puts a changed configuration in force without a restart: on SIGHUP, and when the configuration or a file that it names has changed and
/// stands still.
///
/// All or nothing: the next generation is made whole before any loop hears of it, so that a mistake, whose lines are told, leaves the one
/// in force. No connection is dropped: what runs is finished under its own generation, and each next request on a connection is judged,
/// its client's certificate included, by the new one.
final class Reloader: Service {
    private enum Cause { case hangup, files }

    private let generations: Generations
    private let record: ReloadRecord
    private let start: Blueprint
    private let inherited: Int
    private let manager: ServiceManager
    private let sandbox: Sandbox
    private let deliver: @Sendable (Generation) async throws -> Void
    private let logger: Logger

    /// Between two looks at the files: a change is in force after two of them.
    private static let interval = Duration.milliseconds(200)

    /// Looks after which what was refused is tried again.
    private static let patience = 5

    /// - Parameters:
    ///   - inherited: descriptors that were open before this process opened any.
    ///   - deliver: gives every loop its part.
    init(
        _ generations: Generations, record: ReloadRecord, inherited: Int, manager: ServiceManager, sandbox: Sandbox, logger: Logger,
        deliver: @escaping @Sendable (Generation) async throws -> Void
    ) {
        self.generations = generations
        self.record = record
        start = generations.current.blueprint
        self.inherited = inherited
        self.manager = manager
        self.sandbox = sandbox
        self.deliver = deliver
        self.logger = logger
    }

    func run() async throws { await cancelWhenGracefulShutdown { await self.watch() } }

    private func watch() async {
        let hangups = Atomic<Bool>.Reference()
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sighup) { hangups.value.store(true, ordering: .releasing) }
            }
            tasks.addTask { await self.look(hangups) }
        }
    }

    private func look(_ hangups: Atomic<Bool>.Reference) async {
        var watch = FileWatch(start.states)
        var sinceRefused = 0
        while (try? await Task.sleep(for: Self.interval)) != nil {
            let states = states
            sinceRefused += 1
            if hangups.value.exchange(false, ordering: .acquiring) {
                // Known before anything is read: what is written meanwhile is a change of its own.
                watch.settle(states)
                await reload(.hangup)
            } else if watch.look(states) || isRefused && sinceRefused >= Self.patience {
                await reload(.files)
            } else {
                continue
            }
            sinceRefused = 0
        }
    }

    private var states: FileStates {
        let configuration = generations.current.blueprint.configuration
        return FileStates(of: [start.configuration.file] + configuration.namedFiles.map(\.path))
    }

    /// A mistake may be mended in a file that only the refused configuration names: so it is tried again now and then.
    private var isRefused: Bool { !record.state.mistakes.isEmpty }

    private func reload(_ cause: Cause) async {
        // Whoever asked is told in any case; of files only what comes of them: they are tried again and again while they are wrong.
        if cause == .hangup { manager.tellReloading() }
        defer { manager.tell(.reloaded) }
        do {
            let next = try Blueprint(HoldfastConfiguration(path: start.configuration.file), inherited: inherited, since: start)
            // Touched, or written anew with what is in force.
            if cause == .files, next.contents == generations.current.blueprint.contents { return record.nothingChanged() }
            if cause == .files { manager.tellReloading() }
            try await generations.publish(next, now: WallClock.seconds(), deliver: deliver)
            tell(next)
        } catch let mistakes as ConfigurationMistakes {
            refuse(mistakes.all.map(\.description))
        } catch {
            refuse(["\(error)"])
        }
    }

    private func tell(_ applied: Blueprint) {
        let waiting = applied.keysWaitingForRestart(since: start)
        record.applied(waitingForRestart: waiting)
        for key in waiting { logger.log(.restartNeeded, metadata: ["key": "\(key)"]) }
        for warning in applied.warnings { logger.log(.configurationWarning, metadata: ["warning": "\(warning)"]) }
    }

    private func refuse(_ found: [String]) {
        let mistakes = found + [sandbox.hint(on: found)].compactMap(\.self)
        guard record.refused(mistakes) else { return }
        for mistake in mistakes { logger.log(.configurationMistake, metadata: ["mistake": "\(mistake)"]) }
        logger.log(.reloadRefused, metadata: ["mistakes": "\(mistakes.count)"])
    }
}

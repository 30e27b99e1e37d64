import Foundation
import HTTPWire
import Synchronization
import Testing
import TokenValidation

/// Answers by address, from a script that the test changes; counts what it is asked.
final class ScriptedFetcher: DocumentFetcher {
    struct Script {
        var isHeld = false
        var answers: [String: Result<FetchedDocument, FetchFault>] = [:]
        var asked: [String] = []
        var types: [AcceptedMediaTypes] = []
    }

    let script = Mutex(Script())

    func fetch(_ url: HTTPURL, accepting types: AcceptedMediaTypes) async throws(FetchFault) -> FetchedDocument {
        script.withLock {
            $0.asked.append(url.text)
            $0.types.append(types)
        }
        while script.withLock({ $0.isHeld }), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
        return try script.withLock { $0.answers[url.text] ?? .failure(.status(404)) }.get()
    }

    /// From now on nothing is answered, until what this returns is called.
    func hold() -> () -> Void {
        script.withLock { $0.isHeld = true }
        return { self.script.withLock { $0.isHeld = false } }
    }

    func answer(_ address: String, _ text: String, maximumAge: Double? = nil) {
        script.withLock { $0.answers[address] = .success(FetchedDocument(body: Array(text.utf8), maximumAge: maximumAge)) }
    }

    func fail(_ address: String, _ fault: FetchFault) { script.withLock { $0.answers[address] = .failure(fault) } }

    var asked: [String] { script.withLock { $0.asked } }
}

/// A clock that moves only when told to, or by itself to wherever the keeper wants to sleep until.
final class ManualTime: Sendable {
    private struct State {
        var now = 0.0
        var sleepers: [UUID: (until: Double, continuation: CheckedContinuation<Void, Never>)] = [:]
    }

    private let state = Mutex(State())

    var time: KeySetKeeper.Time {
        KeySetKeeper.Time(now: { self.state.withLock { $0.now } }, sleepUntil: { await self.sleep(until: $0) })
    }

    private func sleep(until: Double) async {
        let id = UUID()
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard until > state.now, !Task.isCancelled else { return true }
                    state.sleepers[id] = (until, continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.sleepers.removeValue(forKey: id) }?.continuation.resume()
        }
    }

    func advance(by seconds: Double) {
        let woken = state.withLock { state in
            state.now += seconds
            let due = state.sleepers.filter { $0.value.until <= state.now }
            for id in due.keys { state.sleepers.removeValue(forKey: id) }
            return due.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    /// Seconds until somebody wakes.
    var soonest: Double { state.withLock { state in state.sleepers.values.map { $0.until - state.now }.min() ?? .infinity } }

    /// Until the keeper sleeps.
    func settle() async { _ = await eventually { state.withLock { !$0.sleepers.isEmpty } } }
}

final class Recorder: Sendable {
    struct Record {
        var sets: [KeySet?] = []
        var events: [KeySetKeeper.Event] = []
    }

    let record = Mutex(Record())
    var sets: [KeySet?] { record.withLock { $0.sets } }
    var events: [KeySetKeeper.Event] { record.withLock { $0.events } }
}

/// A keeper beside a test: what it fetches, its clock, and what it publishes and reports.
protocol KeeperTesting {
    var fetcher: ScriptedFetcher { get }
    var clock: ManualTime { get }
    var recorder: Recorder { get }
}

extension KeeperTesting {
    var address: String { "https://as/jwks" }

    /// Runs a keeper beside `body`, which begins once the keeper first sleeps.
    func keep(
        _ source: KeySetKeeper.Source, _ fetcher: ScriptedFetcher? = nil, _ recorder: Recorder? = nil, anyMediaType: Bool = false,
        _ body: (KeySetKeeper) async throws -> Void
    ) async {
        let recorder = recorder ?? self.recorder
        let keeper = KeySetKeeper(
            source: source, anyMediaType: anyMediaType, fetcher: fetcher ?? self.fetcher, time: clock.time,
            publish: { set in recorder.record.withLock { $0.sets.append(set) } },
            report: { event in recorder.record.withLock { $0.events.append(event) } })
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await keeper.run() }
            await clock.settle()
            do { try await body(keeper) } catch { Issue.record(error) }
            group.cancelAll()
        }
    }

    func advance(_ seconds: Double) async {
        clock.advance(by: seconds)
        await clock.settle()
    }

    var source: KeySetKeeper.Source { .url(url(address)) }
}

import Synchronization

/// Wakes one waiting task, at once or at its next wait; signals do not add up.
final class Wakeup: Sendable {
    private enum State {
        case idle, signalled
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.idle)

    func signal() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard case .waiting(let waiter) = state else {
                state = .signalled
                return nil
            }
            state = .idle
            return waiter
        }
        waiter?.resume()
    }

    /// Returns on a signal or on cancellation.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isSignalled = state.withLock { state -> Bool in
                    if case .idle = state {
                        state = .waiting(continuation)
                        return false
                    }
                    state = .idle
                    return true
                }
                if isSignalled { continuation.resume() }
            }
        } onCancel: {
            signal()
        }
    }

    /// Returns at that time, on a signal, or on cancellation; whether it was the signal that came first.
    func wait(until: Double, _ time: KeySetKeeper.Time) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await time.sleepUntil(until)
                return false
            }
            group.addTask {
                await self.wait()
                return !Task.isCancelled
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
    }
}

import Synchronization
import TokenValidation

/// How often any issuer's keys have changed: what a loop looks at on each request, at the cost of one load, to know whether its own are the
/// latest.
final class KeyChanges: Sendable {
    private let number = Atomic(0)

    var count: Int { number.load(ordering: .acquiring) }

    func add() { number.add(1, ordering: .acquiringAndReleasing) }
}

/// The latest keys of one issuer, as its keeper published them: for every loop, and for the introspector whose answers they sign.
final class IssuerKeys: Sendable {
    private struct State {
        var keys: KeySet?
        weak var introspector: Introspector?
    }

    private let state = Mutex(State())
    private let changes: KeyChanges

    init(_ changes: KeyChanges) { self.changes = changes }

    var latest: KeySet? { state.withLock { $0.keys } }

    /// - Parameter keys: nil where there are none any more.
    func replace(_ keys: KeySet?) {
        let introspector = state.withLock { state in
            state.keys = keys
            return state.introspector
        }
        introspector?.replaceKeys(keys)
        changes.add()
    }

    func tell(_ introspector: Introspector) {
        let keys = state.withLock { state in
            state.introspector = introspector
            return state.keys
        }
        if let keys { introspector.replaceKeys(keys) }
    }
}

import Synchronization

/// What whoever looks at an address has found of it: told by one side, and read by each loop without a lock.
package final class AddressHealth: Sendable {
    private let down = Atomic(false)

    package init() {}

    package var isDown: Bool { down.load(ordering: .relaxed) }
    package func note(isDown: Bool) { down.store(isDown, ordering: .relaxed) }
}

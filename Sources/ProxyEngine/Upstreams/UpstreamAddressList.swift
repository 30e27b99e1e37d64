import Synchronization

/// The addresses of an upstream, which may change while it is used: replaced by whoever looks them up, read by each loop.
package final class UpstreamAddressList: Sendable {
    package struct Entry: Sendable {
        package let address: UpstreamTarget.Address
        package let weight: Int
        package let health: AddressHealth

        package init(_ address: UpstreamTarget.Address, weight: Int = 1, health: AddressHealth) {
            self.address = address
            self.weight = weight
            self.health = health
        }
    }

    private let latest: Mutex<[Entry]>
    private let changes = Atomic(0)

    package init(_ entries: [Entry]) { latest = Mutex(entries) }

    package var entries: [Entry] { latest.withLock { $0 } }
    /// One more with each change.
    package var version: Int { changes.load(ordering: .acquiring) }

    package func replace(_ entries: [Entry]) {
        latest.withLock { $0 = entries }
        changes.add(1, ordering: .releasing)
    }
}

import Synchronization
import TokenValidation

/// The latest key set of each issuer, by its position.
final class PublishedKeys: Sendable {
    private let sets: Mutex<[KeySet?]>

    init(count: Int) { sets = Mutex(Array(repeating: nil, count: count)) }

    func replace(_ keys: KeySet?, at index: Int) {
        sets.withLock { if $0.indices.contains(index) { $0[index] = keys } }
    }

    var all: [KeySet?] { sets.withLock { $0 } }
}

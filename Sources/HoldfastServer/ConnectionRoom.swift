import NIOCore
import Synchronization

/// Bounds the connections of a listener that anybody can reach.
final class ConnectionRoom: Sendable {
    private let limit: Int
    private let count = Atomic(0)

    init(_ limit: Int) { self.limit = limit }

    /// - Returns: whether there is room; it is given back when the channel closes.
    func enter(_ channel: any Channel) -> Bool {
        guard count.add(1, ordering: .relaxed).newValue <= limit else {
            count.subtract(1, ordering: .relaxed)
            return false
        }
        channel.closeFuture.whenComplete { [self] _ in count.subtract(1, ordering: .relaxed) }
        return true
    }
}

import NIOCore
import Synchronization

/// Counts the sockets of one purpose, so that they never take more descriptors than were set aside for them.
package final class SocketRoom: Sendable {
    private let limit: Atomic<Int>
    private let count = Atomic(0)

    package init(_ limit: Int) { self.limit = Atomic(limit) }

    /// Another generation has set aside more, or fewer: what is open stays.
    package func resize(to limit: Int) { self.limit.store(limit, ordering: .relaxed) }

    /// - Returns: whether there is room; it is given back when the channel has closed its socket.
    func enter(_ channel: any Channel) -> Bool {
        guard count.add(1, ordering: .relaxed).newValue <= limit.load(ordering: .relaxed) else {
            count.subtract(1, ordering: .relaxed)
            return false
        }
        channel.closeFuture.whenComplete { [self] _ in count.subtract(1, ordering: .relaxed) }
        return true
    }
}

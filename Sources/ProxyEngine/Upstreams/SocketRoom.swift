import NIOCore
import Synchronization

/// Counts the sockets of one purpose, so that they never take more descriptors than were set aside for them.
package final class SocketRoom: Sendable {
    private let limit: Int
    private let count = Atomic(0)

    package init(_ limit: Int) { self.limit = limit }

    /// - Returns: whether there is room; it is given back when the channel has closed its socket.
    func enter(_ channel: any Channel) -> Bool {
        guard count.add(1, ordering: .relaxed).newValue <= limit else {
            count.subtract(1, ordering: .relaxed)
            return false
        }
        channel.closeFuture.whenComplete { [self] _ in count.subtract(1, ordering: .relaxed) }
        return true
    }
}

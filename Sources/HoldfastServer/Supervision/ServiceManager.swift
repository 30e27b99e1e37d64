import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Tells whoever started this process how it stands. Where nobody asked to be told, nothing is.
final class ServiceManager: Sendable {
    private struct State {
        var announcements = ServiceAnnouncements()
        /// What was not taken yet, in order.
        var unsent: [String] = []
    }

    /// Datagrams that wait for a manager that takes none; beyond it the oldest go.
    private static let patience = 16

    private let socket: NotifySocket?
    private let status: @Sendable () -> ServiceStatus
    private let state = Mutex(State())

    init(environment: [String: String], status: @escaping @Sendable () -> ServiceStatus) {
        socket = NotifySocket(environment: environment)
        self.status = status
    }

    var isThere: Bool { socket != nil }

    func tell(_ event: ServiceAnnouncements.Event) {
        guard let socket else { return }
        let status = status().text
        state.withLock { state in
            if let text = state.announcements.text(for: event, status: status) { state.unsent.append(text) }
            state.unsent.removeFirst(max(0, state.unsent.count - Self.patience))
            while let text = state.unsent.first, socket.send(text) { state.unsent.removeFirst() }
        }
    }

    /// A reload begins: the next `reloaded` ends it.
    func tellReloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        tell(.reloading(monotonic: UInt64(max(0, now.tv_sec)) * 1_000_000 + UInt64(max(0, now.tv_nsec)) / 1000))
    }
}

import Logging
import NIOCore
import ProxyEngine
import ServiceLifecycle
import Telemetry

/// A listening socket that was closed by anything but a shutdown. Without it the process would live on and serve nobody.
struct ListenerLost: Error, CustomStringConvertible {
    let listener: String
    var description: String { "the listening socket of \(listener) was closed by an error of the system" }
}

extension Channel {
    /// Returns when the graceful shutdown begins.
    /// - Throws: where the socket is closed before that.
    func untilShutdown(of listener: String) async throws {
        let (closings, closing) = AsyncStream<Void>.makeStream()
        closeFuture.whenComplete { _ in closing.finish() }
        let wasLost = await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                try? await gracefulShutdown()
                return false
            }
            group.addTask {
                for await _ in closings {}
                return !Task.isCancelled
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        if wasLost { throw ListenerLost(listener: listener) }
    }
}

extension [Listener] {
    /// Returns when the graceful shutdown begins; throws where one of them is closed before that. The clients' own first, then the fronts'.
    func untilShutdown() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (listener, name) in zip(self, ["listener", "decision"]) {
                group.addTask { try await listener.channel.untilShutdown(of: name) }
            }
            defer { group.cancelAll() }
            for try await _ in group {}
        }
    }
}

extension Logger {
    /// - Parameter listener: the section of the file that it comes from.
    func tell(_ notice: ListenerNotice, of listener: String) {
        let name = Metadata.Value.string(listener)
        switch notice {
        case .paused(let open):
            log(.acceptingPaused, metadata: ["listener": name, "open": "\(open)"])
        case .exhausted(let errno):
            log(.acceptingFailed, metadata: ["listener": name, "errno": "\(errno)"])
        case .resumed(let pauses): log(.acceptingResumed, metadata: ["listener": name, "pauses": "\(pauses)"])
        case .refusing(let connections):
            log(.connectionsRefused, metadata: ["listener": name, "connections": "\(connections)"])
        case .refusingNoMore(let refused): log(.connectionsRefusedNoMore, metadata: ["listener": name, "refused": "\(refused)"])
        case .crowded(let unproved):
            log(.handshakesCrowded, metadata: ["listener": name, "bound": "\(unproved)"])
        case .crowdedNoMore(let dismissed):
            log(.handshakesCrowdedNoMore, metadata: ["listener": name, "closed": "\(dismissed)"])
        }
    }
}

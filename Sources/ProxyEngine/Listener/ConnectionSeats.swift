package import NIOCore
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The connections of one listener, over all loops. A lock is taken four times in a connection's life and never for a request.
package final class ConnectionSeats: Sendable {
    package typealias Bounds = ConnectionAdmission<ObjectIdentifier, ClientNetwork>.Bounds

    /// What has happened since the start, and how things stand.
    package struct Counts: Equatable, Sendable {
        package var open = 0
        package var unproved = 0
        /// Closed at once, since there was no room.
        package var refused = 0
        /// Closed before the end of their handshake, to make room for others.
        package var dismissed = 0
        /// How often accepting was paused.
        package var pauses = 0
        package var isPaused = false
    }

    private struct State {
        var admission: ConnectionAdmission<ObjectIdentifier, ClientNetwork>
        var channels: [ObjectIdentifier: any Channel] = [:]
        var counts = Counts()
        /// Called once when there may be room; nil while nobody waits for it.
        var onRoom: (@Sendable () -> Void)?
        var isPaused = false
    }

    package let bounds: Bounds
    private let state: Mutex<State>

    package init(_ bounds: Bounds) {
        self.bounds = bounds
        state = Mutex(State(admission: ConnectionAdmission(bounds)))
    }

    package var counts: Counts {
        state.withLock { state in
            var counts = state.counts
            counts.open = state.admission.open
            counts.unproved = state.admission.unproved
            counts.isPaused = state.isPaused
            return counts
        }
    }

    enum Verdict {
        /// - Parameter dismissed: what has to be closed for it.
        case admitted(dismissed: (any Channel)?)
        case refused
    }

    /// Takes a seat for an accepted connection. It is given back when the channel has closed its socket.
    func enter(_ channel: any Channel) -> Verdict {
        let id = ObjectIdentifier(channel)
        let network = ClientNetwork(channel.remoteAddress)
        let verdict = state.withLock { state -> Verdict in
            state.channels[id] = channel
            switch state.admission.enter(id, from: network, at: .now()) {
            case .refused:
                state.counts.refused += 1
                return .refused
            case .admitted(let dismissed):
                if dismissed != nil { state.counts.dismissed += 1 }
                return .admitted(dismissed: dismissed.flatMap { state.channels[$0] })
            }
        }
        channel.closeFuture.whenComplete { [self] _ in left(id) }
        return verdict
    }

    typealias Room = ConnectionAdmission<ObjectIdentifier, ClientNetwork>.Room

    /// - Parameter onRoom: called once, on any thread, when there is room again; not where there is room now.
    func room(_ onRoom: @escaping @Sendable () -> Void) -> Room {
        state.withLock { state in
            let room = state.admission.room
            let isPaused = room != .open
            if isPaused, !state.isPaused { state.counts.pauses += 1 }
            state.isPaused = isPaused
            state.onRoom = isPaused ? onRoom : nil
            return room
        }
    }

    /// - Returns: what has to be closed, where there are too many and somebody may go by now.
    func relieve() -> (any Channel)? {
        state.withLock { state in
            guard let dismissed = state.admission.relieve(at: .now()) else { return nil }
            state.counts.dismissed += 1
            return state.channels[dismissed]
        }
    }

    /// One that was told to go: what it sent meanwhile must be read first, or a busy loop would send away good clients unheard.
    /// - Returns: whether it stays for now.
    package func keepIfUnread(_ channel: any Channel) -> Bool {
        guard channel.hasUnreadOctets else { return false }
        change { $0.isKept(ObjectIdentifier(channel), at: .now()) }
        return true
    }

    /// A load balancer said whose connection it is: from now on it counts with that client's.
    func isFrom(_ source: SocketAddress, _ channel: any Channel) { change { $0.isFrom(ClientNetwork(source), ObjectIdentifier(channel)) } }

    /// TLS answered a whole ClientHello, or there was any other sign that somebody means it.
    package func wasAnswered(_ channel: any Channel) { change { $0.wasAnswered(ObjectIdentifier(channel), at: .now()) } }

    /// - Returns: whether it may stay.
    func hasProved(_ channel: any Channel) -> Bool {
        let (stays, dismissed) = change { admission -> (Bool, ObjectIdentifier?) in
            switch admission.hasProved(ObjectIdentifier(channel)) {
            case .stays(let dismissed): (true, dismissed)
            case .isTooMuch: (false, nil)
            }
        }
        let other = state.withLock { state in
            if dismissed != nil || !stays { state.counts.refused += 1 }
            return dismissed.flatMap { state.channels[$0] }
        }
        other?.dismiss()
        return stays
    }

    private func left(_ id: ObjectIdentifier) {
        change { $0.left(id) }
        state.withLock { $0.channels[id] = nil }
    }

    /// Tells whoever waits, where there is room by then or somebody may be told to go for it.
    private func change<Answer: Sendable>(_ body: (inout ConnectionAdmission<ObjectIdentifier, ClientNetwork>) -> Answer) -> Answer {
        let (answer, onRoom) = state.withLock { state -> (Answer, (@Sendable () -> Void)?) in
            let answer = body(&state.admission)
            guard let onRoom = state.onRoom else { return (answer, nil) }
            switch state.admission.room {
            case .full, .makingRoom(until: nil): return (answer, nil)
            case .open, .makingRoom:
                state.onRoom = nil
                return (answer, onRoom)
            }
        }
        onRoom?()
        return answer
    }
}

/// Sent up the pipeline of a connection that has to go before its handshake is done, since newer ones came.
package struct ConnectionDismissed: Sendable {
    package init() {}
}

extension Channel {
    /// On its loop.
    fileprivate var hasUnreadOctets: Bool {
        let peeked = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: CInt.self) { socket in
            var octet: UInt8 = 0
            return recv(socket, &octet, 1, CInt(truncatingIfNeeded: MSG_PEEK | MSG_DONTWAIT))
        }
        return (peeked ?? 0) > 0
    }

    /// From any thread. The pipeline has been set up, or will be before the event arrives: both go through the channel's loop.
    func dismiss() {
        eventLoop.execute { self.pipeline.fireUserInboundEventTriggered(ConnectionDismissed()) }
    }
}

package import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What a listener tells of itself, for the log: once an episode, however often it happens.
package enum ListenerNotice: Equatable, Sendable {
    /// So many sockets are open that nothing more is accepted until one is closed.
    case paused(open: Int)
    /// The system gave no descriptor, or no memory, for a connection.
    case exhausted(errno: CInt)
    /// Neither has happened for a while.
    case resumed(pauses: Int)
    /// Connections are closed at once, since there are as many as there may be.
    case refusing(connections: Int)
    case refusingNoMore(refused: Int)
    /// Connections without a finished handshake are at their bound: some are closed to make room for newer ones.
    case crowded(unproved: Int)
    case crowdedNoMore(dismissed: Int)
}

/// In the pipeline of a listening socket: seats what was accepted, and stops accepting where no descriptor may be given out.
///
/// NIO's listener would go on at once after `EMFILE`, for ever; it stops where `autoRead` is taken from it.
package final class AcceptGate: ChannelInboundHandler {
    package typealias InboundIn = any Channel
    package typealias InboundOut = any Channel

    /// After an error of the system's, of whose end nobody tells.
    private static let retryDelay = TimeAmount.milliseconds(100)

    private let seats: ConnectionSeats
    private let notify: @Sendable (ListenerNotice) -> Void
    private var pausing = Episode()
    private var refusing = Episode()
    private var crowding = Episode()
    private var isWatching = false
    private var relieving: (at: NIODeadline, task: Scheduled<Void>)?

    package init(seats: ConnectionSeats, notify: @escaping @Sendable (ListenerNotice) -> Void) {
        self.seats = seats
        self.notify = notify
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let channel = unwrapInboundIn(data)
        switch seats.enter(channel) {
        case .refused:
            channel.close(promise: nil)
            note(&refusing, .refusing(connections: seats.bounds.connections), context)
        case .admitted(let dismissed):
            context.fireChannelRead(data)
            if let dismissed { dismiss(dismissed, context) }
        }
        if pauseIfFull(context) { setAccepting(false, context) }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? IOError, [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(error.errnoCode) else {
            return context.fireErrorCaught(error)
        }
        note(&pausing, .exhausted(errno: error.errnoCode), context)
        setAccepting(false, context)
        schedule(in: Self.retryDelay, context) { gate, context in gate.resume(context) }
    }

    private func dismiss(_ channel: any Channel, _ context: ChannelHandlerContext) {
        note(&crowding, .crowded(unproved: seats.bounds.unproved), context)
        channel.dismiss()
    }

    // MARK: Pausing

    private func pauseIfFull(_ context: ChannelHandlerContext) -> Bool {
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: eventLoop)
        switch seats.room({ eventLoop.execute { bound.value.0.resume(bound.value.1) } }) {
        case .open: return false
        // That somebody goes is told elsewhere.
        case .makingRoom(let time):
            if let time { relieve(at: time, context) }
        case .full: note(&pausing, .paused(open: seats.bounds.descriptors), context)
        }
        return true
    }

    /// Once there was time to read what they sent.
    private func relieve(at time: NIODeadline, _ context: ChannelHandlerContext) {
        if let relieving, relieving.at <= time { return }
        relieving?.task.cancel()
        let task = context.eventLoop.assumeIsolated().scheduleTask(deadline: time) { [self] in
            relieving = nil
            if let channel = seats.relieve() { dismiss(channel, context) }
            resume(context)
        }
        relieving = (time, task)
    }

    /// It may be full again by now: then whoever leaves next resumes.
    private func resume(_ context: ChannelHandlerContext) {
        if !pauseIfFull(context) { setAccepting(true, context) }
    }

    private func setAccepting(_ on: Bool, _ context: ChannelHandlerContext) {
        try? context.channel.syncOptions?.setOption(.autoRead, value: on)
    }

    // MARK: Telling

    private func note(_ episode: inout Episode, _ beginning: ListenerNotice, _ context: ChannelHandlerContext) {
        if episode.happened(at: .now()) { notify(beginning) }
        watch(context)
    }

    /// One timer for all episodes, while there is one.
    private func watch(_ context: ChannelHandlerContext) {
        guard !isWatching else { return }
        isWatching = true
        schedule(in: Episode.calm, context) { gate, context in
            gate.isWatching = false
            if gate.tellEnds() { gate.watch(context) }
        }
    }

    /// - Returns: whether an episode goes on.
    private func tellEnds() -> Bool {
        let now = NIODeadline.now()
        if seats.counts.isPaused { pausing.lasts(at: now) }
        if let count = pausing.end(at: now) { notify(.resumed(pauses: count)) }
        if let count = refusing.end(at: now) { notify(.refusingNoMore(refused: count)) }
        if let count = crowding.end(at: now) { notify(.crowdedNoMore(dismissed: count)) }
        return [pausing, refusing, crowding].contains { $0.isOn }
    }

    private func schedule(
        in delay: TimeAmount, _ context: ChannelHandlerContext, _ body: @escaping (AcceptGate, ChannelHandlerContext) -> Void
    ) {
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in body(self, context) }
    }
}

import NIOCore
import NIOEmbedded
import NIOPosix
import ProxyEngine
import Synchronization
import Testing

private final class Heard: Sendable {
    private let all = Mutex<[ListenerNotice]>([])
    var notices: [ListenerNotice] { all.withLock { $0 } }
    @Sendable func take(_ notice: ListenerNotice) { all.withLock { $0.append(notice) } }
}

@Suite("A listener's gate")
struct AcceptGateTests {
    private func listener(_ bounds: ConnectionSeats.Bounds, _ heard: Heard) throws -> EmbeddedChannel {
        let listener = EmbeddedChannel()
        try listener.pipeline.syncOperations.addHandler(AcceptGate(seats: ConnectionSeats(bounds), notify: heard.take))
        return listener
    }

    /// An embedded channel keeps the option and makes nothing of it.
    private func isAccepting(_ listener: EmbeddedChannel) -> Bool {
        listener.options.compactMap { $0.option is ChannelOptions.Types.AutoReadOption ? $0.value as? Bool : nil }.last ?? true
    }

    @Test("pauses at the last descriptor with one word, and goes on when a connection has gone", .timeLimit(.minutes(10)))
    func pauses() throws {
        let heard = Heard()
        let listener = try listener(.init(connections: 100, unproved: 100, descriptors: 1), heard)
        let accepted = EmbeddedChannel(loop: listener.embeddedEventLoop)
        try listener.writeInbound(accepted as any Channel)
        #expect(!isAccepting(listener))
        #expect(heard.notices == [.paused(open: 1)])
        try accepted.close().wait()
        listener.embeddedEventLoop.run()
        #expect(isAccepting(listener))
        let second = EmbeddedChannel(loop: listener.embeddedEventLoop)
        try listener.writeInbound(second as any Channel)
        #expect(!isAccepting(listener) && heard.notices.count == 1, "one word for all pauses of an episode")
    }

    @Test("stops at an error of the system's instead of spinning, with one word, and tries again", arguments: [EMFILE, ENFILE, ENOMEM, ENOBUFS])
    func systemErrors(code: CInt) throws {
        let heard = Heard()
        let listener = try listener(.init(connections: 10, unproved: 10, descriptors: 10), heard)
        for _ in 1...3 {
            listener.pipeline.fireErrorCaught(IOError(errnoCode: code, reason: "accept"))
            #expect(!isAccepting(listener))
            listener.embeddedEventLoop.advanceTime(by: .milliseconds(100))
            #expect(isAccepting(listener))
        }
        #expect(heard.notices == [.exhausted(errno: code)])
    }

    @Test("leaves other errors to others")
    func otherErrors() throws {
        let heard = Heard()
        let listener = try listener(.init(connections: 10, unproved: 10, descriptors: 10), heard)
        listener.pipeline.fireErrorCaught(IOError(errnoCode: ECONNABORTED, reason: "accept"))
        #expect(isAccepting(listener) && heard.notices.isEmpty)
        #expect(throws: IOError.self) { try listener.throwIfErrorCaught() }
    }

    @Test("passes on what has a seat, and closes for a newcomer what has proved nothing, once it has had its time")
    func seats() throws {
        let heard = Heard()
        let listener = try listener(.init(connections: 1, unproved: 1, descriptors: 10), heard)
        let first = EmbeddedChannel(loop: listener.embeddedEventLoop)
        let second = EmbeddedChannel(loop: listener.embeddedEventLoop)
        for channel in [first, second] {
            try listener.writeInbound(channel as any Channel)
            let passed: (any Channel)? = try listener.readInbound()
            #expect(passed === channel)
        }
        #expect(!isAccepting(listener) && heard.notices.isEmpty)
        // Embedded loops have a time of their own, so nothing is dismissed before the real one has passed.
        while heard.notices.isEmpty { listener.embeddedEventLoop.advanceTime(by: .milliseconds(1)) }
        #expect(heard.notices == [.crowded(unproved: 1)] && isAccepting(listener))
    }
}

@Suite("An episode")
struct EpisodeTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test("begins once, counts, and is over when nothing has happened for a while")
    func onceAround() {
        var episode = Episode()
        let ends = episode.end(at: start)
        #expect(ends == nil && !episode.isOn)
        let begins = [0, 9].map { episode.happened(at: start + .seconds($0)) }
        #expect(begins == [true, false] && episode.isOn)
        let counts = [18, 19].map { episode.end(at: start + .seconds($0)) }
        #expect(counts == [nil, 2] && !episode.isOn)
        let beginsAgain = episode.happened(at: start + .seconds(20))
        let count = episode.end(at: start + .seconds(40))
        #expect(beginsAgain && count == 1)
    }

    @Test("lasts while it is said to, and cannot be begun by that")
    func lasts() {
        var episode = Episode()
        episode.lasts(at: start)
        #expect(!episode.isOn)
        _ = episode.happened(at: start)
        episode.lasts(at: start + .seconds(9))
        let counts = [11, 19].map { episode.end(at: start + .seconds($0)) }
        #expect(counts == [nil, 1])
    }
}

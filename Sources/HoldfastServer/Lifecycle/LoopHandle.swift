import NIOCore
import ProxyEngine
import Telemetry
import Timekeeping

/// A loop's state, held from outside: it is reached only by going to that loop.
struct LoopHandle: Sendable {
    let eventLoop: any EventLoop
    private let state: NIOLoopBound<EngineLoop>

    /// Octets of spans that all loops together may hold.
    private static let spanOctets = 8 << 20

    /// Makes everything the loop owns, on the loop.
    ///
    /// - Parameter count: how many loops there are.
    static func make(
        on eventLoop: any EventLoop, _ generation: Generation, among count: Int = 1, sink: LogSink, notice: UpstreamNotice, refusals: RefusalNotice
    ) async throws -> LoopHandle {
        let bound = try await eventLoop.submit {
            let counters = LoopCounters()
            let part = generation.part(on: eventLoop, after: nil, counters: counters) {
                notice.failed($1, of: $0, now: WallClock.seconds())
            }
            let engine = EngineLoop(
                eventLoop: eventLoop, generation: part, counters: counters, sink: sink,
                onUpstreamFault: { notice.failed($1, of: $0, now: WallClock.seconds()) },
                onHandshakeRefused: { refusals.refused($0, now: WallClock.seconds()) },
                onConnectionFault: { refusals.ended($0, client: $1, now: WallClock.seconds()) })
            engine.spans = SpanBuffer(limit: max(256 << 10, spanOctets / count))
            engine.start()
            return NIOLoopBound(engine, eventLoop: eventLoop)
        }.get()
        return LoopHandle(eventLoop: eventLoop, state: bound)
    }

    /// What begins from now on begins under `generation`.
    func publish(_ generation: Generation, notice: UpstreamNotice) async throws {
        try await eventLoop.submit {
            let engine = state.value
            let part = generation.part(on: eventLoop, after: engine.generation, counters: engine.counters) {
                notice.failed($1, of: $0, now: WallClock.seconds())
            }
            engine.publish(part)
        }.get()
    }

    private init(eventLoop: any EventLoop, state: NIOLoopBound<EngineLoop>) {
        self.eventLoop = eventLoop
        self.state = state
    }

    /// On the loop only.
    var engine: EngineLoop { state.value }

    func metrics() async throws -> MetricsSnapshot {
        try await eventLoop.submit { state.value.counters.snapshot }.get()
    }

    /// The oldest spans of requests that are over, once, and how many were dropped so far.
    /// - Parameter room: octets that they may have.
    func takeSpans(room: Int) async throws -> (batches: [SpanBatch], dropped: Int) {
        try await eventLoop.submit { (state.value.spans.take(room: room), state.value.spans.dropped) }.get()
    }

    /// - Parameter body: is called where somebody should take them soon. On the loop.
    func tellOfSpans(_ body: @escaping @Sendable () -> Void) async throws {
        try await eventLoop.submit { state.value.onSpans = body }.get()
    }

    /// From now on each answer closes its connection.
    func announceEnd() async throws {
        try await eventLoop.submit { state.value.announceEnd() }.get()
    }

    /// Completes when no client connection is left.
    func drain() async throws {
        try await eventLoop.flatSubmit { state.value.drain() }.get()
    }

    func stop() async throws {
        try await eventLoop.submit { state.value.stop() }.get()
    }
}

package import BindingPolicy
package import HTTPWire
package import NIOCore
package import Telemetry
import Timekeeping

/// Everything one event loop owns: its client connections, the generation that new requests begin with, its counters, its deadlines and the
/// storage its connections share.
///
/// Nothing here is locked; every call is on the loop.
package final class EngineLoop {
    package let eventLoop: any EventLoop
    package let counters: LoopCounters
    package let clock: EngineClock
    /// What new connections and new requests begin with.
    package private(set) var generation: LoopGeneration
    @exclusivity(unchecked) var wheel: TimingWheel
    @exclusivity(unchecked) var buffers = BufferPool()
    let ledger = ClientLedger()
    let decisions = DecisionClients()
    var compressors = CompressorPool()
    /// The end was announced: each answer closes its connection.
    package private(set) var isEnding = false
    /// It has come: nothing new begins.
    package private(set) var isDraining = false

    private var accessLog: AccessLog
    /// Of requests that are over, until somebody takes them.
    package var spans = SpanBuffer()
    /// Somebody should take them.
    package var onSpans: () -> Void = {}
    private var fronts: [any ClientFront] = []
    /// Those before it that requests still run under.
    private var earlier: [Earlier] = []
    private var turns = ClientTurns()
    /// Whose output is written at the end of this tick.
    private var due: [HTTP2Connection] = []
    private var ticking: Scheduled<Void>?
    private var dateLine: (second: Int, octets: [UInt8]) = (0, [])
    private var drained: EventLoopPromise<Void>?
    private let onUpstreamFault: (UpstreamName, UpstreamFault) -> Void
    private let onHandshakeRefused: (HandshakeRefusal) -> Void
    private let onConnectionFault: (HTTP2Fault, _ address: String) -> Void

    package init(
        eventLoop: any EventLoop, generation: LoopGeneration, counters: LoopCounters, sink: LogSink, clock: EngineClock = .system,
        onUpstreamFault: @escaping (UpstreamName, UpstreamFault) -> Void = { _, _ in },
        onHandshakeRefused: @escaping (HandshakeRefusal) -> Void = { _ in },
        onConnectionFault: @escaping (HTTP2Fault, _ address: String) -> Void = { _, _ in }
    ) {
        self.eventLoop = eventLoop
        self.generation = generation
        self.counters = counters
        self.clock = clock
        accessLog = AccessLog(sink: sink)
        self.onUpstreamFault = onUpstreamFault
        self.onHandshakeRefused = onHandshakeRefused
        self.onConnectionFault = onConnectionFault
        now = clock.now()
        wheel = TimingWheel(at: now)
    }

    /// On the loop; until `stop`.
    package func start() {
        ticking = eventLoop.assumeIsolated().scheduleTask(in: TimingWheel.interval) { [self] in
            tick()
            start()
        }
    }

    /// What begins from now on begins under `generation`; what runs is finished under its own.
    package func publish(_ generation: LoopGeneration) {
        eventLoop.assertInEventLoop()
        earlier.append(Earlier(generation: self.generation))
        self.generation = generation
        earlier.removeAll { $0.generation == nil }
    }

    private struct Earlier { weak var generation: LoopGeneration? }

    /// The current one and those before it that requests still run under.
    private var living: [LoopGeneration] { earlier.compactMap(\.generation) + [generation] }

    // MARK: Time

    /// When the event at hand began: time-outs and durations need no finer time, and asking for it costs.
    private(set) var now: NIODeadline

    /// At the beginning of each event that comes from a channel or a timer.
    func eventBegan() { now = clock.now() }

    /// A `Date` field with its CRLF, made once a second.
    func dateField() -> [UInt8] {
        let second = Int(clock.seconds())
        if second != dateLine.second { dateLine = (second, Array("Date: \(Timestamp(second).imfFixdate)\r\n".utf8)) }
        return dateLine.octets
    }

    package func tick() {
        eventBegan()
        for one in wheel.advance(to: now) { one.deadlineReached(now) }
        for generation in living { for upstream in generation.upstreams.values { upstream.tick(now) } }
        accessLog.flush()
    }

    /// Takes up a connection again that has had its turn. By a timer: a task of the loop would run before any other connection is read.
    func goOnLater(_ connection: any TurnTaker) {
        guard turns.add(connection) else { return }
        eventLoop.assumeIsolated().scheduleTask(in: EngineSettings.turnPause) { [self] in
            eventBegan()
            for connection in turns.take() { connection.goOn() }
        }
    }

    /// Writes what a connection has gathered once all events of this tick have been dealt with: many streams' answers in one write.
    func flushLater(_ connection: HTTP2Connection) {
        due.append(connection)
        guard due.count == 1 else { return }
        eventLoop.assumeIsolated().execute { [self] in
            let flushed = due
            due.removeAll(keepingCapacity: true)
            for connection in flushed { connection.flush() }
        }
    }

    // MARK: Connections

    func register(_ front: any ClientFront) {
        front.position = fronts.count
        fronts.append(front)
        counters.metrics.connectionsAccepted &+= 1
        counters.metrics.connectionsActive = fronts.count
        wheel.keep(front)
    }

    /// The handshake is over: the front of its protocol takes the place of its own.
    func replace(_ front: any ClientFront, by next: any ClientFront) {
        guard fronts.indices.contains(front.position), fronts[front.position] === front else { return }
        wheel.forget(front)
        fronts[front.position] = next
        next.position = front.position
        front.position = -1
        wheel.keep(next)
    }

    func deregister(_ front: any ClientFront) {
        let position = front.position
        wheel.forget(front)
        guard fronts.indices.contains(position), fronts[position] === front else { return }
        if let last = fronts.popLast(), last !== front {
            fronts[position] = last
            last.position = position
        }
        front.position = -1
        counters.metrics.connectionsActive = fronts.count
        if fronts.isEmpty { drained?.succeed(()) }
    }

    // MARK: The end

    /// From now on each answer closes its connection. New ones are still taken, and idle ones wait for their request.
    package func announceEnd() {
        eventLoop.assertInEventLoop()
        isEnding = true
        for front in fronts { front.endAnnounced() }
    }

    /// From now on nothing new begins, and what is idle or has not got as far as a request is closed.
    /// - Returns: a future that succeeds when no client connection is left.
    package func drain() -> EventLoopFuture<Void> {
        eventLoop.assertInEventLoop()
        eventBegan()
        isEnding = true
        isDraining = true
        let promise = drained ?? eventLoop.makePromise(of: Void.self)
        drained = promise
        for front in fronts { front.drain() }
        if fronts.isEmpty { promise.succeed(()) }
        return promise.futureResult
    }

    /// Cuts what is left and stops the timer.
    package func stop() {
        for front in fronts { front.cut(.drained(.timedOut)) }
        ticking?.cancel()
        ticking = nil
        for generation in living { for upstream in generation.upstreams.values { upstream.closeAll() } }
        accessLog.flush()
    }

    // MARK: What is told

    func makeInteractionID() -> InteractionID {
        var randomness = SystemRandomNumberGenerator()
        return InteractionID.random(using: &randomness)
    }

    /// - Parameter isKnown: whether the client has shown who it is.
    func makeTrace(_ sent: TraceContext?, isKnown: Bool, _ sampling: TraceSampling = .parent) -> TraceContext {
        var randomness = SystemRandomNumberGenerator()
        let isSampled = isKnown && sampling.records(sent: sent?.isSampled, chance: .random(in: 0..<1))
        return sent?.continued(isSampled: isSampled, using: &randomness) ?? .begun(isSampled: isSampled, using: &randomness)
    }

    func makeConnectionLife() -> ConnectionLife {
        let bounds = generation.settings.connectionLife
        return ConnectionLife(bounds, at: now, chance: bounds == .none ? 0 : .random(in: 0..<1))
    }

    func noteUpstreamFault(_ fault: UpstreamFault, of upstream: LoopUpstream?) {
        counters.countUpstreamFailure(fault.reason, cause: fault.cause)
        upstream?.counts.failures[fault.reason, default: 0] &+= 1
        onUpstreamFault(upstream?.name ?? .default, fault)
    }

    func handshakeFailed(_ refusal: HandshakeRefusal) {
        counters.countHandshakeFailure(refusal.code)
        // A load balancer that looks whether somebody listens is no client.
        if refusal.hello != nil || refusal.code != HandshakeFailure.clientGone { onHandshakeRefused(refusal) }
    }

    func http2Failed(_ fault: HTTP2Fault, _ client: ConnectedClient) {
        counters.countHTTP2Fault(fault.rawValue)
        onConnectionFault(fault, client.address)
    }

    func logAccess(_ body: (inout AccessLog) -> Void) {
        body(&accessLog)
        if accessLog.isFull { accessLog.flush() }
    }
}

/// A client connection as its loop knows it, whatever it speaks.
protocol ClientFront: Timed {
    /// Its place in the loop's list of connections; the loop's to change.
    var position: Int { get set }
    /// The client ended its side before this front began; what it sent before is still to come.
    func endedBefore()
    /// Its channel has gone.
    func lost()
    func endAnnounced()
    func drain()
    /// Ends it at once, visibly.
    func cut(_ ending: Ending)
}

import BindingPolicy
package import HTTPWire
package import NIOCore
package import Telemetry

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Everything one event loop owns: its connections, its upstream pool, its judge, its counters and the storage they share.
///
/// Nothing here is locked; every call is on the loop. Parsing a head, judging it and writing it anew happen in one go, so
/// one head's storage serves all connections.
package final class EngineLoop {
    package let eventLoop: any EventLoop
    package let settings: EngineSettings
    package let judge: any RequestJudge
    package let gate: any ClientGate
    package let counters: LoopCounters
    let pool: UpstreamPool
    var requestHead: RequestHead
    var responseHead: ResponseHead
    /// The end was announced: each answer closes its connection.
    package private(set) var isEnding = false
    /// It has come: nothing new begins.
    package private(set) var isDraining = false

    private var accessLog: AccessLog
    private var buffers: [ByteBuffer] = []
    private var connections: [ClientConnection] = []
    private var ticking: Scheduled<Void>?
    private var dateLine: [UInt8] = []
    private var dateSecond = 0
    private var drained: EventLoopPromise<Void>?
    private let onUpstreamFault: (UpstreamFault) -> Void
    private var shares: [ClientKey: ClientShare] = [:]
    private var waitingTurns: [ClientConnection] = []

    /// How often deadlines are looked at: one timer a loop instead of one a connection.
    private static let tick = TimeAmount.milliseconds(100)

    package init(
        eventLoop: any EventLoop, settings: EngineSettings, target: UpstreamTarget, strips: StripList, judge: any RequestJudge,
        gate: any ClientGate, counters: LoopCounters, sink: LogSink, onUpstreamFault: @escaping (UpstreamFault) -> Void = { _ in }
    ) {
        self.eventLoop = eventLoop
        self.settings = settings
        requestHead = RequestHead(limits: settings.limits, names: strips)
        responseHead = ResponseHead(names: strips)
        self.judge = judge
        self.gate = gate
        self.counters = counters
        accessLog = AccessLog(sink: sink)
        self.onUpstreamFault = onUpstreamFault
        pool = UpstreamPool(eventLoop: eventLoop, target: target, settings: settings, counters: counters, onFault: onUpstreamFault)
    }

    /// On the loop; until `stop`.
    package func start() {
        ticking = eventLoop.assumeIsolated().scheduleTask(in: Self.tick) { [self] in
            onTick()
            start()
        }
    }

    // MARK: Time

    /// When the event at hand began: time-outs and durations need no finer time, and asking for it costs.
    private(set) var now = NIODeadline.now()

    /// At the beginning of each event that comes from a channel or a timer.
    func eventBegan() { now = .now() }

    /// Seconds since 1970.
    package static func wallClock() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    /// A `Date` field with its CRLF, made once a second.
    func dateField() -> [UInt8] {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME_COARSE, &now)
        if now.tv_sec != dateSecond {
            dateSecond = now.tv_sec
            dateLine = Array("Date: \(HTTPDate.text(secondsSince1970: now.tv_sec))\r\n".utf8)
        }
        return dateLine
    }

    private func onTick() {
        eventBegan()
        for connection in connections where connection.deadline <= now { connection.deadlineReached(now) }
        pool.tick(now)
        flushAccessLog()
    }

    // MARK: Storage

    /// An empty buffer whose storage is used again once nothing else refers to it.
    func takeBuffer() -> ByteBuffer {
        guard var buffer = buffers.popLast() else { return ByteBufferAllocator().buffer(capacity: 2048) }
        buffer.clear()
        return buffer
    }

    /// Large storage is let go, so that one long answer does not stay in memory.
    func giveBack(_ buffer: ByteBuffer) {
        if buffers.count < 64, buffer.storageCapacity <= 64 << 10 { buffers.append(buffer) }
    }

    // MARK: Interaction ids

    private var randomness = SystemRandomNumberGenerator()

    func makeInteractionID() -> InteractionID { InteractionID.random(using: &randomness) }

    // MARK: Connections

    /// Whole lines for the upstream that say who is at the other end.
    func trustedFields(for peer: AuthenticatedPeer, address: String) -> [UInt8] {
        var lines = peer.thumbprint.map { "\(settings.thumbprintHeader): \($0.base64url)\r\n" } ?? ""
        if settings.addsForwardedFor { lines += "X-Forwarded-For: \(address)\r\nX-Forwarded-Proto: https\r\n" }
        return Array(lines.utf8)
    }

    func register(_ connection: ClientConnection) {
        connection.position = connections.count
        connections.append(connection)
        counters.metrics.connectionsAccepted &+= 1
        counters.metrics.connectionsActive = connections.count
    }

    func deregister(_ connection: ClientConnection) {
        let position = connection.position
        guard connections.indices.contains(position), connections[position] === connection else { return }
        if let last = connections.popLast(), last !== connection {
            connections[position] = last
            last.position = position
        }
        connection.position = -1
        leave(connection)
        counters.metrics.connectionsActive = connections.count
        if connections.isEmpty { drained?.succeed(()) }
    }

    /// From now on each answer closes its connection. New ones are still taken, and idle ones wait for their request.
    package func announceEnd() {
        eventLoop.assertInEventLoop()
        isEnding = true
        for connection in connections { connection.endAnnounced() }
    }

    /// From now on nothing new begins, and what is idle or has not got as far as a request is closed.
    /// - Returns: a future that succeeds when no client connection is left.
    package func drain() -> EventLoopFuture<Void> {
        eventLoop.assertInEventLoop()
        isEnding = true
        isDraining = true
        let promise = drained ?? eventLoop.makePromise(of: Void.self)
        drained = promise
        for connection in Array(connections) { connection.drain() }
        if connections.isEmpty { promise.succeed(()) }
        return promise.futureResult
    }

    /// Cuts what is left and stops the timer.
    package func stop() {
        for connection in Array(connections) { connection.abort(outcome: .drained, reason: "drain_timeout") }
        ticking?.cancel()
        ticking = nil
        pool.closeAll()
        flushAccessLog()
    }

    // MARK: Clients and their turns

    /// A client is a certificate; where there is none, an address.
    private enum ClientKey: Hashable {
        case certificate(Thumbprint)
        case address(String)

        init(_ peer: AuthenticatedPeer?, _ address: String) {
            if let thumbprint = peer?.thumbprint { self = .certificate(thumbprint) } else { self = .address(address) }
        }
    }

    /// What a client holds on all its connections to this loop; this one counts until `deregister`.
    func share(of peer: AuthenticatedPeer, at address: String) -> ClientShare {
        let key = ClientKey(peer, address)
        let share = shares[key] ?? ClientShare()
        shares[key] = share
        share.connections += 1
        return share
    }

    private func leave(_ connection: ClientConnection) {
        guard let peer = connection.peer else { return }
        connection.share.connections -= 1
        if connection.share.connections <= 0 { shares[ClientKey(peer, connection.peerAddress)] = nil }
    }

    /// Takes up a connection again that has had its turn. By a timer: a task of the loop would run before any other connection is read.
    func goOnLater(_ connection: ClientConnection) {
        waitingTurns.append(connection)
        guard waitingTurns.count == 1 else { return }
        eventLoop.assumeIsolated().scheduleTask(in: EngineSettings.turnPause) { [self] in
            eventBegan()
            let turns = waitingTurns
            waitingTurns = []
            for connection in turns { connection.goOn() }
        }
    }

    func noteUpstreamFault(_ fault: UpstreamFault) {
        counters.countUpstreamFailure(fault.reason, cause: fault.cause)
        onUpstreamFault(fault)
    }

    // MARK: Access log

    func logAccess(_ body: (inout AccessLog) -> Void) {
        body(&accessLog)
        if accessLog.isFull { flushAccessLog() }
    }

    private func flushAccessLog() { accessLog.flush() }
}

import HTTPWire
package import NIOCore
import NIOPosix
package import Telemetry

/// The connections of one loop to one upstream: the last one used is the first one used again, and those above the need die idle.
///
/// An exchange gets a kept-alive connection at once, or waits for one that is being opened or that another exchange gives back.
/// Connections are bounded, in all and for each client; what waits is bounded by its time and its octets.
package final class UpstreamPool {
    private let eventLoop: any EventLoop
    private let connect: Connect
    private let limits: UpstreamLimits
    /// What its responses may be like.
    let responses: WireLimits
    private let counters: LoopCounters
    private let clock: EngineClock
    private let onFault: (UpstreamFault) -> Void

    private var idle: [UpstreamConnection] = []
    /// After an answer that may not have a body and is known to be followed by one from some servers: not given to anybody before it has
    /// been silent for a while. The oldest stand first.
    private var resting: [UpstreamConnection] = []
    private var open: [ObjectIdentifier: UpstreamConnection] = [:]
    private var connecting = 0
    private var line: UpstreamWaitingLine
    private var shares = ClientShares()
    private var isServing = false
    private var isClosed = false

    enum Acquisition {
        case ready(UpstreamConnection)
        /// `upstreamReady` or `upstreamFailed` is called later.
        case waiting
        case saturated(UpstreamFault)
    }

    /// Opens a connection whose other end is verified; fails with an ``UpstreamFault``.
    package typealias Connect = (any EventLoop) -> EventLoopFuture<any Channel>

    package convenience init(
        eventLoop: any EventLoop, target: UpstreamTarget, limits: UpstreamLimits, counters: LoopCounters,
        onFault: @escaping (UpstreamFault) -> Void
    ) {
        let connector = UpstreamConnector(target, patience: limits.connectTimeout)
        self.init(eventLoop: eventLoop, limits: limits, counters: counters, onFault: onFault) { connector.connect(on: $0) }
    }

    package init(
        eventLoop: any EventLoop, limits: UpstreamLimits, counters: LoopCounters, clock: EngineClock = .system,
        onFault: @escaping (UpstreamFault) -> Void, connect: @escaping Connect
    ) {
        self.clock = clock
        self.eventLoop = eventLoop
        self.connect = connect
        self.limits = limits
        responses = .response(tolerating: limits.tolerance)
        self.counters = counters
        self.onFault = onFault
        line = UpstreamWaitingLine(shareLimit: limits.connectionsPerClient, octetLimit: EngineSettings.waitingOctets)
    }

    func acquire(for client: any UpstreamWaiter, of share: ClientShare, holding octets: Int, now: NIODeadline) -> Acquisition {
        if line.eligible == line.eligibleForFresh, line.mayHold(share), let connection = popIdle() { return .ready(connection) }
        return wait(client, share, octets, now)
    }

    /// For an exchange that must not be given a connection that may have been closed meanwhile.
    func acquireFresh(for client: any UpstreamWaiter, of share: ClientShare, holding octets: Int, now: NIODeadline) -> Acquisition {
        for connection in idle + resting { connection.close() }
        idle.removeAll(keepingCapacity: true)
        resting.removeAll(keepingCapacity: true)
        return wait(client, share, octets, now, fresh: true)
    }

    private func wait(_ client: any UpstreamWaiter, _ share: ClientShare, _ octets: Int, _ now: NIODeadline, fresh: Bool = false) -> Acquisition {
        guard line.add(client, of: share, octets: octets, now: now, fresh: fresh) else { return .saturated(.waitingFull) }
        serve()
        return .waiting
    }

    /// What a client holds here, for one connection of its until `leave`.
    func enter(_ client: ClientKey) -> ClientShare { shares.enter(client) }
    func leave(_ share: ClientShare, of client: ClientKey) { shares.leave(share, of: client) }

    /// The client went away while it waited.
    func forget(_ client: any UpstreamWaiter, of share: ClientShare) { line.remove(client, of: share) }

    /// An exchange begins on a connection, or is over, whatever becomes of the connection.
    func took(_ share: ClientShare) { line.took(share) }
    func gaveBack(_ share: ClientShare) { line.gaveBack(share) }

    /// - Parameter rests: whether octets of the exchange that is over might still come.
    func release(_ connection: UpstreamConnection, rests: Bool) {
        guard connection.isUsable else { return }
        guard !isClosed else { return connection.close() }
        connection.idleSince = clock.now()
        if rests { resting.append(connection) } else { idle.append(connection) }
        serve()
    }

    func closed(_ connection: UpstreamConnection) {
        guard open.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        idle.removeAll { $0 === connection }
        resting.removeAll { $0 === connection }
        serve()
    }

    /// What time brings: idle connections that end, resting ones that are clean, requests that have waited too long.
    func tick(_ now: NIODeadline) {
        while let first = idle.first, first.idleSince + limits.idleTimeout <= now {
            idle.removeFirst()
            first.close()
        }
        while let first = resting.first, first.idleSince + EngineSettings.restingTime <= now {
            resting.removeFirst()
            if first.isUsable { idle.append(first) }
        }
        if line.count > 0 {
            let moment = now - limits.queueTimeout
            // While a connection is being opened, its own time-out decides.
            let opening = connecting > 0 ? moment - limits.connectTimeout : moment
            for (client, isShare) in line.expire(before: moment, eligibleBefore: opening) {
                client.upstreamFailed(isShare ? .shareInUse : .saturated)
            }
        }
        serve()
    }

    package func closeAll() {
        isClosed = true
        for connection in Array(open.values) { connection.close() }
    }

    /// No request will come any more: what is idle is closed now, and what serves one when that is over.
    func retire() {
        isClosed = true
        for connection in idle + resting { connection.close() }
        idle = []
        resting = []
    }

    // MARK: Serving

    private func popIdle() -> UpstreamConnection? {
        while let connection = idle.popLast() {
            if connection.isUsable {
                connection.mayBeStale = true
                return connection
            }
        }
        return nil
    }

    /// Gives what is there to those who wait, and opens what is missing. Called from within itself where an exchange or an attempt fails
    /// at once: then the outer call goes on, so that no queue becomes a stack.
    private func serve() {
        guard line.eligible > 0, !isServing else { return }
        isServing = true
        defer { isServing = false }
        while line.eligible > 0 {
            if line.eligible > line.eligibleForFresh, let connection = popIdle() {
                guard let client = line.nextForUsed() else {
                    idle.append(connection)
                    break
                }
                client.upstreamReady(connection)
            } else if connecting < line.eligible, makeRoom() {
                openAnother()
            } else {
                break
            }
        }
    }

    /// Whether one more connection may be opened; a resting one is given up for it, or an idle one that is wanted by nobody.
    private func makeRoom() -> Bool {
        guard !isClosed else { return false }
        if open.count + connecting < limits.connections { return true }
        if !resting.isEmpty {
            resting.removeFirst().close(reset: true)
        } else if !idle.isEmpty {
            idle.removeFirst().close(reset: true)
        } else {
            return false
        }
        return true
    }

    private func openAnother() {
        connecting += 1
        connect(eventLoop).assumeIsolated().whenComplete { [self] result in
            connecting -= 1
            switch result {
            case .success(let channel): opened(channel)
            case .failure(let error): failed(UpstreamFault(connecting: error))
            }
        }
    }

    private func opened(_ channel: any Channel) {
        let connection = UpstreamConnection(pool: self)
        guard !isClosed, channel.isActive, (try? channel.pipeline.syncOperations.addHandler(connection)) != nil, connection.isUsable else {
            channel.closeAbruptly()
            return serve()
        }
        counters.metrics.upstreamConnections &+= 1
        open[ObjectIdentifier(connection)] = connection
        // One that is given away at once is fresh; one that finds nobody waiting may be closed by the upstream before it is used.
        if line.eligible > 0, let client = line.nextForFresh() {
            client.upstreamReady(connection)
        } else {
            connection.idleSince = clock.now()
            idle.append(connection)
        }
        serve()
    }

    /// One failure fails one exchange; the others have attempts of their own.
    private func failed(_ fault: UpstreamFault) {
        if let client = line.nextForFresh() { client.upstreamFailed(fault) } else { onFault(fault) }
        serve()
    }
}

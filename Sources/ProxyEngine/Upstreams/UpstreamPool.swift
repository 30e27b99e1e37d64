import HTTPWire
package import NIOCore
import NIOPosix
package import Telemetry

/// The connections of one loop to one upstream, which may have several addresses: the last one used of an address is the first one used
/// again, and those above the need die idle.
///
/// An exchange gets a kept-alive connection at once, or waits for one that is being opened or that another exchange gives back.
/// Connections are bounded, in all and for each client; what waits is bounded by its time and its octets. This file holds who is served;
/// `+Addresses` where, `+Connections` what becomes of a connection.
package final class UpstreamPool {
    let eventLoop: any EventLoop
    let limits: UpstreamLimits
    /// What its responses may be like.
    let responses: WireLimits
    let counters: LoopCounters
    let clock: EngineClock
    let onFault: (UpstreamFault) -> Void

    /// The addresses, with a standing each at the same position.
    var places: [UpstreamPlace]
    var standings: [AddressStanding]
    var choice = AddressChoice()
    var budget = RetryBudget()
    /// For the exchange at hand.
    private var chosen: UpstreamPlace?
    /// Of an exchange that just lost its connection there.
    var avoided: Int?

    /// After an answer that may not have a body and is known to be followed by one from some servers: not given to anybody before it has
    /// been silent for a while. The oldest stand first.
    var resting: [any UpstreamLink] = []
    var open: [ObjectIdentifier: any UpstreamLink] = [:]
    var connecting = 0
    /// Connections of HTTP/2 over which the upstream has not said how many requests it takes.
    var greeting = 0
    var line: UpstreamWaitingLine
    private var shares = ClientShares()
    private var isServing = false
    var isClosed = false

    enum Acquisition {
        case ready(any Upstream)
        /// `upstreamReady` or `upstreamFailed` is called later.
        case waiting
        case saturated(UpstreamFault)
    }

    /// Opens a connection whose other end is verified; fails with an ``UpstreamFault``.
    package typealias Connect = (any EventLoop) -> EventLoopFuture<any Channel>

    /// For an upstream of one address.
    package convenience init(
        eventLoop: any EventLoop, limits: UpstreamLimits, counters: LoopCounters, clock: EngineClock = .system,
        onFault: @escaping (UpstreamFault) -> Void, connect: @escaping Connect
    ) {
        self.init(
            eventLoop: eventLoop, addresses: [UpstreamAddress("", connect: connect)], limits: limits, counters: counters, clock: clock,
            onFault: onFault)
    }

    package init(
        eventLoop: any EventLoop, addresses: [UpstreamAddress], limits: UpstreamLimits, counters: LoopCounters, clock: EngineClock = .system,
        onFault: @escaping (UpstreamFault) -> Void
    ) {
        self.clock = clock
        self.eventLoop = eventLoop
        self.limits = limits
        responses = .response(tolerating: limits.tolerance)
        self.counters = counters
        self.onFault = onFault
        places = addresses.enumerated().map { UpstreamPlace($0.element, at: $0.offset) }
        standings = addresses.map { AddressStanding(weight: $0.weight) }
        line = UpstreamWaitingLine(shareLimit: limits.connectionsPerClient, octetLimit: EngineSettings.waitingOctets)
    }

    func acquire(for client: any UpstreamWaiter, of share: ClientShare, holding octets: Int, now: NIODeadline) -> Acquisition {
        if places.count > 1 { budget.request() }
        guard line.eligible == line.eligibleForFresh, line.mayHold(share), let place = nextPlace() else {
            return wait(client, share, octets, now, fresh: limits.isolates)
        }
        if let connection = popIdle(at: place, for: share) { return .ready(give(connection, again: true)) }
        // Its turn is not to be lost for that.
        chosen = place
        defer { chosen = nil }
        return wait(client, share, octets, now, fresh: limits.isolates)
    }

    /// For an exchange that must not be given a connection that may have been closed meanwhile.
    /// - Parameter lost: where it had one.
    func acquireFresh(
        for client: any UpstreamWaiter, of share: ClientShare, holding octets: Int, lost: UpstreamPlace? = nil, now: NIODeadline
    ) -> Acquisition {
        // Of what is shared, the one that was lost is gone already, or has said that it only refuses this one.
        if !isShared { closeUnused { lost == nil || $0.place === lost } }
        avoided = lost?.position
        defer { avoided = nil }
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

    /// What time brings: idle connections that end, resting ones that are clean, requests that have waited too long.
    package func tick(_ now: NIODeadline) {
        endIdle(now)
        lookAtHealth(now)
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
        closeUnused { _ in true }
    }

    // MARK: Serving

    /// Gives what is there to those who wait, and opens what is missing. Called from within itself where an exchange or an attempt fails
    /// at once: then the outer call goes on, so that no queue becomes a stack.
    func serve() {
        guard line.eligible > 0, !isServing else { return }
        isServing = true
        defer { isServing = false }
        while line.eligible > 0 {
            let mayOpen = mayOpenAnother
            guard let place = chosen ?? nextPlace() else { break }
            chosen = nil
            // What is shared was alive a moment ago, or has been given up by now: it is as good as fresh.
            let takesUsed = isShared || line.eligible > line.eligibleForFresh
            // Another address's connection, unused, is better than to wait; to open one is better than that.
            if takesUsed, let connection = popIdle(at: place) ?? (mayOpen && hasRoom ? nil : popIdle()) {
                guard let client = isShared ? line.nextForFresh() : line.nextForUsed() else {
                    offer(connection)
                    break
                }
                client.upstreamReady(give(connection, again: true))
            } else if mayOpen, makeRoom() {
                openAnother(at: place)
            } else {
                break
            }
        }
    }

    /// Whether exchanges of all clients share connections.
    var isShared: Bool { limits.exchangesPerConnection > 1 }

    /// More wait than the connections under way will serve.
    var mayOpenAnother: Bool { (connecting + greeting).multipliedReportingOverflow(by: limits.exchangesPerConnection).partialValue < line.eligible }

    private var hasRoom: Bool { !isClosed && open.count + connecting < limits.connections }

    /// Whether one more connection may be opened; a resting one is given up for it, or an idle one that is wanted by nobody.
    private func makeRoom() -> Bool {
        guard !isClosed else { return false }
        if hasRoom { return true }
        if !resting.isEmpty {
            resting.removeFirst().close(reset: true)
        } else if let oldest = popOldestIdle() {
            oldest.close(reset: true)
        } else {
            return false
        }
        return true
    }
}

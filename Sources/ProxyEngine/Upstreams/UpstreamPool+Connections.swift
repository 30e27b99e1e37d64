import NIOCore
import Telemetry

/// What becomes of a connection: opened, used, given back, and closed.
extension UpstreamPool {
    /// - Parameter tried: the positions of addresses that one connection was in vain asked of already, a bit each.
    func openAnother(at place: UpstreamPlace, tried: UInt64 = 0) {
        connecting += 1
        note(place) { $0.took() }
        place.address.connect(eventLoop).assumeIsolated().whenComplete { [self] result in
            connecting -= 1
            note(place) { $0.gaveBack() }
            switch result {
            case .success(let channel): opened(channel, at: place)
            case .failure(let error): failed(UpstreamFault(connecting: error), at: place, tried)
            }
        }
    }

    private func opened(_ channel: any Channel, at place: UpstreamPlace) {
        guard !isClosed, place.position != nil, channel.isActive, let connection = link(channel, at: place), connection.isUsable else {
            channel.closeAbruptly()
            return serve()
        }
        counters.metrics.upstreamConnections &+= 1
        open[ObjectIdentifier(connection)] = connection
        // One that is given away at once is fresh; one that finds nobody waiting may be closed by the upstream before it is used.
        if line.eligible > 0, let client = line.nextForFresh() {
            client.upstreamReady(give(connection, again: false))
        } else {
            connection.idleSince = clock.now()
            offer(connection)
        }
        serve()
    }

    /// What speaks the upstream's protocol, in its place.
    private func link(_ channel: any Channel, at place: UpstreamPlace) -> (any UpstreamLink)? {
        let link: any UpstreamLink & ChannelHandler =
            limits.protocol.isHTTP2 ? HTTP2UpstreamConnection(pool: self, place: place) : UpstreamConnection(pool: self, place: place)
        return (try? channel.pipeline.syncOperations.addHandler(link)) == nil ? nil : link
    }

    /// Gives an exchange to a connection, which others may share.
    func give(_ connection: any UpstreamLink, again: Bool) -> any Upstream {
        let upstream = connection.take(again: again)
        if connection.isShared { offer(connection) }
        return upstream
    }

    /// No octet of any request has gone there: another address is asked, where there is one, and no client sees it. Else one failure fails
    /// those that the connection would have served; the others have attempts of their own.
    private func failed(_ fault: UpstreamFault, at place: UpstreamPlace, _ tried: UInt64) {
        if !fault.isOurs { blame(place) }
        let tried = tried | bit(place)
        if !fault.isOurs, line.eligible > 0, mayOpenAnother, !isClosed, let other = nextPlace(butNot: tried) {
            return openAnother(at: other, tried: tried)
        }
        var left = limits.exchangesPerConnection
        if line.eligible == 0 { onFault(fault) }
        while left > 0, let client = line.nextForFresh() {
            left -= 1
            client.upstreamFailed(fault)
        }
        serve()
    }

    /// An exchange begins on a connection, or is over, whatever becomes of the connection.
    func took(_ share: ClientShare?, at place: UpstreamPlace) {
        if let share { line.took(share) }
        note(place) { $0.took() }
    }

    func gaveBack(_ share: ClientShare?, at place: UpstreamPlace) {
        if let share { line.gaveBack(share) }
        note(place) { $0.gaveBack() }
    }

    /// - Parameter rests: whether octets of the exchange that is over might still come.
    func release(_ connection: UpstreamConnection, rests: Bool) {
        guard connection.isUsable else { return }
        guard !isClosed, connection.place.position != nil else { return connection.close() }
        connection.idleSince = clock.now()
        if rests { resting.append(connection) } else { offer(connection) }
        serve()
    }

    /// An exchange on it is over, or it can take more for another reason.
    func hasRoom(_ connection: any UpstreamLink) {
        if connection.isUnused {
            guard connection.isUsable, !isClosed, connection.place.position != nil else { return connection.close() }
            connection.idleSince = clock.now()
        }
        if connection.isUsable, !isClosed, connection.place.position != nil, !connection.place.idle.contains(where: { $0 === connection }) {
            offer(connection)
        }
        serve()
    }

    func closed(_ connection: any UpstreamLink) {
        guard open.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        connection.place.idle.removeAll { $0 === connection }
        resting.removeAll { $0 === connection }
        serve()
    }

    // MARK: Those that serve nobody

    func offer(_ connection: any UpstreamLink) { connection.place.idle.append(connection) }

    /// - Parameter share: of the client that it is for; nil for whomever.
    func popIdle(at place: UpstreamPlace, for share: ClientShare? = nil) -> (any UpstreamLink)? {
        while let connection = lastIdle(at: place, for: share) {
            guard connection.isUsable else {
                if connection.isUnused { connection.close() }
                continue
            }
            // The upstream has said until when it keeps it.
            guard connection.keptUntil == .distantFuture || connection.keptUntil > clock.now() else {
                connection.close()
                continue
            }
            return connection
        }
        return nil
    }

    private func lastIdle(at place: UpstreamPlace, for share: ClientShare?) -> (any UpstreamLink)? {
        guard limits.isolates, let share else { return place.idle.popLast() }
        return place.idle.lastIndex { $0.client == nil || $0.client == share.client }.map { place.idle.remove(at: $0) }
    }

    func popIdle() -> (any UpstreamLink)? {
        for place in places { if let connection = popIdle(at: place) { return connection } }
        return nil
    }

    func popOldestIdle() -> (any UpstreamLink)? {
        let all = places.compactMap { place in place.idle.firstIndex(where: \.isUnused).map { (place, $0, place.idle[$0].idleSince) } }
        return all.min { $0.2 < $1.2 }.map { place, position, _ in place.idle.remove(at: position) }
    }

    func closeUnused(_ isMeant: (any UpstreamLink) -> Bool) {
        let unused = (places.flatMap(\.idle) + resting).filter { $0.isUnused && isMeant($0) }
        guard !unused.isEmpty else { return }
        for place in places { place.idle.removeAll { $0.isUnused && isMeant($0) } }
        resting.removeAll(where: isMeant)
        for connection in unused { connection.close() }
    }

    /// None is kept longer than the time for that, or than the upstream keeps it, however it came to stand there.
    func endIdle(_ now: NIODeadline) {
        closeUnused { $0.idleSince + limits.idleTimeout <= now || $0.keptUntil <= now }
        while let first = resting.first, first.idleSince + EngineSettings.restingTime <= now {
            resting.removeFirst()
            if first.isUsable { offer(first) }
        }
    }
}

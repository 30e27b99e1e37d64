import NIOCore
import Telemetry

/// Which of the addresses is asked, and how they have served.
extension UpstreamPool {
    /// Nil where all are among those that were tried.
    func nextPlace(butNot tried: UInt64 = 0) -> UpstreamPlace? {
        guard places.count > 1 else { return tried == 0 ? places.first : nil }
        let avoided = avoided.map { UInt64(1) << UInt64($0) } ?? 0
        let now = clock.now()
        for barred in [tried | avoided, tried] {
            let position = choice.next(
                &standings, at: now, limits.addresses, isBarred: { barred >> UInt64($0) & 1 == 1 }, isDown: { places[$0].address.health.isDown })
            if let position { return places[position] }
        }
        return nil
    }

    func bit(_ place: UpstreamPlace) -> UInt64 { place.position.map { UInt64(1) << UInt64($0) } ?? 0 }

    func note(_ place: UpstreamPlace, _ change: (inout AddressStanding) -> Void) {
        if places.count > 1, let position = place.position, standings.indices.contains(position) { change(&standings[position]) }
    }

    func praise(_ place: UpstreamPlace) { note(place) { $0.succeeded() } }

    func blame(_ place: UpstreamPlace) {
        let now = clock.now()
        note(place) { if $0.failed(at: now, limits.addresses) { counters.metrics.upstreamAddressesLeftAlone &+= 1 } }
    }

    /// Whether a request that may be repeated is to be, since another address would get it.
    func mayRepeat(lostAt place: UpstreamPlace) -> Bool {
        let now = clock.now()
        let hasOther = places.indices.contains {
            $0 != place.position && !places[$0].address.health.isDown && !standings[$0].isResting(at: now)
        }
        return hasOther && budget.take()
    }

    /// One that others found to serve again gets its share back slowly.
    func lookAtHealth(_ now: NIODeadline) {
        guard places.count > 1 else { return }
        for place in places {
            let isDown = place.address.health.isDown
            if place.wasDown, !isDown { note(place) { $0.cameBack(at: now) } }
            place.wasDown = isDown
        }
    }

    private func isAlike(_ addresses: [UpstreamAddress]) -> Bool {
        places.count == addresses.count
            && zip(places, addresses).allSatisfy {
                $0.address.key == $1.key && $0.address.weight == $1.weight && $0.address.health === $1.health
            }
    }

    /// Other addresses from now on. Those that stay keep their connections; what runs on the others is finished.
    package func adopt(_ addresses: [UpstreamAddress]) {
        guard !addresses.isEmpty, !isAlike(addresses) else { return }
        let now = clock.now()
        let (before, standing) = (places, standings)
        for place in before { place.position = nil }
        places = []
        standings = []
        for address in addresses {
            let kept = before.first { $0.address.key == address.key && $0.address.weight == address.weight && $0.position == nil }
            let place = kept ?? UpstreamPlace(address, at: places.count)
            var own = AddressStanding(weight: address.weight)
            if kept == nil { own.cameBack(at: now) }
            if let kept, let position = before.firstIndex(where: { $0 === kept }) { own = standing[position] }
            place.take(address, at: places.count)
            places.append(place)
            standings.append(own)
        }
        for place in before where place.position == nil {
            let idle = place.idle
            place.idle = []
            for connection in idle where connection.isUnused { connection.close() }
        }
        serve()
    }
}

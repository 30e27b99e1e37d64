package import NIOCore

/// Who may connect, and who goes where there are too many: a value, without sockets, threads or a clock of its own.
///
/// Until its handshake is done a connection has proved nothing. Such connections have a bound of their own: beyond it one of them goes,
/// so that half-open connections, however many, keep out nobody who shakes hands at once. Chosen are, in this order,
/// 1. connections of a network that holds more than its share of them, the newcomer's own before others,
/// 2. those that have not sent a whole ClientHello before those that have,
/// 3. the oldest.
///
/// Nobody goes before there was time to read what it sent: with a small bound, a fast flood or a busy loop a good client would otherwise be
/// gone before its ClientHello, which comes right behind the connection, was looked at. Until then the next ones wait where the system
/// queues them.
package struct ConnectionAdmission<ID: Hashable & Sendable, Network: Hashable & Sendable>: Sendable {
    package struct Bounds: Equatable, Sendable {
        /// Connections at once; one more is refused, unless one that has proved nothing can go in its place.
        package var connections: Int
        /// Of those, the ones that have proved nothing.
        package var unproved: Int
        /// Open sockets, those included that are being closed. At this number nothing more is accepted.
        package var descriptors: Int
        /// How long after it was accepted nobody goes.
        package var firstWord: TimeAmount = .milliseconds(20)
        /// How long after TLS answered it nobody goes: for the client's own flight. With a small bound little, since so long the next ones
        /// wait; with a large one much, since our own work is what they wait for there.
        package var flight: TimeAmount

        /// Connections that have proved nothing, those included that were told to go and have not yet.
        package var mostUnproved: Int { unproved + max(8, unproved / 4) }

        package init(connections: Int, unproved: Int, descriptors: Int) {
            self.connections = connections
            self.unproved = unproved
            self.descriptors = descriptors
            flight = .milliseconds(max(200, min(2000, 2 * Int64(unproved))))
        }
    }

    package enum Entry: Equatable, Sendable {
        /// - Parameter dismissed: the one that goes for it.
        case admitted(dismissed: ID?)
        case refused
    }

    /// Whether more may be accepted.
    package enum Room: Equatable, Sendable {
        case open
        /// Not until somebody goes who was told to, or, from the given time on, `relieve` has found somebody.
        case makingRoom(until: NIODeadline?)
        /// Not until somebody goes by himself.
        case full
    }

    private enum Stage { case silent, answered, proved, leaving }

    private struct Member {
        var network: Network
        var stage: Stage
        /// Of its entry in the queue that belongs to its stage.
        var place: UInt64
        /// From when on it may be dismissed.
        var protectedUntil: NIODeadline
    }

    private struct Place {
        let id: ID
        let number: UInt64
    }

    private let bounds: Bounds
    private var members: [ID: Member] = [:]
    /// Connections that have proved nothing, by network.
    private var networks: [Network: Int] = [:]
    /// Oldest first. Places of those that have gone on are passed over.
    private var silent = CircularBuffer<Place>()
    private var answered = CircularBuffer<Place>()
    private var places: UInt64 = 0
    package private(set) var unproved = 0
    private var leaving = 0

    /// How many of a queue are looked at.
    private static var searchBound: Int { 64 }

    package init(_ bounds: Bounds) { self.bounds = bounds }

    /// Open sockets.
    package var open: Int { members.count }

    package var room: Room {
        if unproved > bounds.unproved || isOverfull { return .makingRoom(until: earliestDismissal) }
        // Who was told to go may stay after all, where something of it has not been read yet: on a busy loop that can be many.
        if leaving > 0, unproved + leaving > bounds.mostUnproved { return .makingRoom(until: nil) }
        guard members.count >= bounds.descriptors else { return .open }
        if leaving > 0 { return .makingRoom(until: nil) }
        return isCrowded ? .makingRoom(until: earliestDismissal) : .full
    }

    /// A connection was accepted.
    package mutating func enter(_ id: ID, from network: Network, at now: NIODeadline) -> Entry {
        guard members[id] == nil else { return .refused }
        // A full house: somebody goes in its place, if not at once then soon, or it goes itself.
        guard members.count - leaving < bounds.connections || unproved > 0 else {
            members[id] = Member(network: network, stage: .leaving, place: 0, protectedUntil: now)
            leaving += 1
            return .refused
        }
        insert(id, network, now)
        return .admitted(dismissed: isCrowded ? dismiss(for: network, sparing: id, at: now) : nil)
    }

    /// Where there are still too many.
    /// - Returns: the one that goes.
    package mutating func relieve(at now: NIODeadline) -> ID? {
        isCrowded ? dismiss(for: nil, sparing: nil, at: now) : nil
    }

    /// It sent a whole ClientHello, and TLS answered.
    package mutating func wasAnswered(_ id: ID, at now: NIODeadline) {
        guard let member = members[id], member.stage == .silent else { return }
        hasTimeForItsFlight(id, member, at: now)
    }

    /// It is handed on by somebody for another network, which it counts for from now on.
    package mutating func isFrom(_ network: Network, _ id: ID) {
        guard let member = members[id], member.network != network else { return }
        members[id]?.network = network
        // Those that have proved something, or are on their way out, count for no network.
        guard member.stage == .silent || member.stage == .answered else { return }
        let left = (networks[member.network] ?? 0) - 1
        networks[member.network] = left > 0 ? left : nil
        networks[network, default: 0] += 1
    }

    /// It was to go, but there is something of it that has not been read yet: it has its time like one whose ClientHello was.
    package mutating func isKept(_ id: ID, at now: NIODeadline) {
        guard let member = members[id], member.stage == .leaving else { return }
        leaving -= 1
        unproved += 1
        networks[member.network, default: 0] += 1
        hasTimeForItsFlight(id, member, at: now)
    }

    private mutating func hasTimeForItsFlight(_ id: ID, _ member: Member, at now: NIODeadline) {
        let place = nextPlace(of: id)
        members[id] = Member(network: member.network, stage: .answered, place: place.number, protectedUntil: now + bounds.flight)
        answered.append(place)
        answered = shortened(answered, .answered)
    }

    package enum Proof: Equatable, Sendable {
        /// - Parameter dismissed: one that was let in while it was not known yet whether the house is full of others.
        case stays(dismissed: ID?)
        /// There are as many good clients already.
        case isTooMuch
    }

    /// Its handshake is done. One that was dismissed just then may stay.
    package mutating func hasProved(_ id: ID) -> Proof {
        guard let stage = members[id]?.stage else { return .isTooMuch }
        switch stage {
        case .silent, .answered: forgetUnproved(id)
        case .leaving: leaving -= 1
        case .proved: return .stays(dismissed: nil)
        }
        members[id]?.stage = .proved
        let proved = members.count - leaving - unproved
        guard proved <= bounds.connections else {
            members[id]?.stage = .leaving
            leaving += 1
            return .isTooMuch
        }
        // A house full of good clients: for whoever was let in on trust nobody will go any more.
        return .stays(dismissed: proved == bounds.connections ? dismiss(for: nil, sparing: nil, at: .distantFuture) : nil)
    }

    /// Its socket is closed.
    package mutating func left(_ id: ID) {
        guard let stage = members[id]?.stage else { return }
        switch stage {
        case .silent, .answered: forgetUnproved(id)
        case .leaving: leaving -= 1
        case .proved: break
        }
        members[id] = nil
    }

    // MARK: Who goes

    /// More than may be, beside those that are about to go.
    private var isCrowded: Bool {
        unproved > bounds.unproved || isOverfull || members.count >= bounds.descriptors && leaving == 0 && unproved > 1
    }

    private var isOverfull: Bool { unproved > 0 && members.count - leaving > bounds.connections }

    private mutating func dismiss(for network: Network?, sparing newcomer: ID?, at now: NIODeadline) -> ID? {
        guard let chosen = chosen(for: network, sparing: newcomer, at: now) else { return nil }
        forgetUnproved(chosen)
        members[chosen]?.stage = .leaving
        leaving += 1
        return chosen
    }

    private mutating func chosen(for network: Network?, sparing newcomer: ID?, at now: NIODeadline) -> ID? {
        while let first = silent.first, !isCurrent(first, .silent) { silent.removeFirst() }
        while let first = answered.first, !isCurrent(first, .answered) { answered.removeFirst() }
        if let network, hasMoreThanItsShare(network), let own = oldest(sparing: newcomer, at: now, where: { $0 == network }) { return own }
        return oldest(sparing: newcomer, at: now, where: hasMoreThanItsShare) ?? oldest(sparing: newcomer, at: now) { _ in true }
    }

    /// Were they shared out evenly.
    private func hasMoreThanItsShare(_ network: Network) -> Bool {
        guard let count = networks[network], count > 1 else { return false }
        return count * networks.count > unproved
    }

    private func oldest(sparing newcomer: ID?, at now: NIODeadline, where isMeant: (Network) -> Bool) -> ID? {
        for (queue, stage) in [(silent, Stage.silent), (answered, .answered)] {
            for (id, member) in front(of: queue, stage) where id != newcomer && member.protectedUntil <= now && isMeant(member.network) {
                return id
            }
        }
        return nil
    }

    /// The oldest of a queue, as far as is looked.
    private func front(of queue: CircularBuffer<Place>, _ stage: Stage) -> some Sequence<(ID, Member)> {
        queue.lazy.compactMap { place in isCurrent(place, stage) ? members[place.id].map { (place.id, $0) } : nil }.prefix(Self.searchBound)
    }

    /// When somebody may be dismissed who may not be yet.
    private var earliestDismissal: NIODeadline? {
        [(silent, Stage.silent), (answered, .answered)].compactMap { queue, stage in
            front(of: queue, stage).map(\.1.protectedUntil).min()
        }.min()
    }

    // MARK: The queues

    private mutating func insert(_ id: ID, _ network: Network, _ now: NIODeadline) {
        let place = nextPlace(of: id)
        members[id] = Member(network: network, stage: .silent, place: place.number, protectedUntil: now + bounds.firstWord)
        networks[network, default: 0] += 1
        unproved += 1
        silent.append(place)
        silent = shortened(silent, .silent)
    }

    private mutating func forgetUnproved(_ id: ID) {
        guard let network = members[id]?.network else { return }
        unproved -= 1
        let rest = (networks[network] ?? 1) - 1
        networks[network] = rest > 0 ? rest : nil
    }

    private mutating func nextPlace(of id: ID) -> Place {
        places += 1
        return Place(id: id, number: places)
    }

    /// A queue stays about as long as what it stands for.
    private func shortened(_ queue: consuming CircularBuffer<Place>, _ stage: Stage) -> CircularBuffer<Place> {
        if queue.count > unproved + unproved / 4 + Self.searchBound { queue.removeAll { !isCurrent($0, stage) } }
        return queue
    }

    private func isCurrent(_ place: Place, _ stage: Stage) -> Bool {
        members[place.id].map { $0.stage == stage && $0.place == place.number } ?? false
    }
}

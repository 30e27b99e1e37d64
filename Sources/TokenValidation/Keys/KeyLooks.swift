package import BindingPolicy

/// Which requests wait for a look at an issuer's keys, and which cause one: at most one look at a time, which all that come meanwhile
/// share. No clock, no lock and no task of its own.
package struct KeyLooks: Sendable {
    package enum Limits {
        /// Requests that wait, and the octets of their heads; of one client at most half of both.
        package static let waiting = 16384
        package static let octets = 32 << 20
    }

    package enum Asked: Equatable, Sendable {
        /// - isFresh: the look begins after this: what it does not find is not there.
        /// - begins: nobody had asked for it yet.
        case waits(Int, isFresh: Bool, begins: Bool)
        /// The budget is used up, or too many wait: judge by the keys there are.
        case refused
    }

    private enum Phase: Equatable {
        case idle
        case wanted
        case underWay
    }

    private struct Waiter {
        let client: Thumbprint?
        let octets: Int
    }

    private var budget: LookBudget
    private var phase = Phase.idle
    /// Who caused the look that is wanted or under way; nil where it was due anyway.
    private var cause: Thumbprint??
    private var waiters: [Int: Waiter] = [:]
    private var room = WaitingRoom<Thumbprint?>(
        all: .init(waiting: Limits.waiting, octets: Limits.octets), ofClient: .init(waiting: Limits.waiting / 2, octets: Limits.octets / 2))
    private var lastID = 0
    /// Requests that were refused a look.
    package private(set) var refusals = 0

    package init(cooldown: Double) { budget = LookBudget(cooldown: cooldown) }

    package var waiting: Int { room.waiting }
    package var isWanted: Bool { phase == .wanted }

    /// - Parameters:
    ///   - client: whose request it is; nil without a certificate.
    ///   - octets: of the request, that are kept while it waits.
    package mutating func ask(for client: Thumbprint?, octets: Int, now: Double) -> Asked {
        guard room.hasRoom(for: octets, of: client) else { return refuse() }
        let isFresh = phase != .underWay
        let begins = phase == .idle
        if begins {
            guard budget.take(for: client, now: now) else { return refuse() }
            phase = .wanted
            cause = .some(client)
        }
        lastID &+= 1
        waiters[lastID] = Waiter(client: client, octets: octets)
        room.enter(octets, of: client)
        return .waits(lastID, isFresh: isFresh, begins: begins)
    }

    private mutating func refuse() -> Asked {
        refusals &+= 1
        return .refused
    }

    /// One that waited has gone. The look is made all the same.
    package mutating func abandon(_ id: Int) {
        guard let waiter = waiters.removeValue(forKey: id) else { return }
        room.leave(waiter.octets, of: waiter.client)
    }

    /// A look begins, wanted or due.
    package mutating func began() { phase = .underWay }

    /// - Parameter foundNew: whether it brought a key that was not there before.
    /// - Returns: who waited for it.
    package mutating func ended(foundNew: Bool, now: Double) -> [Int] {
        if foundNew, let cause { budget.giveBack(to: cause, now: now) }
        cause = nil
        phase = .idle
        let all = waiters.keys.sorted()
        waiters = [:]
        room.removeAll()
        return all
    }
}

import NIOCore

/// What one client holds of the connections of one pool, and which of its requests wait for one.
///
/// Each client has a queue of its own, so that one whose share is used up stands in nobody's way.
final class ClientShare {
    let client: ClientKey
    /// Client connections that know it.
    var connections = 0
    /// Upstream connections that serve it now.
    fileprivate(set) var held = 0
    fileprivate var waiting = CircularBuffer<Waiter>()
    /// Those that take no connection which may have been closed meanwhile.
    fileprivate var waitingForFresh = CircularBuffer<Waiter>()
    /// Octets that its waiting requests hold.
    fileprivate var waitingOctets = 0
    /// It stands in the line of those who may be given the next connection.
    fileprivate var isInLine = false

    init(of client: ClientKey) { self.client = client }

    struct Waiter {
        let client: any UpstreamWaiter
        let since: NIODeadline
        let octets: Int
        let wantsFresh: Bool
    }

    fileprivate var waiters: Int { waiting.count + waitingForFresh.count }
}

/// An exchange that wants an upstream connection.
protocol UpstreamWaiter: AnyObject {
    /// One is there for it.
    func upstreamReady(_ connection: any Upstream)
    /// None can be had.
    func upstreamFailed(_ fault: UpstreamFault)
}

/// Who is given the next upstream connection: clients in turn, each its requests in their order, none more than its share. A value
/// of queues; it opens and closes nothing.
struct UpstreamWaitingLine {
    private let shareLimit: Int
    private let octetLimit: Int
    private var line = CircularBuffer<ClientShare>()
    /// All clients with requests that wait, also those whose share is used up.
    private var shares: [ObjectIdentifier: ClientShare] = [:]
    private var octets = 0
    /// Requests that wait, and of them those that may be given a connection now.
    private(set) var count = 0
    private(set) var eligible = 0
    /// Of the eligible, those that want a connection which nobody used yet.
    private(set) var eligibleForFresh = 0

    /// - Parameters:
    ///   - shareLimit: connections that one client may hold.
    ///   - octetLimit: octets that all waiting requests may hold, and one client's half of that.
    init(shareLimit: Int, octetLimit: Int) {
        self.shareLimit = shareLimit
        self.octetLimit = octetLimit
    }

    func mayHold(_ share: ClientShare) -> Bool { share.held < shareLimit }

    mutating func took(_ share: ClientShare) {
        let before = mayHold(share)
        share.held += 1
        guard before, !mayHold(share) else { return }
        eligible -= share.waiters
        eligibleForFresh -= share.waitingForFresh.count
    }

    mutating func gaveBack(_ share: ClientShare) {
        let before = mayHold(share)
        share.held = max(0, share.held - 1)
        guard !before, mayHold(share) else { return }
        eligible += share.waiters
        eligibleForFresh += share.waitingForFresh.count
        lineUp(share)
    }

    /// - Parameter fresh: it wants a connection that nobody used yet.
    /// - Returns: false where nothing more can wait.
    mutating func add(_ client: any UpstreamWaiter, of share: ClientShare, octets added: Int, now: NIODeadline, fresh: Bool = false) -> Bool {
        guard octets + added <= octetLimit, share.waitingOctets + added <= octetLimit / 2 else { return false }
        let waiter = ClientShare.Waiter(client: client, since: now, octets: added, wantsFresh: fresh)
        if fresh { share.waitingForFresh.append(waiter) } else { share.waiting.append(waiter) }
        share.waitingOctets += added
        octets += added
        count += 1
        if mayHold(share) {
            eligible += 1
            if fresh { eligibleForFresh += 1 }
        }
        shares[ObjectIdentifier(share)] = share
        lineUp(share)
        return true
    }

    /// The next who may have a connection that nobody used yet.
    mutating func nextForFresh() -> (any UpstreamWaiter)? {
        while let share = line.popFirst() {
            share.isInLine = false
            guard mayHold(share), let waiter = share.waitingForFresh.popFirst() ?? share.waiting.popFirst() else { continue }
            left(share, waiter, wasEligible: true)
            lineUp(share)
            return waiter.client
        }
        return nil
    }

    /// The next who may have a connection that was used before. Those who want none such keep their places.
    mutating func nextForUsed() -> (any UpstreamWaiter)? {
        guard eligible > eligibleForFresh, let position = line.firstIndex(where: { mayHold($0) && !$0.waiting.isEmpty }) else { return nil }
        let share = line.remove(at: position)
        share.isInLine = false
        guard let waiter = share.waiting.popFirst() else { return nil }
        left(share, waiter, wasEligible: true)
        lineUp(share)
        return waiter.client
    }

    mutating func remove(_ client: any UpstreamWaiter, of share: ClientShare) {
        guard share.waiters > 0 else { return }
        if let position = share.waiting.firstIndex(where: { $0.client === client }) {
            left(share, share.waiting.remove(at: position), wasEligible: mayHold(share))
        } else if let position = share.waitingForFresh.firstIndex(where: { $0.client === client }) {
            left(share, share.waitingForFresh.remove(at: position), wasEligible: mayHold(share))
        }
    }

    /// Those who have waited too long, and whether it was their own share that they waited for.
    /// - Parameters:
    ///   - moment: for those whose share is used up: who has waited since before it.
    ///   - eligibleMoment: the same for the others, for whom a connection may be on its way.
    mutating func expire(before moment: NIODeadline, eligibleBefore eligibleMoment: NIODeadline) -> [(client: any UpstreamWaiter, share: Bool)] {
        var expired: [(any UpstreamWaiter, Bool)] = []
        for share in Array(shares.values) {
            let isEligible = mayHold(share)
            let limit = isEligible ? eligibleMoment : moment
            for queue in [\ClientShare.waiting, \ClientShare.waitingForFresh] {
                while let first = share[keyPath: queue].first, first.since < limit, let waiter = share[keyPath: queue].popFirst() {
                    left(share, waiter, wasEligible: isEligible)
                    expired.append((waiter.client, !isEligible))
                }
            }
        }
        return expired
    }

    private mutating func left(_ share: ClientShare, _ waiter: ClientShare.Waiter, wasEligible: Bool) {
        share.waitingOctets -= waiter.octets
        octets -= waiter.octets
        count -= 1
        if wasEligible {
            eligible -= 1
            if waiter.wantsFresh { eligibleForFresh -= 1 }
        }
        if share.waiters == 0 { shares[ObjectIdentifier(share)] = nil }
    }

    private mutating func lineUp(_ share: ClientShare) {
        guard !share.isInLine, share.waiters > 0, mayHold(share) else { return }
        share.isInLine = true
        line.append(share)
    }
}

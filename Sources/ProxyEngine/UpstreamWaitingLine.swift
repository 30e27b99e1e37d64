import NIOCore

/// What one client holds of a loop's upstream connections, and which of its requests wait for one. A client is a certificate,
/// whatever number of connections it shows it on; where none was shown, an address.
///
/// Each client has a queue of its own, so that one whose share is used up stands in nobody's way.
final class ClientShare {
    /// Client connections that belong to it.
    var connections = 0
    /// Upstream connections that serve it now.
    fileprivate(set) var held = 0
    fileprivate var waiting = CircularBuffer<Waiter>()
    /// Octets that its waiting requests hold.
    fileprivate var waitingOctets = 0
    /// It stands in the line of those who may be given the next connection.
    fileprivate var isInLine = false

    struct Waiter {
        let client: any UpstreamWaiter
        let since: NIODeadline
        let octets: Int
    }
}

/// An exchange that wants an upstream connection.
protocol UpstreamWaiter: AnyObject {
    var share: ClientShare { get }
    /// One is there for it.
    func upstreamReady(_ connection: UpstreamConnection)
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
        if before, !mayHold(share) { eligible -= share.waiting.count }
    }

    mutating func gaveBack(_ share: ClientShare) {
        let before = mayHold(share)
        share.held = max(0, share.held - 1)
        guard !before, mayHold(share) else { return }
        eligible += share.waiting.count
        lineUp(share)
    }

    /// - Returns: false where nothing more can wait.
    mutating func add(_ client: any UpstreamWaiter, of share: ClientShare, octets added: Int, now: NIODeadline, first: Bool = false) -> Bool {
        guard octets + added <= octetLimit, share.waitingOctets + added <= octetLimit / 2 else { return false }
        let waiter = ClientShare.Waiter(client: client, since: now, octets: added)
        if first { share.waiting.prepend(waiter) } else { share.waiting.append(waiter) }
        share.waitingOctets += added
        octets += added
        count += 1
        if mayHold(share) { eligible += 1 }
        shares[ObjectIdentifier(share)] = share
        lineUp(share)
        return true
    }

    /// The next who may have a connection.
    mutating func next() -> (any UpstreamWaiter)? {
        while let share = line.popFirst() {
            share.isInLine = false
            guard mayHold(share), let waiter = share.waiting.popFirst() else { continue }
            left(share, waiter, wasEligible: true)
            lineUp(share)
            return waiter.client
        }
        return nil
    }

    mutating func remove(_ client: any UpstreamWaiter, of share: ClientShare) {
        guard let position = share.waiting.firstIndex(where: { $0.client === client }) else { return }
        left(share, share.waiting.remove(at: position), wasEligible: mayHold(share))
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
            while let first = share.waiting.first, first.since < limit, let waiter = share.waiting.popFirst() {
                left(share, waiter, wasEligible: isEligible)
                expired.append((waiter.client, !isEligible))
            }
        }
        return expired
    }

    private mutating func left(_ share: ClientShare, _ waiter: ClientShare.Waiter, wasEligible: Bool) {
        share.waitingOctets -= waiter.octets
        octets -= waiter.octets
        count -= 1
        if wasEligible { eligible -= 1 }
        if share.waiting.isEmpty { shares[ObjectIdentifier(share)] = nil }
    }

    private mutating func lineUp(_ share: ClientShare) {
        guard !share.isInLine, !share.waiting.isEmpty, mayHold(share) else { return }
        share.isInLine = true
        line.append(share)
    }
}

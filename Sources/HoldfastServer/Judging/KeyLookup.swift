import BindingPolicy
import NIOCore
import ProxyEngine
import TokenValidation

/// A request's place among those that wait for a look at the keys of the issuer that its token names. The loop's alone.
///
/// It waits for the look under way, and if that began before it came for one more, but not beyond its deadline: then it is judged by
/// the keys there are.
final class KeyLookup: PendingLookup {
    /// The loop's, for all looks of one request together.
    let deadline: NIODeadline
    /// Whether a look that ended may have missed what the request waits for.
    private(set) var mayLookAgain = false
    private let keeper: KeySetKeeper
    private var client: (any LookupClient)?
    private var ticket: KeySetKeeper.Ticket?
    private var timer: Scheduled<Void>?

    /// Asks for a look; nil where none is to be had.
    ///
    /// - Parameters:
    ///   - octets: of the request, that are kept meanwhile.
    ///   - held: the keys that it was judged by.
    ///   - earlier: the look that ended without bringing the key.
    init?(
        at keeper: KeySetKeeper, for peer: Thumbprint, client: any LookupClient, octets: Int, holding held: KeySet?, after earlier: KeyLookup?,
        on eventLoop: any EventLoop
    ) {
        self.keeper = keeper
        self.client = client
        let now = NIODeadline.now()
        deadline = earlier?.deadline ?? now + .milliseconds(Int64(KeySetKeeper.patience * 1000))
        guard now < deadline else { return nil }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let looked = keeper.look(for: peer, octets: octets, holding: held) { eventLoop.execute { bound.value.ended() } }
        guard case .pending(let ticket, let isFresh) = looked else { return nil }
        self.ticket = ticket
        mayLookAgain = earlier == nil && !isFresh
        timer = eventLoop.assumeIsolated().scheduleTask(deadline: deadline) { [self] in expired() }
    }

    private func ended() {
        timer?.cancel()
        timer = nil
        guard let client else { return }
        self.client = nil
        client.lookupEnded()
    }

    private func expired() {
        mayLookAgain = false
        giveUp()
        ended()
    }

    private func giveUp() {
        if let ticket { keeper.abandon(ticket) }
        ticket = nil
    }

    func abandon() {
        client = nil
        timer?.cancel()
        timer = nil
        giveUp()
    }
}

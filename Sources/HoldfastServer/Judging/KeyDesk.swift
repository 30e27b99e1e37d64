import BindingPolicy
import Synchronization
import TokenValidation

/// Where the judges of all loops ask about issuers' keys. It is there before the keepers are: those publish to the loops.
final class KeyDesk: Sendable {
    private let keeping = Mutex<KeyKeeping?>(nil)

    func open(_ keeping: KeyKeeping) { self.keeping.withLock { $0 = keeping } }

    private func keeper(ofIssuerAt index: Int) -> KeySetKeeper? { keeping.withLock { $0 }?.keeper(ofIssuerAt: index) }

    /// That a look may be worth it before long. Any thread.
    func requestRefresh(ofIssuerAt index: Int) { keeper(ofIssuerAt: index)?.requestRefresh() }

    /// As ``KeySetKeeper/look(for:octets:holding:done:)``. Any thread.
    func look(
        ofIssuerAt index: Int, for client: Thumbprint?, octets: Int, holding keys: KeySet?, done: @escaping @Sendable () -> Void
    ) -> KeySetKeeper.Looked {
        keeper(ofIssuerAt: index)?.look(for: client, octets: octets, holding: keys, done: done) ?? .refused
    }

    func abandon(_ ticket: KeySetKeeper.Ticket, ofIssuerAt index: Int) { keeper(ofIssuerAt: index)?.abandon(ticket) }

    /// Returns when the look ended that this asks for, or the one under way.
    func look(ofIssuerAt index: Int, for client: Thumbprint?, seconds: Double) async {
        _ = await keeper(ofIssuerAt: index)?.look(for: client, seconds: seconds)
    }
}

import BindingPolicy

/// Who is at the other end of a connection, for as long as it lasts.
final class ConnectedClient {
    let peer: AuthenticatedPeer
    /// As the log and `X-Forwarded-For` have it.
    let address: String
    private let key: ClientKey
    private var fields: (generation: Int, lines: [UInt8])?
    /// Of the upstream that its latest request went to: mostly that of the next one too.
    private var latest: (pool: UpstreamPool, share: ClientShare)?

    init(_ peer: AuthenticatedPeer, address: String) {
        self.peer = peer
        self.address = address
        key = ClientKey(peer, at: address)
    }

    /// What this client holds of a pool, on all its connections to this loop.
    func share(of pool: UpstreamPool) -> ClientShare {
        if let latest, latest.pool === pool { return latest.share }
        leave()
        let share = pool.enter(key)
        latest = (pool, share)
        return share
    }

    /// The connection is over, or goes on with another upstream.
    func leave() {
        if let latest { latest.pool.leave(latest.share, of: key) }
        latest = nil
    }

    /// The fields that the upstream may trust, whole lines: made once per connection and generation, from nothing the client sent.
    func trustedFields(by generation: LoopGeneration) -> [UInt8] {
        if let fields, fields.generation == generation.number { return fields.lines }
        let lines = generation.settings.trustedFields(for: peer, address: address)
        fields = (generation.number, lines)
        return lines
    }
}

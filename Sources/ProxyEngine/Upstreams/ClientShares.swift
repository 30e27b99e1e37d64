import BindingPolicy

/// A client, on whatever number of connections: a certificate, or the network that it comes from where none was shown.
enum ClientKey: Hashable {
    case certificate(Thumbprint)
    case network(ClientNetwork)

    init(_ peer: AuthenticatedPeer, from network: ClientNetwork) {
        if let thumbprint = peer.thumbprint { self = .certificate(thumbprint) } else { self = .network(network) }
    }
}

/// The shares of a pool's clients, each for as long as a connection of its client knows it. Counted, not held weakly: an object that is held
/// weakly anywhere costs more each time it is passed on, and shares are with every request.
struct ClientShares {
    private var shares: [ClientKey: ClientShare] = [:]

    /// For one connection more, until `leave`.
    mutating func enter(_ client: ClientKey) -> ClientShare {
        let share = shares[client] ?? ClientShare(of: client)
        shares[client] = share
        share.connections += 1
        return share
    }

    mutating func leave(_ share: ClientShare, of client: ClientKey) {
        share.connections -= 1
        if share.connections <= 0 { shares[client] = nil }
    }
}

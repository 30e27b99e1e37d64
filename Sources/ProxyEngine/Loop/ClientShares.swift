import BindingPolicy

/// What each client holds on all its connections to a loop. A client is a certificate; where there is none, an address.
struct ClientShares {
    private enum Key: Hashable {
        case certificate(Thumbprint)
        case address(String)

        init(_ peer: AuthenticatedPeer, _ address: String) {
            if let thumbprint = peer.thumbprint { self = .certificate(thumbprint) } else { self = .address(address) }
        }
    }

    private var shares: [Key: ClientShare] = [:]

    /// One connection more, until `leave`.
    mutating func enter(_ peer: AuthenticatedPeer, at address: String) -> ClientShare {
        let key = Key(peer, address)
        let share = shares[key] ?? ClientShare()
        shares[key] = share
        share.connections += 1
        return share
    }

    mutating func leave(_ client: ConnectedClient) {
        client.share.connections -= 1
        if client.share.connections <= 0 { shares[Key(client.peer, client.address)] = nil }
    }
}

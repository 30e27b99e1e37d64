import BindingPolicy

/// A client, on whatever number of connections: a certificate, or an address where none was shown.
enum ClientKey: Hashable {
    case certificate(Thumbprint)
    case address(String)

    init(_ peer: AuthenticatedPeer, at address: String) {
        if let thumbprint = peer.thumbprint { self = .certificate(thumbprint) } else { self = .address(address) }
    }
}

/// The shares of a pool's clients. A share lives as long as a connection or a request of its client knows it.
struct ClientShares {
    private struct Kept { weak var share: ClientShare? }

    private var shares: [ClientKey: Kept] = [:]
    /// Beyond this many, those of clients that have gone are looked for.
    private var bound = 64

    mutating func share(of client: ClientKey) -> ClientShare {
        if let share = shares[client]?.share { return share }
        if shares.count >= bound {
            shares = shares.filter { $0.value.share != nil }
            bound = max(64, 2 * shares.count)
        }
        let share = ClientShare()
        shares[client] = Kept(share: share)
        return share
    }
}

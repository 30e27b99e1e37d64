import BindingPolicy

/// Who is at the other end of a connection, for as long as it lasts.
final class ConnectedClient {
    let peer: AuthenticatedPeer
    /// As the log and `X-Forwarded-For` have it.
    let address: String
    /// What this client holds of the upstreams, on all its connections to this loop.
    let share: ClientShare
    private var fields: (generation: ObjectIdentifier, lines: [UInt8])?

    init(_ peer: AuthenticatedPeer, address: String, share: ClientShare) {
        self.peer = peer
        self.address = address
        self.share = share
    }

    /// The fields that the upstream may trust, whole lines: made once per connection and generation, from nothing the client sent.
    func trustedFields(by generation: LoopGeneration) -> [UInt8] {
        if let fields, fields.generation == ObjectIdentifier(generation) { return fields.lines }
        let lines = generation.settings.trustedFields(for: peer, address: address)
        fields = (ObjectIdentifier(generation), lines)
        return lines
    }
}

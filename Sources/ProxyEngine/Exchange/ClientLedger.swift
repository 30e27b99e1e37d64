import NIOCore

/// What each client has open, under way and left on one loop.
final class ClientLedger {
    private var connections: [ClientKey: Int] = [:]
    private var requests: [ClientKey: Int] = [:]
    /// Those who have shown no certificate have a book of their own: however many they seem to be, nobody else's place is taken.
    private var certificates = AllowanceBook<ClientKey>()
    private var networks = AllowanceBook<ClientKey>()
    private var clientIDs = AllowanceBook<String>()

    /// A connection that counts, for as long as somebody holds it.
    final class Place {
        private let ledger: ClientLedger
        private let client: ClientKey

        fileprivate init(_ ledger: ClientLedger, _ client: ClientKey) { (self.ledger, self.client) = (ledger, client) }

        deinit { ledger.connections.decrease(client) }
    }

    /// - Returns: nil where there are as many as there may be.
    func connect(_ client: ClientKey, _ limits: ClientLimits) -> Place? {
        guard connections[client] ?? 0 < limits.connections ?? .max else { return nil }
        connections[client, default: 0] += 1
        return Place(self, client)
    }

    /// A request begins; `requestEnded` follows where it may.
    func beginRequest(of client: ClientKey, _ limits: ClientLimits) -> Bool {
        guard requests[client] ?? 0 < limits.requests ?? .max else { return false }
        requests[client, default: 0] += 1
        return true
    }

    func requestEnded(of client: ClientKey) { requests.decrease(client) }

    /// - Returns: nil where the request may pass; else in how many seconds the next one may.
    func take(for client: ClientKey, _ rate: RequestAllowance.Rate, at now: NIODeadline) -> Int? {
        switch client {
        case .certificate: certificates.take(client, rate, at: now)
        case .network: networks.take(client, rate, at: now)
        }
    }

    func take(forClientID id: String, _ rate: RequestAllowance.Rate, at now: NIODeadline) -> Int? { clientIDs.take(id, rate, at: now) }
}

extension [ClientKey: Int] {
    fileprivate mutating func decrease(_ key: ClientKey) {
        let left = (self[key] ?? 0) - 1
        self[key] = left > 0 ? left : nil
    }
}

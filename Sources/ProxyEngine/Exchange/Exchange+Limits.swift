import BindingPolicy
import HTTPWire

/// What a client may have of the proxy, whoever it is and whatever it may do.
extension Exchange {
    /// Before anything is looked at: what it costs to judge is what the limit is for.
    /// - Returns: whether the request was refused.
    func isRefusedByLimit() -> Bool {
        let limits = generation.settings.clientLimits
        if let rate = limits.rate, limits.subject == .certificate, let wait = loop.ledger.take(for: client.key, rate, at: loop.now) {
            refuse(.rate, after: wait)
            return true
        }
        guard limits.requests != nil else { return false }
        guard loop.ledger.beginRequest(of: client.key, limits) else {
            refuse(.requests, after: 1)
            return true
        }
        isCounted = true
        return false
    }

    /// Behind the judgement: only then is it known whose token it is.
    /// - Returns: whether the request was refused.
    func isRefusedByLimit(of permit: Permit) -> Bool {
        let limits = generation.settings.clientLimits
        if let rate = limits.rate, limits.subject == .clientID {
            let wait =
                permit.token.flatMap { token in
                    token.clientID.map { loop.ledger.take(forClientID: "\(token.issuer.name) \($0)", rate, at: loop.now) }
                } ?? loop.ledger.take(for: client.key, rate, at: loop.now)
            if let wait {
                refuse(.rate, after: wait)
                return true
            }
        }
        bodyLimit = permit.maxBody ?? generation.settings.maxBody ?? .max
        guard case .length(let octets) = generation.requestHead.framing, octets > bodyLimit else { return false }
        refuseByJudgement(Refusal(WireFault.bodyTooLarge), .form(.bodyTooLarge))
        return true
    }

    private func refuse(_ limit: LimitFault, after seconds: Int) { refuseByJudgement(Refusal(limit, after: seconds), .limit(limit)) }
}

package import BindingPolicy

/// Who may cause looks at an issuer's keys beside the scheduled ones, and how many: a budget in all, so that the issuer is left in
/// peace, and a smaller one for each client certificate, so that nobody's bad tokens use up the looks of the others.
///
/// A look that brought a key nobody had before was worth it, and counts for nothing: a rotation never costs the next one its look.
package struct LookBudget: Sendable {
    /// At once; then one in each cool-down.
    package static let inAll = 3
    /// At once; then one in each two cool-downs.
    package static let ofOneClient = 2
    /// Seconds between two looks that count for nothing, should an issuer show other keys each time.
    static let shortestReturn = 1.0

    private let cooldown: Double
    private var all: TokenBucket
    /// Of those clients whose own is not full: few, since the whole is small.
    private var clients: [Thumbprint?: TokenBucket] = [:]
    private var lastReturn: Double?

    package init(cooldown: Double) {
        self.cooldown = cooldown
        all = TokenBucket(capacity: Self.inAll, interval: cooldown)
    }

    /// - Parameter client: nil for those without a certificate, who share one.
    package mutating func take(for client: Thumbprint?, now: Double) -> Bool {
        for (other, bucket) in clients {
            var bucket = bucket
            if bucket.isFull(now: now) { clients[other] = nil }
        }
        var own = clients[client] ?? TokenBucket(capacity: Self.ofOneClient, interval: 2 * cooldown)
        guard own.hasOne(now: now), all.take(now: now) else { return false }
        _ = own.take(now: now)
        clients[client] = own
        return true
    }

    /// The look that this client caused brought a new key.
    package mutating func giveBack(to client: Thumbprint?, now: Double) {
        if let lastReturn, now < lastReturn + Self.shortestReturn { return }
        lastReturn = now
        all.giveBack()
        clients[client]?.giveBack()
    }
}

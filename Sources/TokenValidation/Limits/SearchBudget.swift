package import BindingPolicy

/// How many keys the signature of a client's token is held against: all that come into question, unless the client has sent many tokens
/// that fitted none of many. A token that names no key of a set with hundreds would else cost hundreds of verifications, each time.
package struct SearchBudget: Sendable {
    /// Beyond so many a search counts as long; this many are always tried.
    package static let short = 8
    /// Long searches in vain, at once; then one a second.
    package static let inVain = 16
    /// Clients remembered.
    static let clients = 4096

    private var spent: [Thumbprint?: TokenBucket] = [:]

    package init() {}

    /// - Parameter now: seconds, as everywhere here.
    package mutating func tries(for client: Thumbprint?, now: Double) -> Int {
        if spent.isEmpty { return KeySet.maximumKeys }
        guard var bucket = spent[client] else { return spent.count < Self.clients ? KeySet.maximumKeys : Self.short }
        let hasOne = bucket.hasOne(now: now)
        spent[client] = bucket.isFull(now: now) ? nil : bucket
        return hasOne ? KeySet.maximumKeys : Self.short
    }

    /// A signature fitted none of so many keys.
    package mutating func failed(by client: Thumbprint?, tried: Int, now: Double) {
        guard tried > Self.short else { return }
        if spent[client] == nil, spent.count >= Self.clients {
            for (other, bucket) in spent {
                var bucket = bucket
                if bucket.isFull(now: now) { spent[other] = nil }
            }
            guard spent.count < Self.clients else { return }
        }
        var bucket = spent[client] ?? TokenBucket(capacity: Self.inVain, interval: 1)
        _ = bucket.take(now: now)
        spent[client] = bucket
    }
}

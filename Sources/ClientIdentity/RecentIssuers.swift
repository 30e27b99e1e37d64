/// The intermediates by which certificates of an issuer were found to have a path, of late. Many certificates have one issuer, so that they
/// are there when a certificate's own path is forgotten, as where more clients hold sessions than paths are remembered.
///
/// None of them is trusted for standing here. Bounded in issuers, and so in octets: each has what one client may send.
struct RecentIssuers {
    static let usualLimit = 64

    private let halfLimit: Int
    private var current: [String: [[UInt8]]] = [:]
    private var previous: [String: [[UInt8]]] = [:]

    /// - Parameter limit: issuers at most; at least half of them are the latest used. 0 for none.
    init(limit: Int) { halfLimit = limit / 2 }

    /// - Parameter issuer: the name that certificates below them have as their issuer's.
    mutating func note(_ intermediates: [[UInt8]], of issuer: String) {
        guard halfLimit > 0 else { return }
        let known = self.intermediates(below: issuer)
        // Two of one name, as at a rollover: both, the latest first.
        var all: [[UInt8]] = []
        for part in intermediates + known where !all.contains(part) {
            // A leaf has to fit beside them.
            guard all.count < PresentedChain.othersLimit, all.reduce(part.count, { $0 + $1.count }) <= PresentedChain.octetLimit / 2 else { continue }
            all.append(part)
        }
        insert(all, issuer)
    }

    mutating func intermediates(below issuer: String) -> [[UInt8]] {
        if let known = current[issuer] { return known }
        guard let known = previous.removeValue(forKey: issuer) else { return [] }
        insert(known, issuer)
        return known
    }

    private mutating func insert(_ intermediates: [[UInt8]], _ issuer: String) {
        if current[issuer] == nil, current.count >= halfLimit {
            previous = current
            current = [:]
        }
        current[issuer] = intermediates
    }
}

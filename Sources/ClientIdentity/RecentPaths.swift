import BindingPolicy

/// The paths validated of late, by leaf. Bounded: a generation that is full becomes the previous one, and the one before
/// that is forgotten, so whatever is in use stays without a list of its use being kept. Every entry is as small as the others, a
/// thumbprint and a window, so that a bound on their number is one on what they hold.
struct RecentPaths {
    private let generationLimit: Int
    private var current = [Thumbprint: ValidatedPath]()
    private var previous = [Thumbprint: ValidatedPath]()

    /// - Parameter limit: entries held at most; at least half of them are the latest used.
    init(limit: Int) { generationLimit = max(1, limit / 2) }

    var count: Int { current.count + previous.count }

    mutating func path(of leaf: Thumbprint) -> ValidatedPath? {
        if let path = current[leaf] { return path }
        guard let path = previous.removeValue(forKey: leaf) else { return nil }
        insert(path, of: leaf)
        return path
    }

    mutating func insert(_ path: ValidatedPath, of leaf: Thumbprint) {
        if current.count >= generationLimit, current[leaf] == nil {
            previous = current
            current = [:]
        }
        current[leaf] = path
    }
}

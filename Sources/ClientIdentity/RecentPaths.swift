import BindingPolicy

/// The paths validated of late, by leaf, with the certificates that they were found for. Bounded in count and in octets: a half that
/// is full becomes the previous one, and the one before that is forgotten, so whatever is in use stays without a list of its use being kept.
struct RecentPaths {
    struct Entry {
        let path: ValidatedPath
        var certificate: ClientCertificate
        /// Nil where nobody asks for them.
        var facts: CertificateFacts? = nil

        /// What trust was when it was validated: ``TrustChanges/count``.
        var changes = 0

        /// Whether it may be used without looking again.
        func holds(at now: Double, changes count: Int) -> Bool { path.fault(at: now) == nil && now < path.reviewTime && changes == count }

        /// Octets that it holds, about.
        var size: Int { certificate.size + (facts?.footprint ?? 0) }
    }

    private struct Half {
        var entries: [Thumbprint: Entry] = [:]
        var octets = 0
    }

    private let halfLimit: Int
    private let octetLimit: Int
    private var current = Half()
    private var previous = Half()

    /// - Parameters:
    ///   - limit: entries held at most; at least half of them are the latest used.
    ///   - octets: that their certificates take.
    init(limit: Int, octets: Int) {
        halfLimit = max(1, limit / 2)
        octetLimit = octets / 2
    }

    var count: Int { current.entries.count + previous.entries.count }
    var octets: Int { current.octets + previous.octets }

    mutating func entry(of leaf: Thumbprint) -> Entry? {
        if let entry = current.entries[leaf] { return entry }
        guard let entry = previous.entries.removeValue(forKey: leaf) else { return nil }
        previous.octets -= entry.size
        insert(entry)
        return entry
    }

    /// Puts it in the place of what is remembered of its leaf.
    /// - Returns: false where it was just that.
    mutating func replaces(_ entry: Entry) -> Bool {
        if let known = self.entry(of: entry.certificate.thumbprint), known.certificate === entry.certificate, known.facts === entry.facts,
            known.path == entry.path, known.changes == entry.changes
        {
            return false
        }
        insert(entry)
        return true
    }

    mutating func insert(_ entry: Entry) {
        let leaf = entry.certificate.thumbprint
        if let known = current.entries[leaf] {
            current.octets -= known.size
        } else if current.entries.count >= halfLimit || current.octets + entry.size > octetLimit {
            previous = current
            current = Half()
        }
        current.entries[leaf] = entry
        current.octets += entry.size
    }
}

import BindingPolicy

/// The paths validated of late, by leaf, with the certificates that they were found for. Bounded in count and in octets: a generation that
/// is full becomes the previous one, and the one before that is forgotten, so whatever is in use stays without a list of its use being kept.
struct RecentPaths {
    struct Entry {
        let path: ValidatedPath
        let certificate: ClientCertificate
        /// Nil where nobody asks for them.
        var facts: CertificateFacts? = nil

        /// What trust was when it was validated: ``TrustChanges/count``.
        var changes = 0

        /// Octets that it holds, about.
        var size: Int { certificate.size + (facts?.footprint ?? 0) }
    }

    private struct Generation {
        var entries: [Thumbprint: Entry] = [:]
        var octets = 0
    }

    private let generationLimit: Int
    private let octetLimit: Int
    private var current = Generation()
    private var previous = Generation()

    /// - Parameters:
    ///   - limit: entries held at most; at least half of them are the latest used.
    ///   - octets: that their certificates take.
    init(limit: Int, octets: Int) {
        generationLimit = max(1, limit / 2)
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

    mutating func insert(_ entry: Entry) {
        let leaf = entry.certificate.thumbprint
        if let known = current.entries[leaf] {
            current.octets -= known.size
        } else if current.entries.count >= generationLimit || current.octets + entry.size > octetLimit {
            previous = current
            current = Generation()
        }
        current.entries[leaf] = entry
        current.octets += entry.size
    }
}

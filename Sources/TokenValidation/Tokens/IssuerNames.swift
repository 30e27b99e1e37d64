import BindingPolicy

/// Which issuer has a name: found by halving a sorted list, so that of many issuers the last costs hardly more than the only one. Nothing
/// that a peer sends is put into it, and there is no hash that it could aim at.
struct IssuerNames: Sendable {
    private let names: [[UInt8]]
    /// In the order of `names`.
    private let issuers: [Issuer]

    /// - Parameter issuers: of two with one name the first is found.
    init(_ issuers: [Issuer]) {
        let sorted = issuers.enumerated().map { (name: Array($1.name.utf8), position: $0, issuer: $1) }
            .sorted { Self.precedes($0.name, $1.name) || !Self.precedes($1.name, $0.name) && $0.position < $1.position }
        names = sorted.map(\.name)
        self.issuers = sorted.map(\.issuer)
    }

    /// Octet by octet (RFC 8414 section 4).
    subscript(name: UnsafeRawBufferPointer) -> Issuer? {
        var (low, high) = (0, names.count)
        while low < high {
            let middle = low + (high - low) / 2
            if Self.precedes(names[middle], name) { low = middle + 1 } else { high = middle }
        }
        guard low < names.count, names[low].elementsEqual(name) else { return nil }
        return issuers[low]
    }

    /// By length first, which tells most names apart.
    private static func precedes(_ one: some Collection<UInt8>, _ other: some Collection<UInt8>) -> Bool {
        one.count != other.count ? one.count < other.count : one.lexicographicallyPrecedes(other)
    }
}

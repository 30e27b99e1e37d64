import COpenSSL

/// The serial numbers of a revocation list, sorted, at some twenty octets each: OpenSSL's own entries take ten times as much.
struct SerialTable {
    enum Finding { case absent, revoked, removed }

    /// The magnitudes one after another, each followed by its sign.
    private var octets: [UInt8] = []
    private var ends: [UInt32] = []
    /// Of entries that say that the certificate is on the base list no more.
    private var removals: Set<Int> = []

    var count: Int { ends.count }

    /// In any order; `sort` comes after the last.
    mutating func append(_ serial: ASN1_INTEGER, isRemoval: Bool) {
        if isRemoval { removals.insert(ends.count) }
        octets += Self.octets(of: serial)
        ends.append(UInt32(clamping: octets.count))
    }

    /// Into OpenSSL's order: shorter ones first, then by octets, then negative ones.
    mutating func sort() {
        let order = octets.withUnsafeBufferPointer { octets in
            ends.withUnsafeBufferPointer { ends in
                func entry(_ index: Int) -> Slice<UnsafeBufferPointer<UInt8>> { octets[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])] }
                return ends.indices.sorted { Self.isBefore(entry($0), entry($1)) }
            }
        }
        var sorted = Self()
        sorted.octets.reserveCapacity(octets.count)
        sorted.ends.reserveCapacity(ends.count)
        for index in order {
            if removals.contains(index) { sorted.removals.insert(sorted.ends.count) }
            sorted.octets += entry(index)
            sorted.ends.append(UInt32(clamping: sorted.octets.count))
        }
        self = sorted
    }

    /// Several entries of one serial: any of them that revokes it does.
    func find(_ serial: ASN1_INTEGER) -> Finding {
        let wanted = Self.octets(of: serial)
        var (low, high) = (0, ends.count)
        while low < high {
            let middle = (low + high) / 2
            if Self.isBefore(entry(middle), wanted[...]) { low = middle + 1 } else { high = middle }
        }
        var finding = Finding.absent
        while low < ends.count, entry(low) == wanted[...] {
            guard removals.contains(low) else { return .revoked }
            finding = .removed
            low += 1
        }
        return finding
    }

    private func entry(_ index: Int) -> ArraySlice<UInt8> { octets[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])] }

    private static func isBefore(_ one: some Collection<UInt8>, _ other: some Collection<UInt8>) -> Bool {
        one.count == other.count ? one.lexicographicallyPrecedes(other) : one.count < other.count
    }

    private static func octets(of serial: ASN1_INTEGER) -> [UInt8] {
        let isNegative = serial.type == V_ASN1_NEG_INTEGER
        return Array(UnsafeBufferPointer(start: serial.data, count: max(0, Int(serial.length)))) + [isNegative ? 1 : 0]
    }
}

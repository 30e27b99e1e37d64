/// How much is read from a client at once: a value that reads nothing itself.
///
/// Little at first: what one client sends is dealt with in small portions, so that others have their turn. More while a long body comes in
/// large records and large chunks, where a portion costs next to nothing but its system calls.
struct ReadPortions {
    static let usual = 16 << 10
    static let large = 64 << 10
    /// Reads in a row that were as good as full.
    private static let proof = 4
    private static let full = 12 << 10

    private(set) var isLarge = false
    private var fullReads = 0

    /// A read has been dealt with.
    /// - Parameter payload: octets of it that are a body's.
    /// - Returns: the greatest size of the next reads, where that changes.
    mutating func note(payload: Int) -> Int? {
        guard payload >= Self.full else {
            fullReads = 0
            guard isLarge else { return nil }
            isLarge = false
            return Self.usual
        }
        guard !isLarge else { return nil }
        fullReads += 1
        guard fullReads == Self.proof else { return nil }
        isLarge = true
        return Self.large
    }
}

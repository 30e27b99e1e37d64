/// Remembers issuers' answers for as long as each says: bounded in number and in octets, the oldest giving way.
package struct AnswerMemory: Sendable {
    private struct Entry {
        let answer: IntrospectionAnswer
        let number: Int
        let octets: Int
    }

    /// Of an entry beside its answer.
    private static let overhead = 256

    private let capacity: Int
    private let octetLimit: Int
    private var entries: [VerdictCache.Digest: Entry] = [:]
    /// In the order of coming, by consecutive numbers; one whose entry has gone, or came anew, is stale.
    private var order = ArraySlice<VerdictCache.Digest>()
    private var lastNumber = 0
    /// That the answers take, about.
    package private(set) var octets = 0

    /// - Parameter octets: the most that the answers may take together; a larger one is not remembered.
    package init(capacity: Int, octets: Int) {
        self.capacity = max(1, capacity)
        octetLimit = octets
    }

    package var count: Int { entries.count }

    /// - Parameter now: seconds since 1970.
    package mutating func answer(for digest: VerdictCache.Digest, now: Double) -> IntrospectionAnswer? {
        guard let entry = entries[digest] else { return nil }
        guard now < entry.answer.validUntil else {
            forget(digest)
            return nil
        }
        return entry.answer
    }

    package mutating func remember(_ answer: IntrospectionAnswer, for digest: VerdictCache.Digest, now: Double) {
        let size = Self.overhead + answer.footprint
        guard now < answer.validUntil, size <= octetLimit else { return }
        forget(digest)
        while order.count >= capacity || octets > octetLimit - size { forgetOldest() }
        lastNumber += 1
        entries[digest] = Entry(answer: answer, number: lastNumber, octets: size)
        octets += size
        order.append(digest)
    }

    private mutating func forget(_ digest: VerdictCache.Digest) {
        if let entry = entries.removeValue(forKey: digest) { octets -= entry.octets }
    }

    private mutating func forgetOldest() {
        let number = lastNumber - order.count + 1
        guard let digest = order.popFirst() else { return }
        if entries[digest]?.number == number { forget(digest) }
    }
}

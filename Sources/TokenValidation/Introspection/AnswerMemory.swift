/// Remembers issuers' answers for as long as each says: bounded, the oldest giving way.
package struct AnswerMemory: Sendable {
    private struct Entry {
        let answer: IntrospectionAnswer
        let slot: Int
    }

    private let capacity: Int
    private var entries: [VerdictCache.Digest: Entry] = [:]
    /// In the order of coming, in a ring; a slot whose entry has gone or moved is stale.
    private var slots: [VerdictCache.Digest] = []
    private var next = 0

    package init(capacity: Int) { self.capacity = max(1, capacity) }

    package var count: Int { entries.count }

    /// - Parameter now: seconds since 1970.
    package mutating func answer(for digest: VerdictCache.Digest, now: Double) -> IntrospectionAnswer? {
        guard let entry = entries[digest] else { return nil }
        guard now < entry.answer.validUntil else {
            entries[digest] = nil
            return nil
        }
        return entry.answer
    }

    package mutating func remember(_ answer: IntrospectionAnswer, for digest: VerdictCache.Digest, now: Double) {
        guard now < answer.validUntil else { return }
        if slots.count < capacity {
            entries[digest] = Entry(answer: answer, slot: slots.count)
            slots.append(digest)
            return
        }
        let oldest = slots[next]
        if entries[oldest]?.slot == next { entries[oldest] = nil }
        entries[digest] = Entry(answer: answer, slot: next)
        slots[next] = digest
        next = (next + 1) % capacity
    }
}

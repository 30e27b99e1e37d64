import NIOCore

/// The allowances of many parties, each for as long as it is not full again: a party that is not known has all of it. Bounded: where there
/// are more than that, the ones that came first are forgotten.
struct AllowanceBook<Party: Hashable> {
    private var allowances: [Party: RequestAllowance] = [:]
    /// In the order in which they were looked at last.
    private var order = CircularBuffer<Party>()

    static var bound: Int { 16384 }

    var count: Int { allowances.count }

    /// - Returns: nil where the request may pass; else in how many seconds the next one may.
    mutating func take(_ party: Party, _ rate: RequestAllowance.Rate, at now: NIODeadline) -> Int? {
        forgetFull(rate, now)
        if allowances[party] == nil {
            while order.count >= Self.bound { if let first = order.popFirst() { allowances[first] = nil } }
            order.append(party)
        }
        var allowance = allowances[party] ?? RequestAllowance(rate, at: now)
        let wait = allowance.take(rate, at: now)
        allowances[party] = allowance
        return wait
    }

    /// Two steps for each request: more than come in.
    private mutating func forgetFull(_ rate: RequestAllowance.Rate, _ now: NIODeadline) {
        for _ in 0..<2 {
            guard let first = order.popFirst() else { return }
            if allowances[first]?.isFull(rate, at: now) == false { order.append(first) } else { allowances[first] = nil }
        }
    }
}

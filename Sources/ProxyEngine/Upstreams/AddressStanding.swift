package import NIOCore

/// How the addresses of one upstream are chosen from, and when one is left alone.
package struct AddressTerms: Hashable, Sendable {
    package enum Order: Sendable {
        /// Whoever serves fewest, for its weight.
        case leastConnections
        /// Each in turn, as often as its weight says.
        case roundRobin
    }

    package var order: Order
    /// Failures in a row after which an address is left alone.
    package var failures: Int
    /// For how long at first; each further time twice as long, up to `longestRest`.
    package var rest: TimeAmount
    /// In how long an address that is back gets its whole share again; zero for at once.
    package var slowStart: TimeAmount

    package static let longestRest = TimeAmount.minutes(5)

    package init(order: Order = .leastConnections, failures: Int = 3, rest: TimeAmount = .seconds(10), slowStart: TimeAmount = .zero) {
        self.order = order
        self.failures = failures
        self.rest = rest
        self.slowStart = slowStart
    }
}

/// How one address has served of late. A value of one loop.
struct AddressStanding: Equatable {
    let weight: Int
    /// Exchanges that it serves, and attempts to connect to it.
    private(set) var serving = 0
    private var failures = 0
    /// Rests without a success between them.
    private var rests = 0
    private var restsUntil: NIODeadline?
    /// Since when it is back, while its share still grows.
    private var backSince: NIODeadline?
    /// For taking turns.
    var credit = 0

    init(weight: Int) { self.weight = weight }

    mutating func took() { serving += 1 }
    mutating func gaveBack() { serving = max(0, serving - 1) }

    /// Left alone for its failures.
    func isResting(at now: NIODeadline) -> Bool { restsUntil.map { now < $0 } ?? false }

    /// - Returns: whether it is left alone from now on.
    mutating func failed(at now: NIODeadline, _ terms: AddressTerms) -> Bool {
        guard !isResting(at: now) else { return false }
        failures += 1
        // One that has just rested is on trial: its next failure is enough.
        guard failures >= terms.failures || rests > 0 else { return false }
        let rest = rests >= 16 ? AddressTerms.longestRest.nanoseconds : min(terms.rest.nanoseconds << rests, AddressTerms.longestRest.nanoseconds)
        rests += 1
        failures = 0
        restsUntil = now + .nanoseconds(rest)
        backSince = restsUntil
        return true
    }

    mutating func succeeded() {
        failures = 0
        rests = 0
        restsUntil = nil
    }

    /// Others have seen that it serves again.
    mutating func cameBack(at now: NIODeadline) { backSince = now }

    /// Its weight in thousandths, as much as it has of it by now.
    mutating func share(at now: NIODeadline, _ terms: AddressTerms) -> Int {
        guard let backSince, terms.slowStart > .zero else { return weight * 1000 }
        let (elapsed, whole) = ((now - backSince).nanoseconds, terms.slowStart.nanoseconds)
        guard elapsed < whole else {
            self.backSince = nil
            return weight * 1000
        }
        return max(1, weight * Int(max(Double(elapsed) / Double(whole), 0.1) * 1000))
    }
}

/// Which of several addresses is next. A value: who is down is an argument, as time is.
struct AddressChoice {
    /// Where looking begins, so that equals take turns.
    private var turn = 0

    /// - Parameters:
    ///   - isBarred: those that are out of the question.
    ///   - isDown: those that somebody has looked at and found down; taken where there is no other, as is who rests.
    /// - Returns: a position; nil where all are barred.
    mutating func next(
        _ standings: inout [AddressStanding], at now: NIODeadline, _ terms: AddressTerms, isBarred: (Int) -> Bool = { _ in false },
        isDown: (Int) -> Bool = { _ in false }
    ) -> Int? {
        let mayServe = standings.indices.contains { !isBarred($0) && !isDown($0) && !standings[$0].isResting(at: now) }
        var best: Int?
        var (bestLoad, bestShare, total) = (0, 1, 0)
        for step in standings.indices {
            let position = (turn + step) % standings.count
            guard !isBarred(position), !mayServe || !isDown(position) && !standings[position].isResting(at: now) else { continue }
            let share = standings[position].share(at: now, terms)
            switch terms.order {
            case .leastConnections:
                let load = standings[position].serving + 1
                if best == nil || load * bestShare < bestLoad * share { (best, bestLoad, bestShare) = (position, load, share) }
            case .roundRobin:
                standings[position].credit += share
                total += share
                if best.map({ standings[$0].credit < standings[position].credit }) ?? true { best = position }
            }
        }
        guard let best else { return nil }
        if terms.order == .roundRobin { standings[best].credit -= total }
        turn = (best + 1) % standings.count
        return best
    }
}

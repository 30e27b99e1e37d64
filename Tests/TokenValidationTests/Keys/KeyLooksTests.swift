import BindingPolicy
import Testing
import TokenValidation

@Suite("So many at once, then one in each interval")
struct TokenBucketTests {
    @Test func fillsWithTimeAndNotBeyondItsSize() {
        var bucket = TokenBucket(capacity: 2, interval: 10)
        func take(_ times: [Double]) -> [Bool] { times.map { bucket.take(now: $0) } }
        #expect(take([0, 0, 0, 9.9, 10, 10]) == [true, true, false, false, true, false])
        #expect(take([1000, 1000, 1000]) == [true, true, false])
        bucket.giveBack()
        #expect(take([1000, 1000]) == [true, false])
    }

    @Test("A clock that stands still or is set back gives nothing away, and time counts on from there")
    func clocks() {
        var bucket = TokenBucket(capacity: 1, interval: 1)
        let taken = [100, 100, 50, 50.5, 51, 51.5].map { bucket.take(now: $0) }
        #expect(taken == [true, false, false, false, true, false])
    }
}

@Suite("Who may cause looks at keys (JWT-16)")
struct LookBudgetTests {
    private func take(_ budget: inout LookBudget, _ client: Int, _ now: Double) -> Bool { budget.take(for: thumbprint(client), now: now) }

    @Test("Three at once in all, then one a cool-down, however many clients ask")
    func inAll() {
        var budget = LookBudget(cooldown: 30)
        #expect((0..<100).count { take(&budget, $0, 0) } == 3)
        #expect((0..<100).count { take(&budget, $0, 29.9) } == 0)
        #expect((100..<200).count { take(&budget, $0, 30) } == 1)
        var looks = 0
        for second in 31...3030 { for client in 0..<5 where take(&budget, 1000 + second * 5 + client, Double(second)) { looks += 1 } }
        #expect(99...101 ~= looks)
    }

    @Test("One client has two at once and then one in two cool-downs, so that the others always find one")
    func ofOneClient() {
        var budget = LookBudget(cooldown: 30)
        var own = 0
        for second in 0...3000 {
            for _ in 0..<10 where take(&budget, 1, Double(second)) { own += 1 }
        }
        #expect(51...53 ~= own)
        #expect(take(&budget, 2, 3000))
    }

    @Test("A look that brought a key costs nobody the next")
    func worthIt() {
        var budget = LookBudget(cooldown: 3600)
        for second in 0..<100 {
            #expect(take(&budget, 1, Double(second)))
            budget.giveBack(to: thumbprint(1), now: Double(second))
        }
    }

    @Test("An issuer that shows other keys each time is not looked at without end")
    func restless() {
        var budget = LookBudget(cooldown: 3600)
        var looks = 0
        for step in 0..<1000 {
            guard take(&budget, step % 7, Double(step) / 100) else { continue }
            looks += 1
            budget.giveBack(to: thumbprint(step % 7), now: Double(step) / 100)
        }
        #expect(looks <= 3 + 10)
    }
}

@Suite("Who waits for a look at keys")
struct KeyLooksTests {
    private func ask(_ looks: inout KeyLooks, _ client: Int = 1, octets: Int = 100, now: Double = 0) -> KeyLooks.Asked {
        looks.ask(for: thumbprint(client), octets: octets, now: now)
    }

    @Test("A thousand that ask cause one look, and all of them wait for it")
    func singleFlight() {
        var looks = KeyLooks(cooldown: 30)
        #expect(ask(&looks) == .waits(1, isFresh: true, begins: true))
        for number in 2...1000 { #expect(ask(&looks, number) == .waits(number, isFresh: true, begins: false)) }
        #expect(looks.isWanted)
        #expect(looks.waiting == 1000)
        looks.began()
        #expect(!looks.isWanted)
        // Who comes now shares it, and may have to look once more.
        #expect(ask(&looks) == .waits(1001, isFresh: false, begins: false))
        looks.abandon(500)
        looks.abandon(500)
        #expect(looks.waiting == 1000)
        let told = looks.ended(foundNew: true, now: 1)
        #expect(told == Array(1...499) + Array(501...1001))
        #expect(looks.waiting == 0)
        #expect(ask(&looks) == .waits(1002, isFresh: true, begins: true))
    }

    @Test("A look that is due anyway costs nobody anything")
    func due() {
        var looks = KeyLooks(cooldown: 3600)
        for _ in 0..<100 {
            looks.began()
            let told = looks.ended(foundNew: false, now: 0)
            #expect(told.isEmpty)
        }
        #expect(ask(&looks) == .waits(1, isFresh: true, begins: true))
    }

    @Test("Who is over the budget is judged by the keys there are, and counted")
    func budget() {
        var looks = KeyLooks(cooldown: 30)
        for _ in 0..<2 {
            guard case .waits = ask(&looks) else { return #expect(Bool(false)) }
            looks.began()
            _ = looks.ended(foundNew: false, now: 0)
        }
        #expect(ask(&looks) == .refused)
        #expect(looks.refusals == 1)
        // Another client's look is everybody's.
        guard case .waits(_, true, true) = ask(&looks, 2) else { return #expect(Bool(false)) }
        guard case .waits(_, true, false) = ask(&looks) else { return #expect(Bool(false)) }
    }

    @Test("What waits is bounded by its number and its octets, and one client has half of both")
    func bounds() {
        var looks = KeyLooks(cooldown: 30)
        let large = KeyLooks.Limits.octets / 8
        for _ in 0..<4 { guard case .waits = ask(&looks, 1, octets: large) else { return #expect(Bool(false)) } }
        #expect(ask(&looks, 1, octets: 1) == .refused)
        for _ in 0..<4 { guard case .waits = ask(&looks, 2, octets: large) else { return #expect(Bool(false)) } }
        #expect(ask(&looks, 3, octets: 1) == .refused)
        _ = looks.ended(foundNew: true, now: 0)
        for _ in 0..<KeyLooks.Limits.waiting / 2 { guard case .waits = ask(&looks, 1, octets: 1) else { return #expect(Bool(false)) } }
        #expect(ask(&looks, 1, octets: 1) == .refused)
        guard case .waits(let last, _, _) = ask(&looks, 2, octets: 1) else { return #expect(Bool(false)) }
        let told = looks.ended(foundNew: true, now: 0)
        #expect(told.last == last)
    }
}

@Suite("How many keys a client's tokens are held against")
struct SearchBudgetTests {
    private func tries(_ searches: inout SearchBudget, _ client: Int, now: Double = 0) -> Int { searches.tries(for: thumbprint(client), now: now) }

    @Test("Who sends many tokens that fit none of many keys is soon held against few of them, and nobody else is")
    func inVain() {
        var searches = SearchBudget()
        for _ in 0..<SearchBudget.inVain {
            #expect(tries(&searches, 1) == KeySet.maximumKeys)
            searches.failed(by: thumbprint(1), tried: 200, now: 0)
        }
        #expect(tries(&searches, 1) == SearchBudget.short)
        #expect(tries(&searches, 2) == KeySet.maximumKeys)
        #expect(tries(&searches, 1, now: 1) == KeySet.maximumKeys)
    }

    @Test("Where there are few keys, nobody is ever held to fewer")
    func short() {
        var searches = SearchBudget()
        for _ in 0..<1000 { searches.failed(by: thumbprint(1), tried: SearchBudget.short, now: 0) }
        #expect(tries(&searches, 1) == KeySet.maximumKeys)
    }
}

@Suite("Taking turns")
struct FairQueueTests {
    @Test func clientsTakeTurnsAndEachKeepsItsOrder() {
        var queue = FairQueue<String>()
        for item in 1...4 { queue.append(item, of: "a") }
        queue.append(5, of: "b")
        queue.append(6, of: "c")
        queue.append(7, of: "b")
        #expect(queue.count == 7)
        let popped = (0..<8).map { _ in queue.popFirst() }
        #expect(popped == [1, 5, 6, 2, 7, 3, 4, nil])
        #expect(queue.isEmpty)
    }

    @Test func whatIsTakenOutIsGone() {
        var queue = FairQueue<String>()
        for item in 1...4 { queue.append(item, of: "a") }
        for item in 5...6 { queue.append(item, of: "b") }
        queue.remove(2, of: "a")
        queue.remove(2, of: "a")
        queue.remove(5, of: "b")
        queue.remove(6, of: "b")
        #expect(queue.count == 3)
        #expect(queue.count(of: "b") == 0)
        queue.append(7, of: "b")
        let (own, others) = (queue.removeAll(of: "a"), queue.removeAll())
        #expect(own == [1, 3, 4] && others == [7])
        #expect(queue.isEmpty)
    }

    @Test func manyThroughALineOfOneClient() {
        var queue = FairQueue<String>()
        for item in 0..<10_000 {
            queue.append(item, of: "a")
            guard item >= 100 else { continue }
            let first = queue.popFirst()
            #expect(first == item - 100)
        }
        #expect(queue.count == 100)
    }
}

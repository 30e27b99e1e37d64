import BindingPolicy
import Testing
import TokenValidation

@Suite("Whom to ask when, and who waits for what")
struct IntrospectionStateTests {
    private let date = TokenMint.now

    private func state(_ change: (inout IntrospectionState.Limits) -> Void = { _ in }) -> IntrospectionState {
        var limits = IntrospectionState.Limits()
        change(&limits)
        return IntrospectionState(limits: limits)
    }

    private static func outcome(_ token: VerifiedToken = activeToken()) -> IntrospectionState.Outcome {
        .answered(.success(token), saysScopes: true)
    }

    private let inactive = IntrospectionState.Outcome.answered(.failure(TokenRefusal(.tokenInactive)), saysScopes: false)

    @Test("A hundred requests with one token ask once and share the answer (INT-15)")
    func singleFlight() throws {
        var state = state()
        var waiters: [Int] = []
        var asked: [IntrospectionState.Question] = []
        for _ in 0..<100 {
            let (ticket, ask) = try state.wait("a")
            waiters.append(ticket.waiter)
            if let ask { asked.append(ask) }
        }
        try #require(asked.count == 1)
        #expect(asked[0].token == Array("a".utf8))
        #expect(asked[0].deadline == 3)
        #expect(state.underWay == 1)
        #expect(state.waiting == 100)
        let effects = state.finished(asked[0].id, Self.outcome(), now: 1, date: date)
        #expect(effects.deliveries.count == 1)
        #expect(effects.deliveries.first?.waiters == waiters)
        #expect(effects.deliveries.first?.answer.validUntil == date + 30)
        #expect(effects.ask.isEmpty)
        #expect(state.waiting == 0)
        #expect(state.underWay == 0)
    }

    @Test("Another token is another question (INT-15)")
    func twoTokens() throws {
        var state = state()
        #expect(try state.wait("a").ask != nil)
        #expect(try state.wait("b").ask != nil)
        #expect(state.underWay == 2)
    }

    @Test(
        "An answer is remembered until the expiry or the cache's time, whichever is first (INT-06)",
        arguments: [
            (30, .infinity, 30), (30, 10, 10), (30, 100, 30), (3600, 300, 300),
        ] as [(Double, Double, Double)])
    func activeMemory(_ cache: Double, _ expiresIn: Double, _ until: Double) throws {
        var state = state { $0.cache = cache }
        let question = try state.ask("a")
        _ = state.finished(question.id, Self.outcome(activeToken(expiresAt: date + expiresIn)), now: 0, date: date)
        #expect(state.answer("a", date: date + until - 0.01) != nil)
        #expect(state.answer("b", date: date) == nil)
        #expect(state.answer("a", date: date + until) == nil)
    }

    @Test("An inactive token is remembered briefly (INT-07)", arguments: [(30, 5), (2, 2)] as [(Double, Double)])
    func inactiveMemory(_ cache: Double, _ until: Double) throws {
        var state = state { $0.cache = cache }
        let question = try state.ask("a")
        let effects = state.finished(question.id, inactive, now: 0, date: date)
        #expect(effects.deliveries.first?.answer.validUntil == date + until)
        let known = state.answer("a", date: date + until - 0.01)
        guard case .failure(let refusal) = try #require(known).outcome else { return #expect(Bool(false)) }
        #expect(refusal.reason == .tokenInactive)
        #expect(state.answer("a", date: date + until) == nil)
    }

    @Test("Without a cache each request asks, but for those that wait at the same time (INT-06)")
    func noMemory() throws {
        var state = state { $0.cache = 0 }
        for _ in 0..<3 {
            let question = try state.ask("a")
            #expect(try state.wait("a").ask == nil)
            #expect(state.finished(question.id, Self.outcome(), now: 0, date: date).deliveries.first?.waiters.count == 2)
            #expect(state.answer("a", date: date) == nil)
        }
        #expect(state.remembered == 0)
    }

    @Test("A failure is not remembered (DT-10)")
    func failures() throws {
        var state = state()
        let question = try state.ask("a")
        let effects = state.finished(question.id, .failed(.timeout), now: 0, date: date)
        #expect(effects.deliveries.first?.failure == .timeout)
        guard case .failure(let refusal) = try #require(effects.deliveries.first).answer.outcome else { return #expect(Bool(false)) }
        #expect(refusal.reason == .introspectionUnavailable)
        #expect(try state.wait("a").ask != nil)
    }

    @Test("Beyond the questions that may be under way the others wait in order (INT-15)")
    func queue() throws {
        var state = state { $0.maxConcurrent = 2 }
        let first = try state.ask("a"), second = try state.ask("b")
        #expect(try state.wait("c").ask == nil)
        #expect(try state.wait("d", now: 1).ask == nil)
        #expect(state.underWay == 2)
        let effects = state.finished(second.id, Self.outcome(), now: 1, date: date)
        #expect(effects.ask.map { $0.token } == [Array("c".utf8)])
        // The deadline counts from its coming, not from its turn.
        #expect(effects.ask.map { $0.deadline } == [3])
        #expect(state.finished(first.id, Self.outcome(), now: 1, date: date).ask.map { $0.deadline } == [4])
        #expect(state.underWay == 2)
    }

    @Test("What comes after the queue is full is told so at once (INT-15)")
    func overload() throws {
        var state = state { ($0.maxConcurrent, $0.maxQueued) = (1, 2) }
        for token in ["a", "b", "c"] { _ = try state.wait(token) }
        #expect(state.failure("d") == .overload)
        #expect(try state.wait("b").ask == nil)
        var waiting = self.state { $0.maxWaiting = 2 }
        for _ in 0..<2 { _ = try waiting.wait("a") }
        #expect(waiting.failure("a") == .overload)
    }

    @Test("Who waited in the queue beyond the deadline is told so, and is not asked about (INT-15)")
    func deadline() throws {
        var state = state { $0.maxConcurrent = 1 }
        let first = try state.ask("a")
        let late = try state.wait("b").ticket
        _ = try state.wait("c", now: 1)
        let effects = state.finished(first.id, .failed(.timeout), now: 3, date: date)
        #expect(effects.deliveries.map { $0.waiters }.last == [late.waiter])
        #expect(effects.deliveries.map { $0.failure } == [.timeout, .timeout])
        #expect(effects.deliveries.first?.waiters != [late.waiter])
        #expect(effects.ask.map { $0.token } == [Array("c".utf8)])
    }

    @Test("The last who waits takes the question with it, no one before (INT-15)")
    func abandon() throws {
        var state = state { $0.maxConcurrent = 1 }
        let (one, ask) = try state.wait("a")
        let question = try #require(ask)
        let two = try state.wait("a").ticket
        _ = try state.wait("b")
        #expect(state.abandon(one, now: 0).cancel == nil)
        #expect(state.abandon(one, now: 0).cancel == nil)
        let effects = state.abandon(two, now: 0)
        #expect(effects.cancel == question.id)
        #expect(effects.ask.map { $0.token } == [Array("b".utf8)])
        #expect(effects.deliveries.isEmpty)
        #expect(state.waiting == 1)
        // What still comes of it is too late.
        #expect(state.finished(question.id, Self.outcome(), now: 0, date: date).deliveries.isEmpty)
        #expect(try state.wait("a").ask == nil)
        #expect(state.underWay == 1)
    }

    @Test("A probe finds a place however few there are (INT-15)")
    func probeWithOnePlace() throws {
        var state = state { $0.maxConcurrent = 1 }
        for index in 0..<5 {
            let question = try state.ask("\(index)")
            _ = try state.wait("queued \(index)")
            let effects = state.finished(question.id, .failed(.unreachable), now: 0, date: date)
            for next in effects.ask { _ = state.finished(next.id, .failed(.unreachable), now: 0, date: date) }
            if state.isCircuitOpen { break }
        }
        #expect(state.underWay == 0)
        #expect(state.waiting == 0)
        #expect(try state.ask("probe", now: 1).deadline == 4)
    }

    @Test func oneWhoGoesFromTheQueueLeavesNothing() throws {
        var state = state { $0.maxConcurrent = 1 }
        let question = try state.ask("a")
        let queued = try state.wait("b").ticket
        let effects = state.abandon(queued, now: 0)
        #expect(effects.cancel == nil)
        #expect(state.waiting == 1)
        #expect(state.finished(question.id, Self.outcome(), now: 0, date: date).ask.isEmpty)
    }

    @Test("The clients take turns: one that asks much makes no other wait behind it (INT-15)")
    func turns() throws {
        var state = state { $0.maxConcurrent = 1 }
        let first = try state.ask("1")
        for index in 0..<100 { _ = try state.wait("much \(index)", by: 1) }
        _ = try state.wait("one", by: 2)
        let next = try #require(state.finished(first.id, Self.outcome(), now: 0, date: date).ask.first)
        #expect(next.token == Array("much 0".utf8))
        let then = try #require(state.finished(next.id, Self.outcome(), now: 0, date: date).ask.first)
        #expect(then.token == Array("one".utf8))
        #expect(state.finished(then.id, Self.outcome(), now: 0, date: date).ask.first?.token == Array("much 1".utf8))
    }

    @Test("One client fills neither the queue nor the room for those who wait (INT-15)")
    func shares() throws {
        var state = state { ($0.maxConcurrent, $0.maxQueued, $0.maxQueuedOfClient) = (1, 4, 2) }
        _ = try state.ask("0", by: 1)
        for token in ["a", "b"] { _ = try state.wait(token, by: 1) }
        #expect(state.failure("c", by: 1) == .overload)
        for token in ["c", "d"] { _ = try state.wait(token, by: 2) }
        #expect(state.failure("e", by: 3) == .overload)
        var waiting = self.state { ($0.maxWaiting, $0.maxWaitingOfClient) = (3, 2) }
        let (ticket, _) = try waiting.wait("a", by: 1)
        _ = try waiting.wait("a", by: 1)
        #expect(waiting.failure("a", by: 1) == .overload)
        _ = try waiting.wait("a", by: 2)
        #expect(waiting.failure("a", by: 3) == .overload)
        _ = waiting.abandon(ticket, now: 0)
        _ = try waiting.wait("a", by: 1)
    }

    @Test("What waits is bounded by the octets that are kept of it, and one client has its share of them (INT-15)")
    func octets() {
        var state = state { ($0.maxOctets, $0.maxOctetsOfClient) = (1000, 600) }
        func look(_ token: String, _ octets: Int, by client: Int) -> IntrospectionState.Ticket? {
            guard
                case .waits(let ticket, _) = state.lookUp(
                    digest(token), Array(token.utf8), for: thumbprint(client), octets: octets, now: 0, date: date)
            else { return nil }
            return ticket
        }
        let first = look("t", 598, by: 1)
        #expect(first != nil && state.waitingOctets == 599)
        #expect(look("u", 1, by: 1) == nil)
        // The token counts too; and the octets of one who waits for a question that was asked already.
        #expect(look("1234567890", 391, by: 2) != nil && look("t", 1, by: 3) == nil)
        #expect(state.waitingOctets == 1000 && state.waiting == 2)
        if let first { _ = state.abandon(first, now: 0) }
        #expect(look("t", 598, by: 1) != nil && look("t", 0, by: 3) == nil)
        #expect(look("t", .max, by: 3) == nil)
        _ = state.close(now: 0)
        #expect(state.waitingOctets == 0 && state.waiting == 0)
    }

    @Test("A million invented tokens grow no memory and push out no good one (INT-07)")
    func bounded() async throws {
        var state = state { ($0.cache, $0.inactiveCache) = (3600, 3600) }
        let good = try state.ask("good")
        _ = state.finished(good.id, Self.outcome(activeToken(expiresAt: .infinity)), now: 0, date: date)
        for index in 0..<1_000_000 {
            // Other tests have deadlines to keep.
            if index % 1000 == 0 { await Task.yield() }
            let digest = withUnsafeBytes(of: index) { VerdictCache.Digest($0) }
            guard case .waits(_, let ask) = state.lookUp(digest, [], now: 0, date: date), let ask else { return #expect(Bool(false)) }
            _ = state.finished(ask.id, inactive, now: 0, date: date)
        }
        #expect(state.remembered == 4097)
        #expect(state.answer("good", date: date) != nil)
    }

    @Test func whoWaitsIsToldWhenItEnds() throws {
        var state = state { $0.maxConcurrent = 1 }
        var waiters: [Int] = []
        for token in ["a", "b", "a"] { waiters.append(try state.wait(token).ticket.waiter) }
        let effects = state.close(now: 0)
        #expect(Set(effects.deliveries.flatMap { $0.waiters }) == Set(waiters))
        #expect(state.waiting == 0)
        #expect(state.underWay == 0)
        #expect(effects.ask.isEmpty)
    }
}

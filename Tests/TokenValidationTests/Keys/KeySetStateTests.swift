import Testing
import TokenValidation

@Suite("When keys are fetched and how long they last")
struct KeySetStateTests {
    @Test("Fetches at once") func fetchesAtOnce() {
        var state = KeySetState(timing: .init())
        #expect(state.next(now: 100) == .fetch)
        #expect(!state.hasKeys)
    }

    @Test(
        "Refreshes as the server says within bounds (JWT-34)",
        arguments: [(nil, 300), (120, 120), (0, 60), (59, 60), (3600, 3600), (86400, 3600), (.infinity, 3600)] as [(Double?, Double)])
    func refreshesAsTheServerSaysWithinBounds(_ age: Double?, _ wait: Double) {
        var state = KeySetState(timing: .init())
        _ = state.next(now: 0)
        state.succeeded(now: 1, maximumAge: age)
        #expect(state.next(now: 1) == .wait(until: 1 + wait))
        #expect(state.next(now: 0.5 + wait) == .wait(until: 1 + wait))
        #expect(state.next(now: 1 + wait) == .fetch)
    }

    @Test("Retries ever more slowly while there are none (ASM-05)") func retriesEverMoreSlowlyWhileThereAreNone() {
        var state = KeySetState(timing: .init())
        var now = 0.0
        var waits: [Double] = []
        for _ in 0..<10 {
            #expect(state.next(now: now) == .fetch)
            state.failed(now: now)
            guard case .wait(let until) = state.next(now: now) else { return #expect(Bool(false)) }
            waits.append(until - now)
            now = until
        }
        #expect(waits == [1, 2, 4, 8, 10, 10, 10, 10, 10, 10])
    }

    @Test("Keys taken over are looked for at once, and last as long as if they had been here all the time")
    func takenOver() {
        var timing = KeySetState.Timing()
        timing.longestOutage = 100
        var state = KeySetState(timing: timing)
        state.keep(since: -40)
        #expect(state.hasKeys && state.next(now: 0) == .fetch)
        state.failed(now: 0)
        var now = 0.0
        while case .wait(let until) = state.next(now: now) {
            now = until
            guard now < 60 else { break }
            #expect(state.next(now: now) == .fetch)
            state.failed(now: now)
        }
        #expect(now == 60 && state.next(now: 60) == .withdraw && !state.hasKeys)
    }

    @Test("A wanted refresh comes at once but once per cooldown (JWT-16)") func aWantedRefreshComesAtOnceButOncePerCooldown() {
        var state = KeySetState(timing: .init())
        _ = state.next(now: 0)
        state.succeeded(now: 0, maximumAge: 3600)
        state.refreshWanted()
        #expect(state.next(now: 10) == .wait(until: 30))
        #expect(state.next(now: 30) == .fetch)
        state.succeeded(now: 30, maximumAge: 3600)
        #expect(state.next(now: 30) == .wait(until: 3630))
        #expect(state.next(now: 200) == .wait(until: 3630))
        state.refreshWanted()
        #expect(state.next(now: 200) == .fetch)
    }

    @Test("No number of unknown keys causes more than one fetch per cooldown (JWT-16)", arguments: [true, false])
    func noNumberOfUnknownKeysCausesMoreThanOneFetchPerCooldown(_ succeeds: Bool) {
        var state = KeySetState(timing: .init())
        _ = state.next(now: 0)
        state.succeeded(now: 0, maximumAge: 3600)
        var fetches = 0
        for tick in 1...3000 {
            let now = Double(tick) / 10
            state.refreshWanted()
            guard state.next(now: now) == .fetch else { continue }
            fetches += 1
            if succeeds { state.succeeded(now: now, maximumAge: 3600) } else { state.failed(now: now) }
        }
        #expect(fetches == 10)
    }

    @Test("Keeps the last good set for a stated time (JWT-34)") func keepsTheLastGoodSetForAStatedTime() {
        var state = KeySetState(timing: .init())
        _ = state.next(now: 0)
        state.succeeded(now: 0, maximumAge: nil)
        var now = 0.0
        var withdrawnAt: Double?
        while withdrawnAt == nil, now < 100_000 {
            switch state.next(now: now) {
            case .fetch:
                #expect(state.hasKeys)
                state.failed(now: now)
            case .wait(let until): now = until
            case .withdraw: withdrawnAt = now
            }
        }
        #expect(withdrawnAt == 86400)
        #expect(!state.hasKeys)
        #expect(state.next(now: 86400) != .withdraw)
    }

    @Test("An outage that ends is forgotten (JWT-34)") func anOutageThatEndsIsForgotten() {
        var state = KeySetState(timing: .init())
        _ = state.next(now: 0)
        state.succeeded(now: 0, maximumAge: nil)
        _ = state.next(now: 80_000)
        state.failed(now: 80_000)
        #expect(state.next(now: 80_000) == .wait(until: 80_030))
        _ = state.next(now: 80_030)
        state.succeeded(now: 80_030, maximumAge: nil)
        #expect(state.next(now: 86_400) != .withdraw)
        #expect(state.hasKeys)
    }

    @Test("However short its times, no schedule spins: half a second lies between two fetches", arguments: [true, false], [0, 0.001, 1e-9])
    func neverSpins(_ succeeds: Bool, _ short: Double) {
        var timing = KeySetState.Timing()
        timing.refreshed(atLeastEach: short)
        (timing.cooldown, timing.longestOutage, timing.firstRetry, timing.longestRetry) = (short, short, short, short)
        var state = KeySetState(timing: timing)
        var fetches: [Double] = []
        var now = 0.0
        var steps = 0
        while now < 100, steps < 10_000 {
            steps += 1
            state.refreshWanted()
            switch state.next(now: now) {
            case .fetch:
                fetches.append(now)
                if succeeds { state.succeeded(now: now, maximumAge: 0) } else { state.failed(now: now) }
            case .wait(let until): now = until
            case .withdraw: break
            }
        }
        #expect(steps < 1000, "it waits, and is not asked again and again for the same moment")
        #expect(fetches.count > 100)
        #expect(zip(fetches, fetches.dropFirst()).allSatisfy { $1 - $0 >= 0.5 })
    }

    @Test("Looks at a file every few seconds") func looksAtAFileEveryFewSeconds() {
        var state = KeySetState(timing: .file)
        _ = state.next(now: 0)
        state.succeeded(now: 0, maximumAge: nil)
        #expect(state.next(now: 0) == .wait(until: 5))
        _ = state.next(now: 5)
        state.failed(now: 5)
        #expect(state.next(now: 5) == .wait(until: 10))
    }

    @Test("Looks again no later than it is told to, whatever Cache-Control says (JWT-34)") func looksAgainInTime() {
        var timing = KeySetState.Timing()
        timing.refreshed(atLeastEach: 10)
        for maximumAge in [nil, 3600, 0] as [Double?] {
            var state = KeySetState(timing: timing)
            _ = state.next(now: 0)
            state.succeeded(now: 0, maximumAge: maximumAge)
            #expect(state.next(now: 0) == .wait(until: 10))
        }
        timing = KeySetState.Timing()
        timing.refreshed(atLeastEach: 86_400)
        #expect(timing == KeySetState.Timing())
    }
}

import BindingPolicy
import Foundation
import HTTPWire
import Synchronization
import Testing
import TokenValidation

@Suite("Looks at key sets that are waited for", .timeLimit(.minutes(10)))
struct KeySetLooksTests: KeeperTesting {
    let fetcher = ScriptedFetcher()
    let clock = ManualTime()
    let recorder = Recorder()

    private let client = thumbprint(1)

    /// What every loop has by now.
    private var held: KeySet? { recorder.sets.last ?? nil }

    /// Asks for a look; what came of it is counted in `ended`.
    private func look(_ keeper: KeySetKeeper, by client: Int = 1, _ ended: Count) -> KeySetKeeper.Looked {
        keeper.look(for: thumbprint(client), octets: 100, holding: held) { ended.add() }
    }

    private final class Count: Sendable {
        private let count = Atomic(0)
        func add() { count.add(1, ordering: .relaxed) }
        var value: Int { count.load(ordering: .relaxed) }
    }

    @Test("A look that is waited for is made at once, also just after the one at start, and once for all who wait (JWT-16)")
    func looksAtOnce() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 3600)
        await keep(source) { keeper in
            fetcher.answer(address, keySetText([SigningKey.p256.jwk(), SigningKey.p384.jwk(kid: "new")]), maximumAge: 3600)
            let release = fetcher.hold()
            let ended = Count()
            for number in 0..<1000 {
                guard case .pending = look(keeper, by: number, ended) else { return #expect(Bool(false)) }
            }
            #expect(await eventually { fetcher.asked.count == 2 })
            #expect(ended.value == 0)
            #expect(keeper.status.waiting == 1000)
            release()
            #expect(await eventually { ended.value == 1000 })
            #expect(recorder.sets.map { $0?.count } == [1, 2])
            #expect(keeper.status.waiting == 0)
        }
    }

    @Test("The new keys are published before those who waited are told")
    func publishedBefore() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 3600)
        let (recorder, seen) = (recorder, Count())
        await keep(source) { keeper in
            fetcher.answer(address, keySetText([SigningKey.p384.jwk()]), maximumAge: 3600)
            let looked = keeper.look(for: client, octets: 1, holding: held) { if recorder.sets.count == 2 { seen.add() } }
            guard case .pending = looked else { return #expect(Bool(false)) }
            #expect(await eventually { seen.value == 1 })
        }
    }

    @Test("Each of a hundred rotations is found at once, and none uses up a look (JWT-16)")
    func rotations() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk(kid: "0")]), maximumAge: 3600)
        await keep(source) { keeper in
            for rotation in 1...100 {
                fetcher.answer(address, keySetText([SigningKey.p256.jwk(kid: "\(rotation)")]), maximumAge: 3600)
                let ended = Count()
                guard case .pending = look(keeper, ended) else { return #expect(Bool(false), "rotation \(rotation)") }
                #expect(await eventually { ended.value == 1 })
                clock.advance(by: 2)
            }
            #expect(recorder.sets.count == 101)
        }
    }

    @Test("Looks in vain use up a client's own budget, and then the whole, and no more are made (JWT-16)")
    func looksInVain() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 3600)
        await keep(source) { keeper in
            func granted(_ client: Int) async -> Bool {
                let ended = Count()
                guard case .pending = look(keeper, by: client, ended) else { return false }
                return await eventually { ended.value == 1 }
            }
            #expect(await granted(1))
            #expect(await granted(1))
            #expect(await !granted(1))
            #expect(await granted(2))
            #expect(await !granted(3))
            #expect(fetcher.asked.count == 4)
            #expect(keeper.status.refusedLooks == 2)
            await advance(30)
            #expect(await granted(3))
            #expect(await !granted(2))
            #expect(fetcher.asked.count == 5)
        }
    }

    @Test("Who waits is told when the look fails, and when the keeper ends (JWT-34)", arguments: [true, false])
    func failedLooks(_ ends: Bool) async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 3600)
        let ended = Count()
        await keep(source) { keeper in
            fetcher.fail(address, .timeout)
            let release = fetcher.hold()
            guard case .pending = look(keeper, ended) else { return #expect(Bool(false)) }
            #expect(await eventually { fetcher.asked.count == 2 })
            if ends { return }
            release()
            #expect(await eventually { ended.value == 1 })
            #expect(keeper.status.keys == 1)
        }
        #expect(ended.value == 1)
    }

    @Test("Who comes while a look is under way waits for it, and may look once more")
    func lookUnderWay() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 3600)
        await keep(source) { keeper in
            let release = fetcher.hold()
            let ended = Count()
            guard case .pending(_, let isFresh) = look(keeper, ended), isFresh else { return #expect(Bool(false)) }
            #expect(await eventually { fetcher.asked.count == 2 })
            guard case .pending(let ticket, let isSecondFresh) = look(keeper, by: 2, ended), !isSecondFresh else { return #expect(Bool(false)) }
            guard case .pending = look(keeper, by: 3, ended) else { return #expect(Bool(false)) }
            keeper.abandon(ticket)
            release()
            #expect(await eventually { ended.value == 2 })
            #expect(fetcher.asked.count == 2)
        }
    }

    @Test("A task waits no longer than it wants to, nor beyond its cancellation")
    func tasksThatWait() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 3600)
        await keep(source) { keeper in
            #expect(await keeper.look(for: client, seconds: 3))
            let release = fetcher.hold()
            let impatient = Task { await keeper.look(for: client, seconds: 3) }
            #expect(await eventually { keeper.status.waiting == 1 && clock.soonest <= 3 })
            clock.advance(by: 3)
            #expect(await !impatient.value)
            let cancelled = Task { await keeper.look(for: client, seconds: 3) }
            #expect(await eventually { keeper.status.waiting == 1 })
            cancelled.cancel()
            #expect(await !cancelled.value)
            #expect(keeper.status.waiting == 0)
            release()
        }
    }

    @Test("Before it runs and after it ended nobody waits for it")
    func notRunning() async {
        let keeper = KeySetKeeper(source: source, fetcher: fetcher, time: clock.time, publish: { _ in })
        guard case .refused = look(keeper, Count()) else { return #expect(Bool(false)) }
        #expect(await !keeper.look(for: client, seconds: 3))
    }

    @Test("Who is behind what is published already waits for that, and uses up no look (JWT-16)")
    func behind() async {
        fetcher.answer(address, keySetText([SigningKey.p256.jwk()]), maximumAge: 3600)
        await keep(source) { keeper in
            let ended = Count()
            for number in 1...100 {
                let looked = keeper.look(for: client, octets: 1, holding: nil) { ended.add() }
                guard case .pending(_, isFresh: false) = looked else { return #expect(Bool(false)) }
                #expect(ended.value == number)
            }
            #expect(fetcher.asked.count == 1 && keeper.status.waiting == 0 && keeper.status.refusedLooks == 0)
            // Who has it causes looks as ever, and no more than the budget.
            for _ in 0..<2 {
                guard case .pending(_, isFresh: true) = look(keeper, ended) else { return #expect(Bool(false)) }
                #expect(await eventually { keeper.status.waiting == 0 })
            }
            guard case .refused = look(keeper, ended) else { return #expect(Bool(false)) }
        }
    }
}

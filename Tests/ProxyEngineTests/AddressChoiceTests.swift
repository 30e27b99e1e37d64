import NIOCore
import Testing

@testable import ProxyEngine

@Suite("Which address of an upstream is next")
struct AddressChoiceTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func choices(
        _ count: Int, _ standings: inout [AddressStanding], _ terms: AddressTerms, at now: NIODeadline, takes: Bool = true, down: Set<Int> = []
    ) -> [Int?] {
        var choice = AddressChoice()
        return (0..<count).map { _ in
            let next = choice.next(&standings, at: now, terms, isDown: { down.contains($0) })
            if takes, let next { standings[next].took() }
            return next
        }
    }

    private func counts(_ chosen: [Int?]) -> [Int] { (0..<3).map { place in chosen.count { $0 == place } } }

    @Test("Fewest connections for the weight are served first, and equals take turns")
    func leastConnections() {
        var equal = (0..<3).map { _ in AddressStanding(weight: 1) }
        let chosen1 = choices(6, &equal, AddressTerms(), at: start)
        #expect(chosen1 == [0, 1, 2, 0, 1, 2])
        for _ in 0..<2 { equal[1].gaveBack() }
        let chosen2 = choices(2, &equal, AddressTerms(), at: start)
        #expect(chosen2 == [1, 1], "whoever has least")
        var weighted = [3, 1, 1].map { AddressStanding(weight: $0) }
        let chosen3 = choices(500, &weighted, AddressTerms(), at: start)
        #expect(counts(chosen3) == [300, 100, 100])
    }

    @Test("Each in turn, as often as its weight says and never in one go")
    func roundRobin() {
        let terms = AddressTerms(order: .roundRobin)
        var weighted = [3, 1, 1].map { AddressStanding(weight: $0) }
        let chosen = choices(500, &weighted, terms, at: start, takes: false)
        #expect(counts(chosen) == [300, 100, 100])
        #expect(!zip(chosen, zip(chosen.dropFirst(), chosen.dropFirst(2))).contains { $0 == $1.0 && $0 == $1.1 }, "\(chosen.prefix(10))")
    }

    @Test("One that failed often enough in a row is left alone, longer each time, and one success is forgiveness")
    func resting() {
        let terms = AddressTerms(failures: 3, rest: .seconds(10))
        var one = AddressStanding(weight: 1)
        var now = start
        let two = [one.failed(at: now, terms), one.failed(at: now, terms)]
        #expect(two == [false, false])
        one.succeeded()
        let three = (0..<3).map { _ in one.failed(at: now, terms) }
        #expect(three == [false, false, true])
        var rests: [Int64] = []
        for _ in 0..<30 {
            let began = now
            let counts = one.failed(at: now, terms)
            #expect(!counts, "while it rests nothing counts")
            while one.isResting(at: now) { now = now + .seconds(1) }
            rests.append((now - began).nanoseconds / 1_000_000_000)
            let again = one.failed(at: now, terms)
            #expect(again, "and then one is enough")
        }
        #expect(rests.prefix(6) == [10, 20, 40, 80, 160, 300] && rests.allSatisfy { $0 <= 300 })
        one.succeeded()
        let fails = one.failed(at: now, terms)
        #expect(!one.isResting(at: now) && !fails)
    }

    @Test("Whoever rests or is down is passed over, and never all of them")
    func neverAll() {
        let terms = AddressTerms(failures: 1)
        var some = (0..<3).map { _ in AddressStanding(weight: 1) }
        _ = some[1].failed(at: start, terms)
        let chosen4 = choices(10, &some, terms, at: start, down: [2])
        #expect(counts(chosen4) == [10, 0, 0])
        let chosen5 = choices(10, &some, terms, at: start + .seconds(11), takes: false, down: [2])
        #expect(counts(chosen5) == [0, 10, 0], "it is back")
        let chosen6 = choices(3, &some, terms, at: start, takes: false, down: [0, 1, 2])
        #expect(chosen6.allSatisfy { $0 != nil })
        var dead = (0..<3).map { _ in AddressStanding(weight: 1) }
        for position in dead.indices { _ = dead[position].failed(at: start, terms) }
        let chosen7 = choices(6, &dead, terms, at: start)
        #expect(counts(chosen7) == [2, 2, 2])
        var choice = AddressChoice()
        let left = choice.next(&dead, at: start, terms, isBarred: { $0 < 2 })
        let nobody = choice.next(&dead, at: start, terms, isBarred: { _ in true })
        #expect(left == 2 && nobody == nil)
        var none: [AddressStanding] = []
        let nothing = choice.next(&none, at: start, terms)
        #expect(nothing == nil)
    }

    @Test("One that is back gets its share slowly")
    func slowStart() {
        let terms = AddressTerms(order: .roundRobin, failures: 1, rest: .seconds(10), slowStart: .seconds(100))
        var some = (0..<2).map { _ in AddressStanding(weight: 1) }
        _ = some[1].failed(at: start, terms)
        let parts = [11, 60, 110].map { seconds in
            counts(choices(1100, &some, terms, at: start + .seconds(seconds), takes: false))[1]
        }
        #expect(parts[0] < 120 && (300..<420).contains(parts[1]) && parts[2] == 550, "\(parts)")
        some[0].cameBack(at: start + .seconds(200))
        let chosen8 = choices(1100, &some, terms, at: start + .seconds(201), takes: false)
        #expect(counts(chosen8)[0] < 120)
        #expect(AddressStanding(weight: 1) != some[0])
    }

    @Test("One request in five may be sent again, and a few more where none was for a while")
    func budget() {
        var budget = RetryBudget()
        let first = (0..<12).map { _ in budget.take() }
        #expect(first.count { $0 } == 10)
        for _ in 0..<4 { budget.request() }
        let early = budget.take()
        #expect(!early)
        budget.request()
        let next = [budget.take(), budget.take()]
        #expect(next == [true, false])
        for _ in 0..<10_000 { budget.request() }
        let later = (0..<100).map { _ in budget.take() }
        #expect(later.count { $0 } == 10)
    }
}

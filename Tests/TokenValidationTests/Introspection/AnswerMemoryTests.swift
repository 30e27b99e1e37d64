import BindingPolicy
import Testing
import TokenValidation

@Suite("Remembering answers")
struct AnswerMemoryTests {
    private let now = TokenMint.now

    private func answer(_ seconds: Double = 10) -> IntrospectionAnswer {
        IntrospectionAnswer(outcome: .success(activeToken()), validUntil: now + seconds)
    }

    @Test func theOldestGivesWay() {
        var memory = AnswerMemory(capacity: 3, octets: 1 << 20)
        for text in ["a", "b", "c", "d"] { memory.remember(answer(), for: digest(text), now: now) }
        #expect(memory.count == 3)
        #expect(memory.answer(for: digest("a"), now: now) == nil)
        for text in ["b", "c", "d"] { #expect(memory.answer(for: digest(text), now: now) != nil) }
    }

    @Test func whatIsRememberedAnewIsNotForgottenInItsOldPlace() {
        var memory = AnswerMemory(capacity: 3, octets: 1 << 20)
        for text in ["a", "b", "c", "a"] { memory.remember(answer(), for: digest(text), now: now) }
        memory.remember(answer(), for: digest("d"), now: now)
        #expect(memory.answer(for: digest("a"), now: now) != nil)
        #expect(memory.answer(for: digest("b"), now: now) == nil)
        #expect(memory.count <= 3)
    }

    @Test("An answer ends with its time (INT-06)")
    func time() {
        var memory = AnswerMemory(capacity: 3, octets: 1 << 20)
        memory.remember(answer(0), for: digest("a"), now: now)
        #expect(memory.count == 0)
        memory.remember(answer(10), for: digest("a"), now: now)
        #expect(memory.answer(for: digest("a"), now: now + 9.9) != nil)
        #expect(memory.answer(for: digest("a"), now: now + 10) == nil)
        #expect(memory.count == 0)
    }

    @Test("What is remembered is bounded by its octets, the oldest giving way; what is too large alone is not remembered")
    func octets() {
        func large(_ count: Int) -> IntrospectionAnswer {
            let token = activeToken(claims: ["x": .string(String(repeating: "x", count: count))])
            return IntrospectionAnswer(outcome: .success(token), validUntil: now + 10)
        }
        var memory = AnswerMemory(capacity: 1000, octets: 100_000)
        for index in 0..<20 {
            memory.remember(large(20_000), for: digest("\(index)"), now: now)
            #expect(memory.octets <= 100_000)
            #expect(memory.answer(for: digest("\(index)"), now: now) != nil)
        }
        #expect(memory.count == 4)
        #expect(memory.answer(for: digest("15"), now: now) == nil && memory.answer(for: digest("16"), now: now) != nil)
        memory.remember(large(100_000), for: digest("huge"), now: now)
        #expect(memory.answer(for: digest("huge"), now: now) == nil && memory.count == 4)
        // Of small ones as many as its number allows; and nothing is counted of what has gone.
        for index in 0..<120 { memory.remember(answer(), for: digest("small \(index)"), now: now) }
        #expect(memory.count == 120)
        for index in 0..<120 { #expect(memory.answer(for: digest("small \(index)"), now: now + 10) == nil) }
        #expect(memory.count == 0 && memory.octets == 0)
    }

    @Test("Answers that come anew again and again leave the others where they are")
    func anew() {
        var memory = AnswerMemory(capacity: 3, octets: 1 << 20)
        for _ in 0..<100 { memory.remember(answer(), for: digest("a"), now: now) }
        for text in ["b", "c"] { memory.remember(answer(), for: digest(text), now: now) }
        for text in ["a", "b", "c"] { #expect(memory.answer(for: digest(text), now: now) != nil) }
    }
}

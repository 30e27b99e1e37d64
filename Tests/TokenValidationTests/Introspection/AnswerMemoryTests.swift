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
        var memory = AnswerMemory(capacity: 3)
        for text in ["a", "b", "c", "d"] { memory.remember(answer(), for: digest(text), now: now) }
        #expect(memory.count == 3)
        #expect(memory.answer(for: digest("a"), now: now) == nil)
        for text in ["b", "c", "d"] { #expect(memory.answer(for: digest(text), now: now) != nil) }
    }

    @Test func whatIsRememberedAnewIsNotForgottenInItsOldPlace() {
        var memory = AnswerMemory(capacity: 3)
        for text in ["a", "b", "c", "a"] { memory.remember(answer(), for: digest(text), now: now) }
        memory.remember(answer(), for: digest("d"), now: now)
        #expect(memory.answer(for: digest("a"), now: now) != nil)
        #expect(memory.answer(for: digest("b"), now: now) == nil)
        #expect(memory.count <= 3)
    }

    @Test("An answer ends with its time (INT-06)")
    func time() {
        var memory = AnswerMemory(capacity: 3)
        memory.remember(answer(0), for: digest("a"), now: now)
        #expect(memory.count == 0)
        memory.remember(answer(10), for: digest("a"), now: now)
        #expect(memory.answer(for: digest("a"), now: now + 9.9) != nil)
        #expect(memory.answer(for: digest("a"), now: now + 10) == nil)
        #expect(memory.count == 0)
    }
}

import NIOCore
import Testing

@testable import ProxyEngine

@Suite("How long an exchange waits for its upstream")
struct ExchangePatienceTests {
    private func run(hasBody: Bool) -> ExchangeState {
        var terms = ExchangeRun.terms
        terms.firstOctet = .seconds(3)
        var state = ExchangeState(
            ExchangeState.Request(hasBody: hasBody, persists: true, isIdempotent: true), terms: ExchangeRun.terms, at: ExchangeRun.start)
        _ = state.permitted(by: ExchangeRun.permit, on: terms, at: ExchangeRun.start)
        _ = state.connected(at: ExchangeRun.start)
        return state
    }

    @Test("The first octet of the answer has a time of its own, which begins with the request's last and ends with the answer's head")
    func firstOctet() {
        let start = ExchangeRun.start
        var state = run(hasBody: true)
        #expect(state.deadline >= start + .seconds(8), "it is the client that is waited for")
        _ = state.requestBody(10_000, isLast: true, at: start + .seconds(1))
        #expect(state.deadline == start + .seconds(4))
        _ = state.answerBegan(upstreamPersists: true, mayPersist: true, at: start + .seconds(2))
        #expect(state.deadline == start + .seconds(22))
        var late = run(hasBody: false)
        let reaction = late.deadlineReached(at: start + .seconds(3))
        #expect(reaction == .answer && late.ending == .upstreamFailed(.timeout))
    }
}

import BindingPolicy
import Testing
import TokenValidation

@Suite("Whom to ask while an issuer fails")
struct IntrospectionOutageTests {
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

    /// The issuer cannot be reached, five times in a row.
    private func opened(_ state: inout IntrospectionState) throws {
        for index in 0..<5 {
            let question = try state.ask("f\(index)")
            _ = state.finished(question.id, .failed(.unreachable), now: 0, date: date)
        }
    }

    @Test("An issuer that keeps failing is left alone, then asked by one (INT-15)")
    func circuit() throws {
        var state = state()
        try opened(&state)
        #expect(state.isCircuitOpen)
        #expect(state.failure("a", now: 0.9) == .circuitOpen)
        let probe = try state.ask("a", now: 1)
        #expect(state.failure("b", now: 1) == .circuitOpen)
        // The same token is no other question.
        #expect(try state.wait("a", now: 1).ask == nil)
        _ = state.finished(probe.id, .failed(.unreachable), now: 2, date: date)
        #expect(state.failure("a", now: 3.9) == .circuitOpen)
        let (ticket, ask) = try state.wait("a", now: 4)
        #expect(ask != nil)
        #expect(state.abandon(ticket, now: 4).cancel != nil)
        let again = try state.ask("b", now: 4)
        _ = state.finished(again.id, inactive, now: 4, date: date)
        #expect(!state.isCircuitOpen)
        #expect(try state.wait("c", now: 4).ask != nil)
    }

    @Test("What is remembered is answered while the issuer is left alone (INT-15)")
    func circuitAndMemory() throws {
        var state = state()
        let question = try state.ask("a")
        _ = state.finished(question.id, Self.outcome(), now: 0, date: date)
        try opened(&state)
        #expect(state.answer("a", date: date) != nil)
    }

    @Test("Nobody waits in the queue for an issuer that is left alone (INT-15)")
    func circuitAndQueue() throws {
        var state = state { $0.maxConcurrent = 5 }
        var asked: [IntrospectionState.Question] = []
        for index in 0..<5 { asked.append(try state.ask("\(index)", by: index)) }
        // Of as many as there are places for, one more waits each time.
        for question in asked.dropLast() {
            _ = try state.wait("queued \(question.id)")
            #expect(state.finished(question.id, .failed(.credentialsRefused), now: 0, date: date).ask.count == 1)
        }
        let waiter = try state.wait("queued").ticket.waiter
        let effects = state.finished(asked[4].id, .failed(.timeout), now: 0, date: date)
        #expect(effects.deliveries.last?.waiters == [waiter])
        #expect(effects.deliveries.last?.failure == .circuitOpen)
        #expect(state.isCircuitOpen)
        #expect(effects.ask.isEmpty)
    }

    @Test("What one client causes empties its own queue and no other's (INT-15)")
    func clientCircuitAndQueue() throws {
        var state = state { $0.maxConcurrent = 6 }
        var asked: [IntrospectionState.Question] = []
        for index in 0..<6 { asked.append(try state.ask("\(index)", by: 1)) }
        for question in asked[1..<5] { _ = state.finished(question.id, .failed(.unavailable), now: 0, date: date) }
        for index in 0..<4 { _ = try state.ask("more \(index)", by: 2) }
        let own = try state.wait("own", by: 1).ticket.waiter
        _ = try state.wait("other's", by: 2)
        let effects = state.finished(asked[5].id, .failed(.unavailable), now: 0, date: date)
        #expect(effects.deliveries.last?.waiters == [own])
        #expect(effects.deliveries.last?.failure == .clientCircuitOpen)
        #expect(effects.ask.map { $0.token } == [Array("other's".utf8)])
        #expect(!state.isCircuitOpen)
        #expect(state.clientsLeftAlone == 1)
        #expect(state.failure("x", by: 1) == .clientCircuitOpen)
        #expect(state.failure("x", by: 2) == nil)
    }

    @Test("A probe that was never asked is given up, and the next question is one (INT-15)", arguments: [true, false])
    func queuedProbe(_ isAbandoned: Bool) throws {
        var state = state { $0.maxConcurrent = 1 }
        for index in 0..<5 {
            let question = try state.ask("\(index)", by: 1)
            _ = state.finished(question.id, .failed(.unavailable), now: 0, date: date)
        }
        #expect(state.failure("x", now: 0.5, by: 1) == .clientCircuitOpen)
        let other = try state.ask("other", now: 1, by: 2)
        let probe = try state.wait("probe", now: 1, by: 1)
        #expect(probe.ask == nil)
        #expect(state.failure("x", now: 1, by: 1) == .clientCircuitOpen)
        if isAbandoned {
            _ = state.abandon(probe.ticket, now: 1)
        } else {
            #expect(state.finished(other.id, Self.outcome(), now: 4, date: date).deliveries.last?.failure == .timeout)
        }
        #expect(try state.wait("x", now: 4, by: 1).ticket.waiter > 0)
        #expect(state.failure("y", now: 4, by: 1) == .clientCircuitOpen)
    }

    @Test(
        "What one token alone can cause shuts out no other (INT-15)",
        arguments: [IntrospectionFailure.status, .contentType, .tooLarge, .malformed, .signature])
    func poison(_ failure: IntrospectionFailure) throws {
        var state = state()
        for index in 0..<100 {
            let question = try state.ask("\(index)")
            _ = state.finished(question.id, .failed(failure), now: 0, date: date)
        }
        #expect(!state.isCircuitOpen)
        #expect(state.clientsLeftAlone == 0)
    }

    @Test(
        "One client, whatever its tokens do to the issuer, opens the circuit for nobody else (INT-15)",
        arguments: [
            IntrospectionFailure.timeout, .interrupted, .credentialsRefused, .unavailable,
        ])
    func oneClient(_ failure: IntrospectionFailure) throws {
        var state = state()
        var asked = 0
        for second in 0..<300 {
            for index in 0..<10 {
                guard
                    case .waits(_, let ask?) = state.lookUp(
                        digest("\(second) \(index)"), [], for: thumbprint(1), now: Double(second), date: date + Double(second))
                else { continue }
                asked += 1
                _ = state.finished(ask.id, .failed(failure), now: Double(second), date: date + Double(second))
            }
            #expect(!state.isCircuitOpen)
            #expect(state.failure("good \(second)", now: Double(second), by: 2) == nil)
        }
        // Five at first, and then a probe in ever longer pauses.
        #expect(asked < 30)
    }

    @Test("A token on which the issuer fails is not asked about again at once, and others are (INT-15)")
    func failedToken() throws {
        var state = state()
        let question = try state.ask("a")
        _ = state.finished(question.id, .failed(.unavailable), now: 0, date: date)
        #expect(state.failure("a", date: date + 0.49) == .failedBefore)
        #expect(try state.wait("b").ask != nil)
        #expect(state.failure("a", date: date + 0.5) == nil)
    }
}

import Testing
import TokenValidation

@Suite("Leaving an issuer alone that fails (INT-15)")
struct CircuitBreakerTests {
    /// One failure, of a token of its own unless it is given.
    private func fail(
        _ breaker: inout CircuitBreaker, _ failure: CircuitBreaker.Failure = .unanswered, by client: Int, token: String? = nil,
        isProbe: Bool = false, now: Double
    ) {
        let token = token ?? "\(client) \(now) \(Int.random(in: 0 ... .max))"
        breaker.failed(failure, by: thumbprint(client), with: digest(token), isProbe: isProbe, now: now)
    }

    private func admit(_ breaker: inout CircuitBreaker, _ client: Int, now: Double) -> CircuitBreaker.Admission {
        breaker.admit(thumbprint(client), now: now)
    }

    /// The issuer could not be reached.
    private func opened(at now: Double = 0) -> CircuitBreaker {
        var breaker = CircuitBreaker()
        for _ in 0..<5 { fail(&breaker, .unreachable, by: 1, now: now) }
        return breaker
    }

    @Test("Failed connections open it for everybody, in a row only")
    func connections() {
        var breaker = CircuitBreaker()
        for _ in 0..<4 { fail(&breaker, .unreachable, by: 1, token: "one", now: 0) }
        breaker.reached(by: thumbprint(2))
        for _ in 0..<4 { fail(&breaker, .unreachable, by: 1, token: "one", now: 0) }
        #expect(!breaker.isOpen)
        #expect(admit(&breaker, 1, now: 0) == .usual)
        fail(&breaker, .unreachable, by: 1, token: "one", now: 0)
        #expect(breaker.isOpen)
        #expect(admit(&breaker, 1, now: 0.9) == .refused)
        #expect(admit(&breaker, 2, now: 0.9) == .refused)
        #expect(breaker.clientsLeftAlone == 0)
    }

    @Test("One token counts once, however often it fails")
    func oneToken() {
        var breaker = CircuitBreaker()
        for index in 0..<1000 { fail(&breaker, by: 1, token: "one", now: Double(index) / 100) }
        #expect(!breaker.isOpen)
        #expect(admit(&breaker, 1, now: 10) == .usual)
    }

    @Test("The failures of one client shut out that client and nobody else")
    func oneClient() {
        var breaker = CircuitBreaker()
        for _ in 0..<100 { fail(&breaker, by: 1, now: 0) }
        #expect(!breaker.isOpen)
        #expect(admit(&breaker, 1, now: 0.9) == .clientRefused)
        #expect(admit(&breaker, 2, now: 0.9) == .usual)
        #expect(breaker.clientsLeftAlone == 1)
        #expect(admit(&breaker, 1, now: 1) == .probe)
        #expect(admit(&breaker, 1, now: 1) == .clientRefused)
        fail(&breaker, by: 1, isProbe: true, now: 1)
        #expect(admit(&breaker, 1, now: 2.9) == .clientRefused)
        #expect(admit(&breaker, 1, now: 3) == .probe)
        breaker.reached(by: thumbprint(1))
        #expect(admit(&breaker, 1, now: 3) == .usual)
        #expect(breaker.clientsLeftAlone == 0)
    }

    @Test("The failures of several clients open it for everybody, and an answer to one of them ends the run")
    func severalClients() {
        var breaker = CircuitBreaker()
        for _ in 0..<4 { fail(&breaker, by: 1, now: 0) }
        fail(&breaker, by: 2, now: 0)
        #expect(!breaker.isOpen)
        breaker.reached(by: thumbprint(3))
        fail(&breaker, by: 2, now: 0)
        #expect(!breaker.isOpen)
        for _ in 0..<3 { fail(&breaker, by: 1, now: 0) }
        #expect(!breaker.isOpen)
        fail(&breaker, by: 2, now: 0)
        #expect(breaker.isOpen)
        #expect(admit(&breaker, 3, now: 0.5) == .refused)
    }

    @Test("Failures of long ago do not count")
    func window() {
        var breaker = CircuitBreaker()
        for index in 0..<50 { fail(&breaker, .unreachable, by: index, now: Double(index) * 8) }
        #expect(!breaker.isOpen)
        for index in 0..<5 { fail(&breaker, .unreachable, by: index, now: 400 + Double(index) * 7) }
        #expect(breaker.isOpen)
    }

    @Test("Lets one probe in and closes by an answer")
    func probe() {
        var breaker = opened()
        #expect(admit(&breaker, 1, now: 1) == .probe)
        #expect(admit(&breaker, 1, now: 100) == .refused)
        breaker.reached(by: thumbprint(1))
        #expect(!breaker.isOpen)
        #expect(admit(&breaker, 1, now: 1) == .usual)
    }

    @Test("Waits longer with each probe that has no connection either")
    func pauses() {
        var breaker = opened()
        var now = 0.0
        for pause in [1, 2, 4, 8, 16, 30, 30, 30] as [Double] {
            #expect(admit(&breaker, 1, now: now + pause - 0.01) == .refused)
            now += pause
            #expect(admit(&breaker, 1, now: now) == .probe)
            fail(&breaker, .unreachable, by: 1, isProbe: true, now: now)
        }
    }

    @Test("A probe that one client's token fails keeps nobody else from probing")
    func failedProbe() {
        var breaker = opened()
        #expect(admit(&breaker, 1, now: 1) == .probe)
        fail(&breaker, by: 1, isProbe: true, now: 1)
        #expect(breaker.isOpen)
        // It has to wait longer itself, with each that fails.
        #expect(admit(&breaker, 1, now: 2.9) == .refused)
        #expect(admit(&breaker, 1, now: 3) == .probe)
        fail(&breaker, by: 1, isProbe: true, now: 3)
        #expect(admit(&breaker, 1, now: 6.9) == .refused)
        #expect(admit(&breaker, 2, now: 3) == .probe)
        breaker.reached(by: thumbprint(2))
        #expect(!breaker.isOpen)
    }

    @Test("Probes of two clients that fail are enough to wait longer")
    func twoProbes() {
        var breaker = opened()
        #expect(admit(&breaker, 1, now: 1) == .probe)
        #expect(admit(&breaker, 2, now: 1) == .probe)
        fail(&breaker, by: 1, isProbe: true, now: 1)
        fail(&breaker, by: 2, isProbe: true, now: 1)
        #expect(admit(&breaker, 3, now: 2.9) == .refused)
        #expect(admit(&breaker, 3, now: 3) == .probe)
    }

    @Test("Few probe at once, however many clients there are")
    func manyProbes() {
        var breaker = opened()
        let admitted = (1...100).count { admit(&breaker, $0, now: 1) == .probe }
        #expect(admitted == 3)
    }

    @Test func takesNoAccountOfWhatWasAskedBeforeItOpened() {
        var breaker = opened()
        for _ in 0..<100 { fail(&breaker, .unreachable, by: 1, now: 0.5) }
        #expect(admit(&breaker, 1, now: 1) == .probe)
        fail(&breaker, .unreachable, by: 1, now: 1)
        #expect(admit(&breaker, 1, now: 1) == .refused)
        fail(&breaker, .unreachable, by: 1, isProbe: true, now: 1)
        #expect(admit(&breaker, 1, now: 2.9) == .refused)
        #expect(admit(&breaker, 1, now: 3) == .probe)
    }

    @Test func aProbeThatIsGivenUpIsMadeAnew() {
        var breaker = opened()
        #expect(admit(&breaker, 1, now: 1) == .probe)
        breaker.probeAbandoned(by: thumbprint(1), now: 1.5)
        #expect(breaker.isOpen)
        #expect(admit(&breaker, 1, now: 1.5) == .probe)
        var own = CircuitBreaker()
        for _ in 0..<5 { fail(&own, by: 1, now: 0) }
        #expect(admit(&own, 1, now: 1) == .probe)
        own.probeAbandoned(by: thumbprint(1), now: 1)
        #expect(admit(&own, 1, now: 1) == .probe)
    }

    @Test("A million clients that fail once fill no memory")
    func bounded() {
        var breaker = CircuitBreaker()
        for index in 0..<100_000 {
            breaker.failed(.unanswered, by: thumbprint(index), with: digest("t"), isProbe: false, now: 0)
        }
        #expect(breaker.clientsRemembered <= 1024)
    }
}

import ClientIdentity
import NIOSSL
import Testing

@Suite struct ContextRenewalTests {
    private let renewal = ContextRenewal(handshakes: 3, age: 60, earlierContexts: 2)

    @Test func aContextIsRenewedAfterItsHandshakesOrItsTimeWhicheverIsFirst() {
        #expect(!renewal.isDue(begun: 0, made: 100, now: 100, earlier: 0))
        #expect(!renewal.isDue(begun: 2, made: 100, now: 159, earlier: 0))
        #expect(renewal.isDue(begun: 3, made: 100, now: 100, earlier: 0))
        #expect(renewal.isDue(begun: 0, made: 100, now: 160, earlier: 0))
    }

    @Test func oneWhoseSessionsAreNotToBeResumedIsRenewedAtOnceWithinTheBound() {
        #expect(renewal.isDue(begun: 0, isSpent: true, made: 100, now: 100, earlier: 1))
        #expect(!renewal.isDue(begun: 0, isSpent: true, made: 100, now: 100, earlier: 2))
    }

    @Test func aClockSetBackRenewsRatherThanKeepsForever() {
        #expect(renewal.isDue(begun: 0, made: 100, now: 99, earlier: 0))
    }

    @Test func contextsThatConnectionsStillHoldAreBounded() {
        #expect(renewal.isDue(begun: 9, made: 100, now: 999, earlier: 1))
        #expect(!renewal.isDue(begun: 9, made: 100, now: 999, earlier: 2))
    }

    /// A ticket lives two days in BoringSSL; trust is forgotten sooner (requirements TLS-18, TLS-19).
    @Test func noSessionOutlivesAnHour() {
        #expect(ContextRenewal.standard.age <= 3600)
        // Whoever can still resume must find the path remembered.
        #expect(ContextRenewal.standard.handshakes * 2 <= ClientAuthenticator.rememberedPaths)
    }
}

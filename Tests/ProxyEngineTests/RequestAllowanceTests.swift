import NIOCore
import ProxyEngine
import Testing

@Suite("How many requests a second one party may send")
struct RequestAllowanceTests {
    /// The answers to requests at these moments after the start.
    private func answers(_ allowance: inout RequestAllowance, _ rate: RequestAllowance.Rate, _ milliseconds: Int64...) -> [Int?] {
        milliseconds.map { allowance.take(rate, at: start + .milliseconds($0)) }
    }

    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("A burst passes, then as many as the rate has, and each refusal says when the next one may")
    func rate() {
        let rate = RequestAllowance.Rate(perSecond: 2, burst: 3)
        var allowance = RequestAllowance(rate, at: start)
        #expect(answers(&allowance, rate, 0, 0, 0, 0, 499, 500, 999, 1000) == [nil, nil, nil, 1, 1, nil, 1, nil])
        // Never more than a burst.
        #expect(answers(&allowance, rate, 3_600_000, 3_600_000, 3_600_000, 3_600_000) == [nil, nil, nil, 1])
    }

    @Test("A slow rate says how long, rounded up", arguments: [(0.1, 10), (0.3, 4), (1.0, 1), (1e-9, 86400)])
    func slow(_ perSecond: Double, _ seconds: Int) {
        let rate = RequestAllowance.Rate(perSecond: perSecond, burst: 1)
        var allowance = RequestAllowance(rate, at: start)
        #expect(answers(&allowance, rate, 0, 0) == [nil, seconds])
    }

    @Test("Refusals cost nothing, a clock that stands or goes back gives nothing, and a full one may be forgotten")
    func edges() {
        let rate = RequestAllowance.Rate(perSecond: 1, burst: 2)
        var allowance = RequestAllowance(rate, at: start)
        #expect(allowance.isFull(rate, at: start + .seconds(2)) && !allowance.isFull(rate, at: start + .seconds(1)))
        #expect(answers(&allowance, rate, 0, 0, 0, -1000, 0, -1000, 0, 1000, 1000) == [nil, nil, 1, 1, 1, 1, 1, nil, 1])
        // By another rate after a reload.
        let higher = RequestAllowance.Rate(perSecond: 10, burst: 5)
        #expect(answers(&allowance, higher, 2000) == [nil])
    }
}

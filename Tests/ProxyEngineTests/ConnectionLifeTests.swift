import NIOCore
import ProxyEngine
import Testing

@Suite("How long a client connection lasts")
struct ConnectionLifeTests {
    private func isLast(_ life: inout ConnectionLife, _ now: NIODeadline) -> Bool { life.requestBegan(at: now) }

    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("Without bounds no request is the last one")
    func unbounded() {
        var life = ConnectionLife(.none, at: start, chance: 0.5)
        for _ in 0..<1000 { #expect(isLast(&life, start + .hours(1000)) == false) }
        #expect(life.end == .distantFuture)
    }

    @Test(
        "The last request is the one at the number, up to a tenth less by chance",
        arguments: [(0.0, 100), (0.5, 95), (0.999, 91), (7.0, 90), (-1.0, 100)])
    func requests(_ chance: Double, _ number: Int) {
        var life = ConnectionLife(.init(requests: 100), at: start, chance: chance)
        for _ in 1..<number { #expect(isLast(&life, start) == false) }
        #expect(isLast(&life, start))
        #expect(isLast(&life, start))
    }

    @Test("or the first one after the age, likewise", arguments: [(0.0, 600), (0.5, 570), (1.0, 540)])
    func age(_ chance: Double, _ seconds: Int64) {
        var life = ConnectionLife(.init(age: .seconds(600)), at: start, chance: chance)
        #expect(life.end == start + .seconds(seconds))
        #expect(isLast(&life, start + .seconds(seconds) - .nanoseconds(1)) == false)
        #expect(isLast(&life, start + .seconds(seconds)))
    }

    @Test("One request is one, whatever chance says")
    func one() {
        var life = ConnectionLife(.init(requests: 1), at: start, chance: 0.99)
        #expect(isLast(&life, start))
    }
}

import NIOCore
import Testing

@testable import ProxyEngine

@Suite("A body's minimum rate")
struct MinimumRateTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func rate(_ octetsPerSecond: Int = 100) -> MinimumRate { MinimumRate(octetsPerSecond: octetsPerSecond, grace: .seconds(10)) }

    @Test("gives the grace to a client that sends nothing, and no more")
    func grace() {
        var rate = rate()
        #expect(rate.deadline == nil, "nobody is waited for yet")
        rate.wait(true, at: start)
        #expect(rate.deadline == start + .seconds(10))
        rate.wait(true, at: start + .seconds(7))
        #expect(rate.deadline == start + .seconds(10), "to be asked again changes nothing")
    }

    @Test("lets octets earn time, an octet a second too few")
    func earning() {
        var rate = rate()
        rate.wait(true, at: start)
        for second in 1...100 {
            rate.moved(1)
            rate.wait(true, at: start + .seconds(Int64(second)))
        }
        #expect(rate.deadline == start + .seconds(11))
        rate.moved(10_000)
        #expect(rate.deadline == start + .seconds(111))
    }

    @Test("does not count the time in which the client is held back")
    func holdingBack() {
        var rate = rate()
        rate.wait(true, at: start)
        rate.wait(false, at: start + .seconds(4))
        #expect(rate.deadline == nil)
        rate.wait(true, at: start + .seconds(1000))
        #expect(rate.deadline == start + .seconds(1006))
    }

    @Test("is over at once where all time was used before")
    func usedUp() {
        var rate = rate()
        rate.wait(true, at: start)
        rate.wait(false, at: start + .seconds(60))
        rate.wait(true, at: start + .seconds(70))
        #expect(rate.deadline == start + .seconds(70))
    }

    @Test("bounds nothing where it is 0, and survives any count of octets")
    func extremes() {
        var none = rate(0)
        none.wait(true, at: start)
        #expect(none.deadline == nil)
        var large = rate(1)
        large.moved(.max)
        large.moved(.max)
        large.wait(true, at: start)
        #expect((large.deadline ?? start) >= start)
    }
}

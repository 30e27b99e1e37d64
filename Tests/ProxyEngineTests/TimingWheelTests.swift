import NIOCore
import Testing

@testable import ProxyEngine

private final class Clock: Timed {
    var appointment = TimingWheel.Appointment()
    var deadline: NIODeadline
    init(_ deadline: NIODeadline) { self.deadline = deadline }
    func deadlineReached(_ now: NIODeadline) {}
}

@Suite("A timing wheel")
struct TimingWheelTests {
    private let start = NIODeadline.uptimeNanoseconds(5_000_000_000)

    @Test("tells each deadline at the tick after it, and not before", arguments: [0, 1, 99, 100, 101, 5_000, 51_000, 51_300, 3_600_000])
    func tells(milliseconds: Int64) {
        var wheel = TimingWheel(at: start)
        let clock = Clock(start + .milliseconds(milliseconds))
        wheel.keep(clock)
        var now = start
        while true {
            now = now + TimingWheel.interval
            let due = wheel.advance(to: now)
            if clock.deadline > now { #expect(due.isEmpty) }
            if !due.isEmpty { break }
            #expect(now < clock.deadline + .milliseconds(200))
            if now > clock.deadline + .seconds(1) { break }
        }
        #expect(!clock.appointment.isKept && wheel.advance(to: now + .seconds(100)).isEmpty)
    }

    @Test("follows a deadline that moves, in either direction")
    func moves() {
        var wheel = TimingWheel(at: start)
        let clock = Clock(start + .seconds(30))
        wheel.keep(clock)
        clock.deadline = start + .seconds(60)
        wheel.keep(clock)
        #expect(wheel.advance(to: start + .seconds(59)).isEmpty && clock.appointment.isKept)
        clock.deadline = start + .seconds(59) + .milliseconds(500)
        wheel.keep(clock)
        #expect(wheel.advance(to: start + .seconds(60)).count == 1)
    }

    @Test("is told of no deadline that it would not miss, and of each that it would")
    func told() {
        var wheel = TimingWheel(at: start)
        let clock = Clock(start + .seconds(10))
        wheel.keep(clock)
        #expect(clock.appointment.deadline == start + .seconds(10))
        clock.deadline = start + .seconds(40)
        #expect(wheel.advance(to: start + .seconds(11)).isEmpty && clock.appointment.deadline == start + .seconds(40))
        clock.deadline = start + .seconds(30)
        #expect(clock.deadline < clock.appointment.deadline)
        wheel.keep(clock)
        #expect(wheel.advance(to: start + .seconds(31)).count == 1 && clock.appointment.deadline == .distantFuture)
        clock.deadline = start + .hours(1)
        wheel.keep(clock)
        #expect(clock.appointment.deadline < start + .seconds(90), "beyond the wheel's end it is looked at when it comes by")
    }

    @Test("forgets those who leave, and nobody else")
    func forgets() {
        var wheel = TimingWheel(at: start)
        let clocks = (0..<10).map { _ in Clock(start + .seconds(1)) }
        for clock in clocks { wheel.keep(clock) }
        for clock in clocks.prefix(5) { wheel.forget(clock) }
        wheel.forget(clocks[0])
        let due = wheel.advance(to: start + .seconds(2))
        #expect(due.count == 5 && due.allSatisfy { one in clocks.suffix(5).contains { $0 === one } })
    }

    @Test("misses nobody after a long pause")
    func pause() {
        var wheel = TimingWheel(at: start)
        let clocks = (0..<1000).map { Clock(start + .milliseconds(Int64($0) * 100)) }
        for clock in clocks { wheel.keep(clock) }
        #expect(wheel.advance(to: start + .hours(1)).count == 1000)
    }

    @Test("agrees with a scan of all, whatever happens")
    func agrees() {
        var wheel = TimingWheel(at: start)
        var randomness = SplitMix(state: 7)
        var clocks: [Clock] = []
        var now = start
        for _ in 0..<20_000 {
            switch randomness.next() % 5 {
            case 0:
                let clock = Clock(now + .milliseconds(Int64(randomness.next() % 120_000)))
                clocks.append(clock)
                wheel.keep(clock)
            case 1 where !clocks.isEmpty:
                let clock = clocks[Int(randomness.next() % UInt64(clocks.count))]
                clock.deadline = now + .milliseconds(Int64(randomness.next() % 120_000))
                wheel.keep(clock)
            case 2 where !clocks.isEmpty: wheel.forget(clocks.remove(at: Int(randomness.next() % UInt64(clocks.count))))
            default:
                now = now + .milliseconds(100 * Int64(1 + randomness.next() % 3))
                let due = wheel.advance(to: now)
                #expect(due.allSatisfy { $0.deadline <= now })
                clocks.removeAll { one in due.contains { $0 === one } }
                #expect(clocks.allSatisfy { $0.deadline + .milliseconds(100) > now && $0.appointment.isKept })
            }
        }
    }
}

private struct SplitMix {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}

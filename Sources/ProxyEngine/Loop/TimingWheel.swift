package import NIOCore

/// Something with a deadline, which its loop's wheel keeps.
package protocol Timed: AnyObject {
    /// The wheel's to change.
    var appointment: TimingWheel.Appointment { get set }
    /// It may be moved at any time; where it may have been moved to an earlier one, the wheel is told by `keep`.
    var deadline: NIODeadline { get }
    /// Called at a tick after the deadline, with the appointment given up.
    func deadlineReached(_ now: NIODeadline)
}

/// The deadlines of a loop, each in the slot of the tick at which it is looked at: a tick costs what is due, and nothing is sorted.
///
/// 1. A deadline that moves away costs nothing: its appointment stays, and at that tick it is given another one. So a kept-alive
///    connection, whose deadline moves with each request, is touched once a time-out.
/// 2. One that lies beyond the wheel's end is looked at when it comes by.
package struct TimingWheel {
    package struct Appointment {
        fileprivate var tick: UInt64 = .max
        /// Where the deadline is earlier than this, the wheel has to be told.
        package fileprivate(set) var deadline = NIODeadline.distantFuture
        fileprivate var position = 0
        package init() {}

        fileprivate init(tick: UInt64, deadline: NIODeadline, position: Int) {
            self.tick = tick
            self.deadline = deadline
            self.position = position
        }

        package var isKept: Bool { tick != .max }
    }

    /// How often deadlines are looked at.
    package static let interval = TimeAmount.milliseconds(100)
    private static let count: UInt64 = 512

    private var slots = [[any Timed]](repeating: [], count: Int(count))
    private let origin: NIODeadline
    /// The last one that was looked at.
    private var tick: UInt64 = 0

    package init(at origin: NIODeadline) { self.origin = origin }

    /// How many it keeps.
    package var count: Int { slots.reduce(0) { $0 + $1.count } }

    /// The tick at which `deadline` has passed.
    private func tick(of deadline: NIODeadline) -> UInt64 {
        guard deadline > origin else { return tick + 1 }
        let distance = (deadline.uptimeNanoseconds - origin.uptimeNanoseconds) / UInt64(Self.interval.nanoseconds)
        return max(tick, distance) + 1
    }

    /// From now on, or at an earlier deadline than before.
    package mutating func keep(_ one: any Timed) {
        let due = tick(of: one.deadline)
        guard due < one.appointment.tick else { return }
        forget(one)
        insert(one, at: due)
    }

    private mutating func insert(_ one: any Timed, at due: UInt64) {
        let end = tick + Self.count - 1
        let slot = Int(min(due, end) % Self.count)
        one.appointment = Appointment(
            tick: min(due, end), deadline: due <= end ? one.deadline : origin + Self.interval * Int(end), position: slots[slot].count)
        slots[slot].append(one)
    }

    package mutating func forget(_ one: any Timed) {
        let appointment = one.appointment
        guard appointment.isKept else { return }
        let (slot, position) = (Int(appointment.tick % Self.count), appointment.position)
        one.appointment = Appointment()
        guard slots[slot].indices.contains(position), slots[slot][position] === one else { return }
        if let last = slots[slot].popLast(), last !== one {
            slots[slot][position] = last
            last.appointment.position = position
        }
    }

    /// - Returns: those whose deadline has passed, their appointments given up.
    package mutating func advance(to now: NIODeadline) -> [any Timed] {
        guard now > origin else { return [] }
        let target = (now.uptimeNanoseconds - origin.uptimeNanoseconds) / UInt64(Self.interval.nanoseconds)
        guard target > tick else { return [] }
        var due: [any Timed] = []
        // After a long pause each slot is looked at once.
        var next = max(tick + 1, target >= Self.count ? target - Self.count + 1 : 0)
        while next <= target {
            tick = next
            let slot = Int(next % Self.count)
            if !slots[slot].isEmpty {
                var looked: [any Timed] = []
                swap(&looked, &slots[slot])
                for one in looked {
                    one.appointment = Appointment()
                    if one.deadline <= now { due.append(one) } else { insert(one, at: tick(of: one.deadline)) }
                }
            }
            next += 1
        }
        return due
    }
}

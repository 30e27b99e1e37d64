package import NIOCore

/// Something that may happen thousands of times a second, and is told once when it begins and once when it is over.
package struct Episode: Equatable, Sendable {
    /// Without an event for so long, it is over.
    package static let calm = TimeAmount.seconds(10)

    private var latest: NIODeadline?
    private var count = 0

    package init() {}

    package var isOn: Bool { latest != nil }

    /// - Returns: whether it begins.
    package mutating func happened(at now: NIODeadline) -> Bool {
        defer { latest = now }
        count = latest == nil ? 1 : count + 1
        return latest == nil
    }

    /// It lasts, though nothing happens.
    package mutating func lasts(at now: NIODeadline) { if isOn { latest = now } }

    /// - Returns: how often it happened, where it is over; nil while it lasts.
    package mutating func end(at now: NIODeadline) -> Int? {
        guard let latest, latest + Self.calm <= now else { return nil }
        self.latest = nil
        return count
    }
}

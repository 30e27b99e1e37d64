import HTTPWire

/// Who of the streams that wait is given the next frame.
enum FrameTurns {
    /// One frame each, in turns, beginning behind whose turn was last, until nobody can send any.
    /// - Parameters:
    ///   - waiting: in the order of their identifiers.
    ///   - send: whether it sent one.
    /// - Returns: whether anybody did.
    static func take<Stream: HTTP2Numbered>(_ waiting: [Stream], after last: UInt32, _ send: (Stream) -> Bool) -> Bool {
        let first = waiting.firstIndex { $0.id > last } ?? 0
        let turns = waiting[first...] + waiting[..<first]
        var hasSent = false
        var goesOn = true
        while goesOn {
            goesOn = false
            for stream in turns where send(stream) { goesOn = true }
            hasSent = hasSent || goesOn
        }
        return hasSent
    }
}

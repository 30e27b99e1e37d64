import NIOCore

/// What a connection is waited for, beside what its exchanges wait for: a value.
struct HTTP2Patience {
    private let head: TimeAmount
    private let idle: TimeAmount
    private let answer: TimeAmount
    /// The client's acknowledgement of our settings, and with it its preface.
    private var settings: NIODeadline?
    /// The rest of a frame, or of a header block.
    private var frame: NIODeadline?
    /// The next request, where none is under way.
    private var request: NIODeadline?
    /// Room for an answer of our own: no exchange waits for it any more.
    private var ownAnswer: NIODeadline?
    /// The rest of bodies that nobody wants.
    private var discards: NIODeadline?
    /// What the client may have on its way when we leave.
    private var departure: NIODeadline?
    /// The rest of a front's question.
    private var call: NIODeadline?

    init(head: TimeAmount, idle: TimeAmount, answer: TimeAmount, at now: NIODeadline) {
        self.head = head
        self.idle = idle
        self.answer = answer
        settings = now + head
        request = now + idle
    }

    enum Expired { case settings, frame, request, ownAnswer, discards, departure, call }

    var deadline: NIODeadline {
        [settings, frame, request, ownAnswer, discards, departure, call].reduce(.distantFuture) { min($0, $1 ?? .distantFuture) }
    }

    func expired(at now: NIODeadline) -> Expired? {
        func has(_ end: NIODeadline?) -> Bool { end.map { $0 <= now } ?? false }
        return has(settings)
            ? .settings
            : has(frame)
                ? .frame
                : has(call)
                    ? .call : has(discards) ? .discards : has(ownAnswer) ? .ownAnswer : has(departure) ? .departure : has(request) ? .request : nil
    }

    mutating func settingsAcknowledged() { settings = nil }

    mutating func isInFrame(_ isInFrame: Bool, at now: NIODeadline) { frame = isInFrame ? frame ?? now + head : nil }

    /// - Parameter atMost: where no next one is wanted.
    mutating func isIdle(_ isIdle: Bool, atMost bound: TimeAmount? = nil, at now: NIODeadline) {
        guard isIdle else {
            request = nil
            return
        }
        let end = now + min(idle, bound ?? idle)
        request = min(request ?? end, end)
    }

    mutating func ownAnswerWaits(_ waits: Bool, at now: NIODeadline) { ownAnswer = waits ? ownAnswer ?? now + answer : nil }

    mutating func discards(until end: NIODeadline?) { discards = end }

    mutating func callWaits(until end: NIODeadline?) { call = end }

    mutating func departs(within amount: TimeAmount?, at now: NIODeadline) { departure = amount.map { now + $0 } }
}

package import NIOCore

/// What a client may ask of a connection of HTTP/2, beyond what its requests may.
package struct HTTP2Limits: Equatable, Sendable {
    /// Open at once: SETTINGS_MAX_CONCURRENT_STREAMS.
    package var streams = 100
    /// Requests that it gives up (RST_STREAM) within `interval`: each costs the upstream's work too (CVE-2023-44487).
    package var resets = 200
    /// Streams that we have to reset within `interval` for what it did on them (CVE-2025-8671).
    package var streamErrors = 200
    /// CONTINUATION frames of one header block (VU#421644).
    package var continuations = 5
    /// Frames within `interval` that carry nothing: PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA and what nobody knows. Requests and
    /// bodies make up for some.
    package var glitches = 200
    package var interval = TimeAmount.seconds(30)
    /// Octets of a stream's body that are taken before the upstream has taken them: SETTINGS_INITIAL_WINDOW_SIZE.
    package var streamWindow = 128 << 10
    /// The same of all streams of a connection: more than one stream's, so that one which stands still leaves the others room.
    package var connectionWindow = 384 << 10

    package init() {}
}

/// How often something may happen within an interval. Counted from its first event, so twice as often at most.
package struct HTTP2Allowance: Equatable, Sendable {
    private let limit: Int
    private let interval: TimeAmount
    private var count = 0
    private var began = NIODeadline.distantPast

    package init(_ limit: Int, within interval: TimeAmount) {
        self.limit = limit
        self.interval = interval
    }

    /// - Returns: false where it is once too often.
    package mutating func use(at now: NIODeadline) -> Bool {
        if count == 0 || now - began >= interval {
            began = now
            count = 0
        }
        count += 1
        return count <= limit
    }

    /// Something useful makes up for some.
    package mutating func makeUp(_ amount: Int) { count = max(0, count - amount) }
}

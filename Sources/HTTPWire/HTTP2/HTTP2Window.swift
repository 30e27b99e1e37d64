/// How much may still be sent to the peer, on a stream or on the connection (RFC 9113 section 6.9). A change of
/// SETTINGS_INITIAL_WINDOW_SIZE can make a stream's negative.
package struct HTTP2SendWindow: Equatable, Sendable {
    package private(set) var octets: Int

    package init(_ octets: Int = 65_535) { self.octets = octets }

    /// - Returns: false where it would exceed 2^31 - 1.
    package mutating func grow(by increment: Int) -> Bool {
        let (sum, overflow) = octets.addingReportingOverflow(increment)
        guard !overflow, sum <= Int(HTTP2FrameHead.maximum31) else { return false }
        octets = sum
        return true
    }

    package mutating func use(_ count: Int) { octets -= count }
}

/// How much the peer may still send, and what it is to be told of it. What has been used is given back in portions, so that a
/// frame tells of many.
package struct HTTP2ReceiveWindow: Equatable, Sendable {
    /// Less than every client may send at first, so that one which did not heed our settings is not stuck.
    private static let portion = 32 << 10

    private var size: Int
    /// What the peer may send.
    package private(set) var octets: Int
    /// Used up here, and not told yet.
    private var given = 0
    /// What the peer may send more until it has heard of `size`: every window is 65,535 before (RFC 9113 section 6.9.3).
    private var extra = 0

    /// - Parameter announced: what the peer knows of it; the rest is told with the first update.
    package init(_ size: Int, announced: Int? = nil) {
        self.size = size
        octets = announced ?? size
        given = size - octets
    }

    /// - Parameter isHeard: whether the peer has acknowledged that its windows have this size.
    init(_ size: Int, isHeard: Bool) {
        self.init(size)
        extra = isHeard ? 0 : max(0, 65_535 - size)
        octets += extra
    }

    /// It has now: what it sent before may have been more than it may.
    mutating func heard() {
        octets -= extra
        extra = 0
    }

    /// - Returns: false where the peer sends more than it may.
    package mutating func receive(_ count: Int) -> Bool {
        guard count <= max(0, octets) else { return false }
        octets -= count
        return true
    }

    package mutating func giveBack(_ count: Int) { given += count }

    /// More than before: the peer is told with the next update.
    package mutating func widen(to larger: Int) {
        guard larger > size else { return }
        given += larger - size
        size = larger
    }

    /// By how much the peer's is to be raised now; nil for not yet.
    package mutating func update() -> Int? {
        guard given > 0, given >= min(size / 2, Self.portion) else { return nil }
        defer { given = 0 }
        octets += given
        return given
    }
}

package import NIOCore

/// How long a client may take over the octets of a body, in either direction: a grace, and then a rate. Only the time in which the
/// client is waited for counts, so that nobody is blamed for a slow upstream.
///
/// Progress alone is no bound: an octet a minute holds an upstream connection for a year.
package struct MinimumRate: Hashable, Sendable {
    private let octetsPerSecond: Int
    private let grace: TimeAmount
    private var octets = 0
    /// Before the wait at hand.
    private var waited = TimeAmount.nanoseconds(0)
    private var since: NIODeadline?

    /// - Parameter octetsPerSecond: 0 for no bound.
    package init(octetsPerSecond: Int, grace: TimeAmount) {
        self.octetsPerSecond = octetsPerSecond
        self.grace = grace
    }

    /// From now on the client is waited for, or not any more.
    package mutating func wait(_ isWaiting: Bool, at now: NIODeadline) {
        if isWaiting {
            since = since ?? now
        } else if let began = since {
            waited = waited + (now - began)
            since = nil
        }
    }

    package mutating func moved(_ count: Int) { octets = octets.addingReportingOverflow(max(0, count)).partialValue }

    /// When patience ends; nil while the client is not waited for.
    package var deadline: NIODeadline? {
        guard octetsPerSecond > 0, let since else { return nil }
        let earned = TimeAmount.seconds(Int64(clamping: min(octets / octetsPerSecond, 86_400 * 365)))
        let left = grace + earned - waited
        return left > .nanoseconds(0) ? since + left : since
    }
}

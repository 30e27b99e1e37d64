/// When it pays to look at a head again that arrives in pieces. A peer that sends octet by octet must not make us parse the
/// whole head each time, and malformed octets must not wait for the end of the head to be refused.
///
/// A head is looked at when a line ended since the last time, when it has doubled, or when it has reached the limit, so that
/// the work is bounded by the number of lines a head may have and otherwise linear. One value a connection; reset with each
/// message.
package struct HeadAccumulation: Sendable {
    private var parsed = 0
    private var searched = 0

    package init() {}

    /// - Parameter octets: all received of this head so far.
    package mutating func isWorthParsing(_ octets: UnsafeRawBufferPointer, limits: WireLimits = .request) -> Bool {
        let lineEnded = octets.dropFirst(searched).contains(Octet.lf)
        searched = octets.count
        guard lineEnded || octets.count >= 2 * parsed || octets.count >= limits.head else { return false }
        parsed = octets.count
        return true
    }

    package mutating func reset() { self = HeadAccumulation() }
}

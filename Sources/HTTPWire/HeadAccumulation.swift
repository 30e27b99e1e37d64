/// When it pays to look again at a head that arrives in pieces. A peer that sends octet by octet must not make us parse the
/// whole head each time, and malformed octets must not wait for the end of the head to be refused.
///
/// A head is looked at when a control character came (the end of a line, or one to refuse), when it has doubled, and when it
/// has reached the limit, so that the work is bounded by the number of lines a head may have and otherwise linear. One value
/// per connection; reset with each message.
package struct HeadAccumulation: Sendable {
    private var parsed = 0
    private var searched = 0

    package init() {}

    /// - Parameter octets: all received of this head so far.
    package mutating func isWorthParsing(_ octets: UnsafeRawBufferPointer, limits: WireLimits = .request) -> Bool {
        let isDue =
            octets.count >= 2 * parsed || octets.count >= limits.head
            || octets.dropFirst(searched).contains { $0 < Octet.space && $0 != Octet.tab }
        searched = octets.count
        guard isDue else { return false }
        parsed = octets.count
        return true
    }

    package mutating func reset() { self = HeadAccumulation() }
}

/// Where the frames of one direction begin and end (RFC 6455 section 5.2), so that one of ours can be put between two of them. Nothing else
/// of them is looked at.
package struct WebSocketFrames: Equatable, Sendable {
    /// Octets of the payload at hand that are still to come.
    private var rest: UInt64 = 0
    /// Octets of the header at hand that have come.
    private var seen = 0
    /// Where in it the length ends, and where the header does.
    private var lengthEnd = 2
    private var headerEnd = 2
    private var length: UInt64 = 0
    private var isClose = false
    /// A Close frame has begun: nothing may follow it.
    package private(set) var hasClosed = false

    package init() {}

    package var isBetweenFrames: Bool { seen == 0 && rest == 0 }

    package mutating func pass(_ octets: UnsafeRawBufferPointer) {
        var position = 0
        while position < octets.count {
            if rest > 0 {
                let step = min(rest, UInt64(octets.count - position))
                rest -= step
                position += Int(step)
            } else {
                take(octets[position])
                position += 1
            }
        }
    }

    private mutating func take(_ octet: UInt8) {
        seen += 1
        switch seen {
        case 1: isClose = octet & 0x0f == Self.close & 0x0f
        case 2:
            let short = octet & 0x7f
            lengthEnd = short == 127 ? 10 : short == 126 ? 4 : 2
            headerEnd = lengthEnd + (octet & 0x80 == 0 ? 0 : 4)
            length = lengthEnd == 2 ? UInt64(short) : 0
        default: if seen <= lengthEnd { length = length << 8 | UInt64(octet) }
        }
        guard seen >= 2, seen == headerEnd else { return }
        seen = 0
        rest = length
        if isClose { hasClosed = true }
    }

    private static let close: UInt8 = 0x88

    /// A server's Close frame with nothing but its code (RFC 6455 section 5.5.1).
    package static func close(_ code: UInt16) -> [UInt8] { [close, 2, UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)] }
}

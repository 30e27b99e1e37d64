package import NIOCore

extension SocketAddress {
    /// The IP address as text; empty for a Unix domain socket.
    ///
    /// On a dual-stack socket a client of IPv4 has an IPv4-mapped address (RFC 4291 section 2.5.5.2), `::ffff:192.0.2.1`. It is written as the
    /// IPv4 address that it is, so that logs, and whatever the upstream holds it against, know it.
    package var addressText: String {
        guard let text = ipAddress else { return "" }
        let mapped = "::ffff:"
        return text.hasPrefix(mapped) && text.utf8.contains(UInt8(ascii: ".")) ? String(text.dropFirst(mapped.count)) : text
    }
}

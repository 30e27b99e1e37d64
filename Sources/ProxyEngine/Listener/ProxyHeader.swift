package import NIOCore

/// What a load balancer says of the connection that it hands on, before anything else: the PROXY protocol, versions 1 and 2.
///
/// Taken only whole and only where every octet is as the specification has it; what it says of TLS or of a certificate counts for nothing.
package struct ProxyHeader: Equatable, Sendable {
    /// The client; nil where the balancer speaks for itself (`LOCAL`), or does not know (`UNKNOWN`, unspecified, a Unix socket): then the
    /// connection's own address counts.
    package let source: SocketAddress?

    package init(source: SocketAddress?) { self.source = source }

    package enum Progress: Equatable, Sendable {
        case incomplete
        /// The header takes `length` octets; TLS follows.
        case complete(ProxyHeader, length: Int)
        case refused
    }

    /// Octets of a header of version 2 that are taken; one with every field that the specification knows is shorter.
    package static let limit = 4096

    /// Whether these octets, as far as they go, are the beginning of a header.
    package static func mayBegin(_ octets: UnsafeRawBufferPointer) -> Bool {
        [VersionOne.opening, VersionTwo.signature].contains { zip(octets, $0).allSatisfy { $0 == $1 } }
    }

    /// Whether the beginning of one is whole.
    static func begins(_ octets: UnsafeRawBufferPointer) -> Bool {
        [VersionOne.opening, VersionTwo.signature].contains { octets.starts(with: $0) }
    }

    /// - Parameter octets: all received so far. Each call begins anew.
    package static func parse(_ octets: UnsafeRawBufferPointer) -> Progress {
        guard let first = octets.first else { return .incomplete }
        return first == UInt8(ascii: "P") ? VersionOne.parse(octets) : VersionTwo.parse(octets)
    }
}

/// `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443 CR LF` (section 2.1).
private enum VersionOne {
    /// Octets of the longest line there can be, with its end.
    private static let limit = 107
    static let opening = Array("PROXY ".utf8)

    static func parse(_ octets: UnsafeRawBufferPointer) -> ProxyHeader.Progress {
        let known = octets.prefix(limit)
        guard zip(known, opening).allSatisfy({ $0 == $1 }) else { return .refused }
        guard let end = known.firstIndex(where: { $0 == 0x0d || $0 == 0x0a }) else { return known.count < limit ? .incomplete : .refused }
        guard known[end] == 0x0d else { return .refused }
        guard end + 1 < known.count else { return known.count < limit ? .incomplete : .refused }
        guard known[end + 1] == 0x0a, end >= opening.count else { return .refused }
        let text = String(decoding: known[opening.count..<end], as: UTF8.self)
        guard let header = header(text) else { return .refused }
        return .complete(header, length: end + 2)
    }

    private static func header(_ text: String) -> ProxyHeader? {
        // Whatever follows it is to be ignored.
        if text == "UNKNOWN" || text.hasPrefix("UNKNOWN ") { return ProxyHeader(source: nil) }
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 5, let port = port(words[3]), port >= 0, self.port(words[4]) != nil else { return nil }
        let isAddress: (Substring) -> Bool
        switch words[0] {
        case "TCP4": isAddress = isIPv4
        case "TCP6": isAddress = isIPv6
        default: return nil
        }
        guard isAddress(words[1]), isAddress(words[2]), let source = try? SocketAddress(ipAddress: String(words[1]), port: port) else { return nil }
        return ProxyHeader(source: source)
    }

    /// 0 to 65535 without leading zeros.
    private static func port(_ text: Substring) -> Int? {
        guard isNumber(text), text.utf8.count <= 5, let port = Int(text), port <= 65535 else { return nil }
        return port
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 &- 0x30 < 10 } && (text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0"))
    }

    private static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { isNumber($0) && $0.utf8.count <= 3 && (Int($0) ?? 256) < 256 }
    }

    /// Groups of hexadecimal digits with colons between; no dots and no zone.
    private static func isIPv6(_ text: Substring) -> Bool {
        guard text.utf8.allSatisfy({ $0 == UInt8(ascii: ":") || $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 6 }) else { return false }
        return (try? SocketAddress(ipAddress: String(text), port: 0))?.protocol == .inet6
    }
}

/// Twelve octets that no other protocol begins with, command, family, length, addresses and what else is said (section 2.2).
private enum VersionTwo {
    static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
    private static let fixed = 16
    private static let checksum: UInt8 = 0x03

    static func parse(_ octets: UnsafeRawBufferPointer) -> ProxyHeader.Progress {
        guard zip(octets, signature).allSatisfy({ $0 == $1 }) else { return .refused }
        guard octets.count >= fixed else { return .incomplete }
        let start = [UInt8](octets.prefix(fixed))
        let length = fixed + (Int(start[14]) << 8 | Int(start[15]))
        guard length <= ProxyHeader.limit else { return .refused }
        let isLocal: Bool
        switch start[12] {
        case 0x20: isLocal = true
        case 0x21: isLocal = false
        default: return .refused
        }
        guard octets.count >= length else { return .incomplete }
        // What stands behind `LOCAL` is skipped, its family too.
        if isLocal { return .complete(ProxyHeader(source: nil), length: length) }
        let whole = [UInt8](octets.prefix(length))
        guard let (source, size) = addresses(of: start[13], whole[fixed...]), isInOrder(whole, from: fixed + size) else { return .refused }
        return .complete(ProxyHeader(source: source), length: length)
    }

    /// - Returns: the client's address, and how many octets the addresses take; nil for what no TCP connection can be.
    private static func addresses(of family: UInt8, _ octets: ArraySlice<UInt8>) -> (SocketAddress?, Int)? {
        switch family {
        case 0x00: (nil, 0)
        case 0x11: address(octets, width: 4)
        case 0x21: address(octets, width: 16)
        case 0x31 where octets.count >= 216: (nil, 216)
        default: nil
        }
    }

    /// Source, destination, and the port of each.
    private static func address(_ octets: ArraySlice<UInt8>, width: Int) -> (SocketAddress?, Int)? {
        let size = 2 * width + 4
        guard octets.count >= size else { return nil }
        let block = Array(octets.prefix(size))
        let port = Int(block[2 * width]) << 8 | Int(block[2 * width + 1])
        guard let source = try? SocketAddress(packedIPAddress: ByteBuffer(bytes: block[..<width]), port: port) else { return nil }
        return (source, size)
    }

    /// Whether what follows the addresses is made of whole fields, and the checksum among them, if there is one, is right.
    private static func isInOrder(_ whole: [UInt8], from start: Int) -> Bool {
        var rest = whole[start...]
        var checked = false
        while let kind = rest.first {
            guard rest.count >= 3 else { return false }
            let at = rest.startIndex
            let length = Int(rest[at + 1]) << 8 | Int(rest[at + 2])
            guard rest.count >= 3 + length else { return false }
            if kind == checksum {
                guard length == 4, !checked else { return false }
                checked = true
                let said = whole[(at + 3)..<(at + 7)].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
                guard CRC32C.of(whole, zeroing: (at + 3)..<(at + 7)) == said else { return false }
            }
            rest = rest.dropFirst(3 + length)
        }
        return true
    }
}

/// The Castagnoli polynomial, reflected (RFC 9260 appendix A). A header is short and read once a connection: no table.
private enum CRC32C {
    static func of(_ octets: [UInt8], zeroing range: Range<Int>) -> UInt32 {
        var sum = ~UInt32(0)
        for (position, octet) in octets.enumerated() {
            sum ^= range.contains(position) ? 0 : UInt32(octet)
            for _ in 0..<8 { sum = sum >> 1 ^ (sum & 1 == 1 ? 0x82f6_3b78 : 0) }
        }
        return ~sum
    }
}

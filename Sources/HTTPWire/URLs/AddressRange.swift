package import NIOCore

/// IP addresses with a common beginning, `10.0.0.0/8` or `2001:db8::/32`; one address is a range too.
///
/// An IPv4-mapped address (RFC 4291 section 2.5.5.2) is the IPv4 address that it is.
package struct AddressRange: Hashable, Sendable, CustomStringConvertible {
    private let octets: [UInt8]
    private let bits: Int
    package let description: String

    /// Nil for anything else, and where bits beyond the range are not zero: whoever writes `10.1.2.3/8` means something else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let first = parts.first, parts.count <= 2, let address = try? SocketAddress(ipAddress: String(first), port: 0) else { return nil }
        octets = address.ipOctets
        let all = octets.count * 8
        if parts.count == 2 {
            guard let bits = Int(parts[1]), bits >= 0, bits <= all, String(bits) == parts[1] else { return nil }
            self.bits = bits
        } else {
            bits = all
        }
        description = text
        let zero = [UInt8](repeating: 0, count: octets.count)
        guard (bits..<all).allSatisfy({ Self.bit($0, of: octets) == Self.bit($0, of: zero) }) else { return nil }
    }

    /// Whether it leaves nobody of its family out.
    package var isEverybody: Bool { bits == 0 }

    package func contains(_ address: SocketAddress?) -> Bool {
        guard let other = address?.ipOctets, other.count == octets.count else { return false }
        return (0..<bits).allSatisfy { Self.bit($0, of: octets) == Self.bit($0, of: other) }
    }

    private static func bit(_ position: Int, of octets: [UInt8]) -> UInt8 {
        let index = position / 8
        guard index < octets.count else { return 0 }
        return octets[index] >> UInt8(7 - position % 8) & 1
    }
}

extension SocketAddress {
    /// 16 of IPv6, 4 of IPv4 or of an IPv4-mapped address; none for anything else.
    package var ipOctets: [UInt8] {
        withSockAddr { pointer, size in
            let raw = UnsafeRawBufferPointer(start: pointer, count: size)
            switch self {
            // sockaddr_in: family, port, four octets. sockaddr_in6: family, port, flow information, sixteen octets.
            case .v4: return Array(raw.dropFirst(4).prefix(4))
            case .v6:
                let octets = Array(raw.dropFirst(8).prefix(16))
                return octets.starts(with: Self.mappedPrefix) ? Array(octets.suffix(4)) : octets
            case .unixDomainSocket: return []
            }
        }
    }

    /// `::ffff:0:0/96`
    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
}

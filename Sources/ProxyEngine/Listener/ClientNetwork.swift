package import NIOCore

/// Where a connection comes from, as far as one party can choose its address freely: the whole address in IPv4, the /64 in IPv6.
package struct ClientNetwork: Hashable, Sendable {
    private let prefix: UInt64

    package init(_ address: SocketAddress?) {
        let octets = Self.octets(address)
        prefix = octets.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// 16 of IPv6, 4 of IPv4 or of an IPv4-mapped address; none for anything else.
    private static func octets(_ address: SocketAddress?) -> [UInt8] {
        guard let address else { return [] }
        return address.withSockAddr { pointer, size in
            let raw = UnsafeRawBufferPointer(start: pointer, count: size)
            switch address {
            // sockaddr_in: family, port, four octets. sockaddr_in6: family, port, flow information, sixteen octets.
            case .v4: return Array(raw.dropFirst(4).prefix(4))
            case .v6:
                let octets = Array(raw.dropFirst(8).prefix(16))
                return octets.starts(with: mappedPrefix) ? Array(octets.suffix(4)) : octets
            case .unixDomainSocket: return []
            }
        }
    }

    /// `::ffff:0:0/96`
    private static let mappedPrefix: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff]
}

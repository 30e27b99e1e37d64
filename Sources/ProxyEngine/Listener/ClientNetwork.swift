import HTTPWire
package import NIOCore

/// Where a connection comes from, as far as one party can choose its address freely: the whole address in IPv4, the /64 in IPv6.
package struct ClientNetwork: Hashable, Sendable {
    private let prefix: UInt64

    package init(_ address: SocketAddress?) {
        prefix = (address?.ipOctets ?? []).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}

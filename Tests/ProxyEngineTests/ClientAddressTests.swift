import NIOCore
import ProxyEngine
import Testing

@Suite("A client's address")
struct ClientAddressTests {
    @Test(
        "is written as the IPv4 address it is where it is IPv4-mapped, and as it is elsewhere",
        arguments: [
            ("::ffff:127.0.0.1", "127.0.0.1"), ("::ffff:203.0.113.255", "203.0.113.255"), ("0:0:0:0:0:ffff:c000:201", "192.0.2.1"),
            ("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("2001:db8::ffff:192.0.2.1", "2001:db8::ffff:c000:201"),
            ("64:ff9b::192.0.2.1", "64:ff9b::c000:201"), ("::", "::"),
        ])
    func text(address: String, written: String) throws {
        #expect(try SocketAddress(ipAddress: address, port: 1).addressText == written)
    }

    @Test("is none on a Unix domain socket")
    func unix() throws { #expect(try SocketAddress(unixDomainSocketPath: "/tmp/x").addressText == "") }

    @Test("is of the same network in the same /64, or where it is the same in IPv4")
    func network() throws {
        func network(_ address: String) throws -> ClientNetwork { ClientNetwork(try SocketAddress(ipAddress: address, port: 1)) }
        #expect(try network("2001:db8:0:1::1") == network("2001:db8:0:1:ffff::2"))
        #expect(try network("2001:db8:0:1::1") != network("2001:db8:0:2::1"))
        #expect(try network("192.0.2.1") == network("::ffff:192.0.2.1"))
        #expect(try network("192.0.2.1") != network("192.0.2.2") && ClientNetwork(nil) != network("192.0.2.1"))
    }
}

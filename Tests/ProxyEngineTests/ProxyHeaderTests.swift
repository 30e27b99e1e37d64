import NIOCore
import ProxyEngine
import Testing

@Suite("The PROXY protocol, octet by octet (PP-02, PP-03, PP-04)")
struct ProxyHeaderTests {
    private static func parse(_ octets: [UInt8]) -> ProxyHeader.Progress { octets.withUnsafeBytes { ProxyHeader.parse($0) } }
    private static func parse(_ text: String) -> ProxyHeader.Progress { parse(Array(text.utf8)) }
    private static func address(_ text: String, _ port: Int) throws -> SocketAddress { try SocketAddress(ipAddress: text, port: port) }

    /// What comes of it with TLS behind it, the same in whatever pieces it arrives.
    private static func outcome(_ header: [UInt8]) -> ProxyHeader.Progress {
        let whole = parse(header + [0x16, 0x03, 0x01])
        if case .complete(_, let length) = whole {
            #expect(length == header.count)
            for count in 0..<header.count { #expect(parse(Array(header[..<count])) == .incomplete) }
        }
        return whole
    }

    @Test("A line of version 1 gives the client's address")
    func versionOne() throws {
        let line = Array("PROXY TCP4 192.0.2.1 198.51.100.255 56324 443\r\n".utf8)
        #expect(Self.outcome(line) == .complete(ProxyHeader(source: try Self.address("192.0.2.1", 56324)), length: line.count))
        let six = Array("PROXY TCP6 2001:DB8::1 ::1 0 65535\r\n".utf8)
        #expect(Self.outcome(six) == .complete(ProxyHeader(source: try Self.address("2001:db8::1", 0)), length: six.count))
        let longest = Array("PROXY TCP6 \(Self.full) \(Self.full) 65535 65535\r\n".utf8)
        #expect(longest.count == 104)
        #expect(Self.outcome(longest) == .complete(ProxyHeader(source: try Self.address(Self.full, 65535)), length: 104))
    }

    private static let full = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

    @Test("UNKNOWN leaves the connection's own address, whatever follows it", arguments: ["UNKNOWN", "UNKNOWN ffff:f...f 65535 65535", "UNKNOWN "])
    func unknown(_ words: String) {
        let line = Array("PROXY \(words)\r\n".utf8)
        #expect(Self.outcome(line) == .complete(ProxyHeader(source: nil), length: line.count))
    }

    @Test(
        "Any other line is refused",
        arguments: [
            "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\n", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r ",
            "PROXY TCP4 192.0.2.01 1.1.1.1 1 2\r\n",
            "PROXY TCP4 192.0.2.256 1.1.1.1 1 2\r\n", "PROXY TCP4 192.0.2 1.1.1.1 1 2\r\n", "PROXY TCP4 192.0.2.1 1.1.1.1.1 1 2\r\n",
            "PROXY TCP4 192.0.2.1 1.1.1.1 65536 2\r\n", "PROXY TCP4 192.0.2.1 1.1.1.1 1 65536\r\n", "PROXY TCP4 192.0.2.1 1.1.1.1 01 2\r\n",
            "PROXY TCP4 192.0.2.1 1.1.1.1 -1 2\r\n", "PROXY TCP4 192.0.2.1 1.1.1.1 1\r\n", "PROXY TCP4 192.0.2.1 1.1.1.1 1 2 3\r\n",
            "PROXY TCP4  192.0.2.1 1.1.1.1 1 2\r\n", "PROXY TCP4 192.0.2.1 1.1.1.1 1 2 \r\n", "PROXY TCP4 ::1 ::1 1 2\r\n",
            "PROXY TCP6 192.0.2.1 1.1.1.1 1 2\r\n", "PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n",
            "PROXY TCP6 1::2::3 ::1 1 2\r\n", "PROXY tcp4 192.0.2.1 1.1.1.1 1 2\r\n", "PROXY UDP4 192.0.2.1 1.1.1.1 1 2\r\n", "PROXY UNKNOWNx\r\n",
            "PROXY \r\n", "PROXY\r\n", "PROXY\tTCP4 192.0.2.1 1.1.1.1 1 2\r\n", "proxy TCP4 192.0.2.1 1.1.1.1 1 2\r\n", "PROXYTCP4\r\n",
            "PUT / HTTP/1.1\r\n",
            "\u{16}\u{3}\u{1}", "GET / HTTP/1.1\r\n", " PROXY UNKNOWN\r\n", "\r\nPROXY UNKNOWN\r\n",
        ])
    func otherLines(_ line: String) { #expect(Self.parse(line) == .refused) }

    @Test("A line ends within 107 octets")
    func length() {
        func line(_ count: Int) -> String { "PROXY UNKNOWN " + String(repeating: "x", count: count - 16) + "\r\n" }
        #expect(Self.parse(line(107)) == .complete(ProxyHeader(source: nil), length: 107))
        #expect(Self.parse(line(108)) == .refused)
        #expect(Self.parse(String(line(108).dropLast(2))) == .incomplete && Self.parse(String(repeating: "P", count: 2)) == .refused)
    }

    // MARK: Version 2

    private static let signature: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

    private static func header(_ command: UInt8, _ family: UInt8, _ block: [UInt8]) -> [UInt8] {
        signature + [command, family, UInt8(block.count >> 8), UInt8(block.count & 255)] + block
    }

    private static let four: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 1, 0xdc, 0x04, 0x01, 0xbb]
    private static let six =
        [UInt8]([0x20, 0x01, 0x0d, 0xb8]) + [UInt8](repeating: 0, count: 11) + [1] + [UInt8](repeating: 0, count: 16) + [0xdc, 0x04, 1, 0xbb]

    @Test("A header of version 2 gives the client's address, and its length is skipped whatever is in it")
    func versionTwo() throws {
        let client = ProxyHeader(source: try Self.address("192.0.2.1", 56324))
        for extra: [UInt8] in [[], [0x04, 0, 0], [0x02, 0, 2, 0x61, 0x62], [0xea, 0, 1, 7, 0x01, 0, 2, 0x68, 0x32]] {
            let header = Self.header(0x21, 0x11, Self.four + extra)
            #expect(Self.outcome(header) == .complete(client, length: header.count))
        }
        let header = Self.header(0x21, 0x21, Self.six)
        #expect(Self.outcome(header) == .complete(ProxyHeader(source: try Self.address("2001:db8::1", 56324)), length: header.count))
    }

    @Test("LOCAL, an unspecified family and a Unix socket leave the connection's own address")
    func withoutAddress() {
        for header in [
            Self.header(0x20, 0x00, []), Self.header(0x20, 0x11, Self.four), Self.header(0x20, 0xff, [1, 2, 3]), Self.header(0x21, 0x00, []),
            Self.header(0x21, 0x00, [0x04, 0, 1, 0]), Self.header(0x21, 0x31, [UInt8](repeating: 0x2f, count: 216)),
        ] {
            #expect(Self.outcome(header) == .complete(ProxyHeader(source: nil), length: header.count))
        }
    }

    @Test("Anything else of version 2 is refused")
    func otherHeaders() {
        for header in [
            // Version, command, family and transport.
            Self.header(0x11, 0x11, Self.four), Self.header(0x31, 0x11, Self.four), Self.header(0x22, 0x11, Self.four),
            Self.header(0x2f, 0x11, Self.four),
            Self.header(0x21, 0x12, Self.four), Self.header(0x21, 0x22, Self.six), Self.header(0x21, 0x10, Self.four),
            Self.header(0x21, 0x41, Self.six),
            Self.header(0x21, 0x32, [UInt8](repeating: 0, count: 216)), Self.header(0x21, 0xff, Self.four),
            // Too short for its addresses.
            Self.header(0x21, 0x11, Array(Self.four.dropLast())), Self.header(0x21, 0x21, Self.four), Self.header(0x21, 0x11, []),
            Self.header(0x21, 0x31, [UInt8](repeating: 0, count: 215)),
            // Fields that are not whole.
            Self.header(0x21, 0x11, Self.four + [0x04]), Self.header(0x21, 0x11, Self.four + [0x04, 0]),
            Self.header(0x21, 0x11, Self.four + [0x04, 0, 1]),
            Self.header(0x21, 0x11, Self.four + [0x04, 0xff, 0xff, 0]), Self.header(0x21, 0x00, [0x02, 0, 9]),
            // Longer than any is.
            Self.header(0x20, 0x00, [UInt8](repeating: 0, count: ProxyHeader.limit - 15)),
        ] {
            #expect(Self.parse(header) == .refused)
        }
        var almost = Self.signature
        almost[11] = 0x0b
        #expect(Self.parse(almost) == .refused)
    }

    @Test("A checksum must be right, and there is one at most")
    func checksum() throws {
        func header(_ sum: [UInt8]) -> [UInt8] { Self.header(0x21, 0x11, Self.four + [0x03, 0, UInt8(sum.count)] + sum) }
        // By another implementation of CRC-32C.
        let right: [UInt8] = [0x73, 0x7e, 0xe9, 0x19]
        #expect(Self.parse(header(right)) == .complete(ProxyHeader(source: try Self.address("192.0.2.1", 56324)), length: 35))
        for position in 0..<4 {
            var wrong = right
            wrong[position] ^= 1
            #expect(Self.parse(header(wrong)) == .refused)
        }
        #expect(Self.parse(header(Array(right.dropLast()))) == .refused)
        #expect(Self.parse(Self.header(0x21, 0x11, Self.four + [0x03, 0, 4] + right + [0x03, 0, 4] + right)) == .refused)
    }

    @Test("What it says of TLS and of a certificate is not read (PP-04)")
    func certificate() throws {
        // PP2_TYPE_SSL: a client certificate was shown and verified, its CN is `admin`.
        let inner: [UInt8] = [0x07, 0, 0, 0, 0, 0x22, 0, 5] + Array("admin".utf8)
        let header = Self.header(0x21, 0x11, Self.four + [0x20, 0, UInt8(inner.count)] + inner)
        #expect(Self.parse(header) == .complete(ProxyHeader(source: try Self.address("192.0.2.1", 56324)), length: header.count))
    }
}

import HTTPWire
import NIOCore
import Testing

@Suite("Where a request came from (RFC 7239)")
struct ForwardedFieldsTests {
    private static func written(_ fields: ForwardedFields, _ address: String, _ port: Int?, _ host: String) -> [String] {
        var lines: [UInt8] = []
        fields.writeConnection(address, to: &lines)
        Array(host.utf8).withUnsafeBytes { fields.writeRequest(address, port: port, host: $0, to: &lines) }
        return String(decoding: lines, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    @Test(
        "Forwarded has quotes and brackets where they belong (XF-02, XF-03)",
        arguments: [
            ("2001:db8::1", 47011, "a.example:8443", "for=\"[2001:db8::1]:47011\";proto=https;host=\"a.example:8443\""),
            ("2001:db8::1", nil, "a", "for=\"[2001:db8::1]\";proto=https;host=\"a\""), ("192.0.2.1", nil, "", "for=192.0.2.1;proto=https"),
            ("192.0.2.1", 1, "[::1]:443", "for=\"192.0.2.1:1\";proto=https;host=\"[::1]:443\""), ("", nil, "a", "for=unknown;proto=https;host=\"a\""),
        ] as [(String, Int?, String, String)])
    func standard(_ address: String, _ port: Int?, _ host: String, _ value: String) {
        #expect(Self.written(.standard, address, port, host) == ["Forwarded: \(value)"])
    }

    @Test(
        "X-Forwarded-Host and -Port are what the request names (XF-05)",
        arguments: [("a.example:8443", "8443"), ("a.example", "443"), ("[::1]:8443", "8443"), ("[2001:db8::1]", "443")])
    func host(_ host: String, _ port: String) {
        #expect(
            Self.written([.address, .host], "192.0.2.1", 5, host) == [
                "X-Forwarded-For: 192.0.2.1", "X-Forwarded-Proto: https", "X-Forwarded-Host: \(host)", "X-Forwarded-Port: \(port)",
            ])
    }

    @Test("Nothing is said that is not asked for")
    func parts() {
        #expect(Self.written([], "192.0.2.1", 5, "a") == [])
        #expect(Self.written(.address, "::1", 5, "a") == ["X-Forwarded-For: ::1", "X-Forwarded-Proto: https"])
        #expect(Self.written(.host, "::1", 5, "") == [])
        #expect(!ForwardedFields.address.areOfRequests && ForwardedFields.host.areOfRequests && ForwardedFields.standard.areOfRequests)
    }

    @Test("Via is left out where it is to be, and what others said in it passes (FW-05)")
    func via() throws {
        var head = RequestHead(names: try Wire.names())
        let input = ByteBuffer(string: "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.0 fred\r\n\r\n")
        _ = head.parse(input)
        for (addsVia, lines) in [(true, "Via: 1.0 fred\r\nVia: 1.1 p\r\n"), (false, "Via: 1.0 fred\r\n")] {
            let rewrite = try #require(RequestRewrite(pseudonym: "p", removesAuthorization: false, addsVia: addsVia))
            var output = ByteBuffer()
            head.write(from: input, to: &output, rewrite, trusted: [])
            #expect(String(buffer: output) == "GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n")
        }
    }
}

@Suite("Ranges of addresses")
struct AddressRangeTests {
    @Test(
        "hold the addresses that begin like them",
        arguments: [
            ("10.0.0.0/8", ["10.0.0.0", "10.255.255.255", "::ffff:10.1.2.3"], ["11.0.0.0", "9.255.255.255", "::a00:1", "2001:db8::1"]),
            ("192.0.2.1", ["192.0.2.1", "::ffff:192.0.2.1"], ["192.0.2.2"]), ("192.0.2.128/25", ["192.0.2.255"], ["192.0.2.127"]),
            ("2001:db8::/33", ["2001:db8:7fff::1"], ["2001:db8:8000::1", "10.0.0.1"]), ("::1", ["::1"], ["::2", "127.0.0.1"]),
            ("0.0.0.0/0", ["255.255.255.255"], ["::1"]), ("::/0", ["::1"], ["127.0.0.1"]),
        ])
    func contains(_ text: String, _ inside: [String], _ outside: [String]) throws {
        let range = try #require(AddressRange(text))
        for address in inside { #expect(range.contains(try SocketAddress(ipAddress: address, port: 1))) }
        for address in outside { #expect(!range.contains(try SocketAddress(ipAddress: address, port: 1))) }
        let socket = try SocketAddress(unixDomainSocketPath: "/x")
        #expect(!range.contains(nil) && !range.contains(socket))
    }

    @Test(
        "Anything else is none",
        arguments: [
            "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/08", "10.0.0.1/8", "10.0.0.0/8/8", "2001:db8::/129",
            "2001:db8::1/32", "a.example", "10.0.0", "[::1]", "10.0.0.0 /8", "*",
        ])
    func none(_ text: String) { #expect(AddressRange(text) == nil) }
}

import HTTPWire
import Testing

@Suite("URLs that are asked for")
struct HTTPURLTests {
    private func fault(_ text: String) -> HTTPURL.Fault? {
        do {
            _ = try HTTPURL(text)
            return nil
        } catch { return error }
    }

    @Test(
        "A URL has its parts, and is asked for in one spelling of scheme and host",
        arguments: [
            ("https://as.example.com", true, "as.example.com", 443, "", nil, "https://as.example.com"),
            ("https://AS.Example.com/X?Y=z", true, "as.example.com", 443, "/X", "Y=z", "https://as.example.com/X?Y=z"),
            ("HTTPS://as:8443/", true, "as", 8443, "/", nil, "https://as:8443/"),
            ("http://LOCALHOST:9000/jwks", false, "localhost", 9000, "/jwks", nil, "http://localhost:9000/jwks"),
            ("https://[2001:DB8::1]:8443/jwks", true, "2001:db8::1", 8443, "/jwks", nil, "https://[2001:db8::1]:8443/jwks"),
            ("https://10.0.0.1?q", true, "10.0.0.1", 443, "", "q", "https://10.0.0.1?q"),
            ("https://as/a/?", true, "as", 443, "/a/", "", "https://as/a/?"),
            ("https://as:443/%C3%A9;p=1,2/~x!$&'()*+@", true, "as", 443, "/%C3%A9;p=1,2/~x!$&'()*+@", nil, "https://as:443/%C3%A9;p=1,2/~x!$&'()*+@"),
        ] as [(String, Bool, String, Int, String, String?, String)])
    func parts(_ text: String, _ isSecure: Bool, _ host: String, _ port: Int, _ path: String, _ query: String?, _ request: String) throws {
        let url = try HTTPURL(text)
        #expect(url.text == text && url.description == text)
        #expect(url.isSecure == isSecure && url.host == host && url.port == port && url.path == path && url.query == query)
        #expect(url.request == request)
    }

    @Test("Another spelling is another text, and asks for the same")
    func spellings() throws {
        let (one, other) = (try HTTPURL("https://AS/"), try HTTPURL("https://as/"))
        #expect(one != other && one.request == other.request)
        #expect(try HTTPURL("https://AS/x?sig=secret").shown == "https://as/x?...")
        #expect(one.shown == "https://as/")
    }

    @Test(
        "What nobody on the way can change is to be trusted (ASM-06, ASM-07)",
        arguments: [
            "https://as.example.com", "https://10.0.0.1/", "http://localhost", "http://LocalHost:1/x", "http://127.0.0.1/x", "http://127.255.255.255",
            "http://[::1]:80/x", "http://[0:0::1]", "http://[0000:0000:0000:0000:0000:0000:0000:0001]",
        ])
    func trustworthy(_ text: String) throws {
        #expect(try HTTPURL(text).isTrustworthy)
    }

    @Test(
        "And nothing else is (ASM-06, ASM-07)",
        arguments: [
            "http://as.example.com", "http://10.0.0.1", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://[::2]",
            "http://[::ffff:127.0.0.1]", "http://[::]", "http://0.0.0.0", "http://128.0.0.1", "http://localhost.localdomain", "http://xlocalhost",
        ])
    func untrustworthy(_ text: String) throws {
        #expect(try !HTTPURL(text).isTrustworthy)
    }

    @Test(
        "What two parsers could read differently is no URL (ASM-07)",
        arguments: [
            ("http://127.1", .authority("127.1")), ("http://0177.0.0.1", .authority("0177.0.0.1")), ("http://127.0.0.01", .authority("127.0.0.01")),
            ("http://127.0.0.256", .authority("127.0.0.256")), ("http://2130706433", .authority("2130706433")),
            ("http://0x7f000001", .authority("0x7f000001")),
            ("http://a.0x1", .authority("a.0x1")), ("http://localhost@evil.example", .userInformation), ("https://u:p@as", .userInformation),
            ("https:/as", .noURL), ("https:as", .noURL), ("as", .noURL), ("//as", .noURL), ("", .noURL), ("urn:x://as", .noURL),
            ("ftp://as", .scheme("ftp")),
            ("://as", .scheme("")), ("https://", .authority("")), ("https:///x", .authority("")), ("https://:443", .authority(":443")),
            ("https://as:", .authority("as:")), ("https://as:0", .authority("as:0")), ("https://as:65536", .authority("as:65536")),
            ("https://as:+1", .authority("as:+1")), ("https://as:000001", .authority("as:000001")), ("https://-a", .authority("-a")),
            ("https://a-.b", .authority("a-.b")), ("https://a..b", .authority("a..b")), ("https://a.", .authority("a.")),
            ("https://a%41", .authority("a%41")),
            ("https://[::1", .authority("[::1")), ("https://[x]", .authority("[x]")), ("https://[::1]x", .authority("[::1]x")),
            ("https://[::1%25lo]", .authority("[::1%25lo]")), ("https://[v1.x]", .authority("[v1.x]")), ("https://::1/", .authority("::1")),
            ("https://a b", .character), ("https://as/a b", .character), ("https://as\\x", .character), ("https://as/\\x", .character),
            ("https://as/#x", .fragment), ("https://as#", .fragment), ("https://as/\u{e9}", .character), ("https://\u{e9}", .character),
            ("https://as/\n", .character), ("https://as\r\n/", .character), ("https://as/\u{0}", .character), ("https://as/%", .character),
            ("https://as/%4", .character), ("https://as/%zz", .character), ("https://as/?%g0", .character), ("https://as/[x]", .character),
            ("https://as/?[]", .character), ("https://as/{x}", .character), ("https://as/^", .character),
        ] as [(String, HTTPURL.Fault)])
    func faults(_ text: String, _ expected: HTTPURL.Fault) {
        #expect(fault(text) == expected)
    }

    @Test("Nor is what is longer than any needs to be")
    func length() {
        let longest = "https://as/" + String(repeating: "x", count: HTTPURL.maximumLength - 11)
        #expect(fault(longest) == nil)
        #expect(fault(longest + "x") == .tooLong)
        #expect(fault("https://" + String(repeating: "a", count: 254)) != nil)
    }
}

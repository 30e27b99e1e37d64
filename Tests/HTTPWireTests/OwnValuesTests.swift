import HTTPWire
import Testing

@Suite("An interaction id is the text of a UUID")
struct InteractionIDTests {
    private func id(_ text: String) -> InteractionID? { Array(text.utf8).withUnsafeBytes { InteractionID($0) } }

    @Test(
        "It is taken as it was sent, in either case (Q-08)",
        arguments: ["93bac548-d2de-4546-b106-880a5018460d", "93BAC548-D2DE-4546-B106-880A5018460D"])
    func taken(text: String) throws {
        var line: [UInt8] = []
        try #require(id(text)).writeField(to: &line)
        #expect(String(decoding: line, as: UTF8.self) == "x-fapi-interaction-id: \(text)\r\n")
    }

    @Test(
        "Anything else is none (Q-08)",
        arguments: [
            "", "93bac548-d2de-4546-b106-880a5018460", "93bac548-d2de-4546-b106-880a5018460d0", "93bac548d2de4546b106880a5018460d",
            "93bac548-d2de-4546-b106-880a5018460g", "{3bac548-d2de-4546-b106-880a5018460d", "93bac5480d2de-4546-b106-880a5018460d",
            "93bac548-d2de-4546-b106-880a50184\r\nX", "урн-d2de-4546-b106-880a5018460d",
        ])
    func refused(text: String) { #expect(id(text) == nil) }

    @Test("One of our own is a UUID of version 4, and no two are the same (Q-08)")
    func random() throws {
        var generator = SystemRandomNumberGenerator()
        var seen: Set<[UInt8]> = []
        for _ in 0..<1000 {
            let made = InteractionID.random(using: &generator)
            let text = String(decoding: made.octets, as: UTF8.self)
            #expect(id(text) == made)
            #expect(made.octets[14] == UInt8(ascii: "4"))
            #expect("89ab".utf8.contains(made.octets[19]))
            seen.insert(made.octets)
        }
        #expect(seen.count == 1000)
    }
}

@Suite("The hosts that are served")
struct ServedHostsTests {
    private let hosts = ServedHosts(["api.example.com", "192.0.2.7", "[2001:db8::1]"])

    @Test(
        "A star stands for one label, and whoever names a host comes before it (TLS-25)",
        arguments: [
            ("a.example.com", 0), ("A.Example.COM:443", 0), ("b.example.com", 1), ("b.example.com:8443", 1), ("x.b.example.com", 2),
            ("example.com", nil),
            (".example.com", nil), ("a.b.c.example.com", nil), ("aexample.com", nil), ("a.example.com.", nil), ("", nil), ("*.example.com", 0),
            ("[2001:db8::1]", nil), ("a", nil),
        ] as [(String, Int?)])
    func wildcards(host: String, index: Int?) {
        let all = [ServedHosts(["*.example.com"]), ServedHosts(["b.example.com"]), ServedHosts(["*.b.example.com", "c.example"])]
        #expect(Array(host.utf8).withUnsafeBytes { ServedHosts.best(all, for: $0) } == index)
    }
    private func serves(_ authority: String) -> Bool { Array(authority.utf8).withUnsafeBytes { hosts.contains($0) } }

    @Test(
        "A listed host is served, in any case and with any port (DT-13)",
        arguments: ["api.example.com", "API.Example.COM:8443", "192.0.2.7:443", "[2001:db8::1]", "[2001:DB8::1]:8443"])
    func served(authority: String) { #expect(serves(authority)) }

    @Test(
        "No other is, however near (DT-13)",
        arguments: [
            "", "example.com", "api.example.com.evil.net", "xapi.example.com", "192.0.2.77", "[2001:db8::2]", "2001:db8::1", "api.example.com.",
        ])
    func refused(authority: String) { #expect(!serves(authority)) }
}

@Suite("Texts of others as a field's value")
struct FieldValueEncodingTests {
    private func encoded(_ texts: [String]) -> String {
        var fields: [UInt8] = []
        FieldValueEncoding.write(texts, to: &fields)
        return String(decoding: fields, as: UTF8.self)
    }

    @Test("Printable ASCII stands for itself, everything that could break a field does not (CC-19)")
    func examples() {
        #expect(encoded(["alice smith"]) == "alice smith")
        #expect(encoded([" a\r\nX-Admin: 1 "]) == "%20a%0D%0AX-Admin: 1%20")
        #expect(encoded(["100%", "a,b", "\"q\""]) == "100%25,a%2Cb,%22q%22")
        #expect(encoded(["Zoë\u{0}\u{7f}"]) == "Zo%C3%AB%00%7F")
        #expect(encoded([""]) == "" && encoded([]) == "")
        #expect(encoded([" "]) == "%20")
    }

    @Test("Whatever goes in comes back out, and never as more than one value (CC-19)")
    func roundTrip() {
        var generator = SystemRandomNumberGenerator()
        let alphabet = Array("ab %,\"\r\n\0\tëé\u{7f}\u{2028}😀=;:\\'".unicodeScalars)
        for _ in 0..<5000 {
            let texts = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                String(
                    String.UnicodeScalarView(
                        (0..<Int.random(in: 0...12, using: &generator)).compactMap { _ in alphabet.randomElement(using: &generator) }))
            }
            let line = encoded(texts)
            #expect(line.utf8.allSatisfy { 0x20...0x7e ~= $0 && $0 != UInt8(ascii: "\"") })
            #expect(line.first != " " && line.last != " ")
            let back = line.split(separator: ",", omittingEmptySubsequences: false).map { decoded(String($0)) }
            #expect(back == texts.map { Array($0.utf8) })
        }
    }

    private func decoded(_ text: String) -> [UInt8] {
        var rest = Array(text.utf8)[...]
        var octets: [UInt8] = []
        while let octet = rest.popFirst() {
            if octet == UInt8(ascii: "%") {
                octets.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            } else {
                octets.append(octet)
            }
        }
        return octets
    }
}

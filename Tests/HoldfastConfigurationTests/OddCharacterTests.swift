import HoldfastConfiguration
import Testing

@Suite("What copying brings into a file")
struct OddCharacterTests {
    private func listening(_ address: String) -> String { changed("address: 127.0.0.1:8443", to: "address: \(address)") }

    @Test("A byte order mark before the text is no part of it, and moves no place")
    func byteOrderMark() {
        #expect(mistakes("\u{feff}" + minimal) == [])
        expectMistake("\u{feff}treads: 2\n" + minimal, "1:1: treads", "Did you mean `threads`?")
        #expect(mistakes(minimal + "\u{feff}threads: 2\n").first?.contains("holds U+FEFF (zero width no-break space). It cannot be seen") == true)
    }

    @Test(
        "An IPv6 address without quotes is told to be one, wherever it stands",
        arguments: [
            ("[::]:8443", "2:12"), ("[::1]:8443", "2:12"), ("[2001:db8::1]:8443", "2:12"), ("[::ffff:127.0.0.1]:1", "2:12"),
            ("[::]:8443 # all", "2:12"),
        ])
    func unquotedAddress(text: String, place: String) {
        expectMistake(listening(text), place, "An IPv6 address with its brackets stands in quotes: `\"[::]:8443\"`.")
    }

    @Test("Also in other sections, in flow, and where it can be read as a list")
    func unquotedElsewhere() {
        expectMistake(minimal + "admin: {address: [::1]:9901}\n", "13:18", "stands in quotes")
        expectMistake(minimal + "admin:\n  address: [::1]:9901\nthreads: 2\n", "14:12", "stands in quotes")
        expectMistake(listening("[::1]"), "2:12", "stands in quotes")
        expectMistake(listening("127.0.0.1:1\n  hosts: [[::1]]"), "3:11", "stands in quotes")
        for good in ["\"[::]:8443\"", "'[::1]:8443'"] { #expect(mistakes(listening(good)) == []) }
        #expect(mistakes(listening("127.0.0.1:1 # not [::]:8443")) == [])
        #expect(mistakes(changed("url: http://127.0.0.1:8080", to: "url: http://[::1]:8080")) == [])
    }

    @Test(
        "Curly quotes are told to be no quotes",
        arguments: [
            ("\u{201c}", "\u{201d}"), ("\u{2018}", "\u{2019}"), ("\u{201e}", "\u{201c}"), ("\u{ab}", "\u{bb}"), ("\u{201c}", ""), ("", "\u{201d}"),
        ])
    func curlyQuotes(open: String, close: String) {
        expectMistake(listening("\(open)127.0.0.1:8443\(close)"), "2:12: listener.address", "quotes that YAML takes for a part of the value, U+")
        expectMistake(
            changed("certificate: server.pem", to: "certificate: \(open)server.pem\(close)"), "3:16: listener.certificate", "Write plain ones")
        expectMistake(
            changed("audience: https://api.example.com", to: "audience: [\(open)a\(close)]"), "10:16: tokens[0].audience[0]", "Write plain ones")
        expectMistake(minimal + "\(open)threads\(close): 2\n", "13:1: \(open)threads\(close)", "Write plain quotes")
    }

    @Test(
        "What cannot be seen is named",
        arguments: [
            ("\u{200b}", "zero width space"), ("\u{200d}", "zero width joiner"), ("\u{ad}", "soft hyphen"), ("\u{202e}", "right-to-left override"),
            ("\u{2060}", "word joiner"),
        ])
    func invisible(character: String, name: String) {
        for address in ["\(character)127.0.0.1:8443", "127.0.0.1:\(character)8443", "127.0.0.1:8443\(character)"] {
            expectMistake(listening(address), "2:12: listener.address", "(\(name)). Remove it.")
        }
        expectMistake(minimal + "threads: 2\(character)\n", "13:10: threads", "(\(name))")
        expectMistake(minimal + "log: {access: true\(character)}\n", "13:15: log.access", "(\(name))")
        expectMistake(minimal + "log: {level: info\(character)}\n", "13:14: log.level", "(\(name))")
        expectMistake(minimal + "thre\(character)ads: 2\n", "13:1: thre\(character)ads", "(\(name)). It cannot be seen")
        expectMistake(minimal + "forward: {claims: {su\(character)b: X-A}}\n", "13:20: forward.claims.su\(character)b", "(\(name))")
    }

    @Test("So are spaces that are none to YAML")
    func spaces() {
        expectMistake(listening("127.0.0.1:8443\u{a0}"), "2:12: listener.address", "U+00A0 (no-break space)")
        #expect(mistakes(changed("  address: 127.0.0.1:8443", to: "  address:\u{a0}127.0.0.1:8443")).first?.contains("U+00A0") == true)
        #expect(mistakes(changed("  address: 127.0.0.1:8443", to: "\u{a0}\u{a0}address: 127.0.0.1:8443")).first?.contains("U+00A0") == true)
        #expect(mistakes(changed("  address: 127", to: "\taddress: 127")).first?.contains("indented with a tab") == true)
    }

    @Test("A list that begins with another dash is told so")
    func dash() {
        #expect(
            mistakes(changed("  - issuer: https://as.example.com\n    audience", to: "  \u{2013} issuer: https://as.example.com\n    audience"))
                .first?.contains("U+2013") == true)
        #expect(mistakes(minimal + "routes:\n  \u{2014} path: /a\n").first?.contains("begins with U+2014 (em dash)") == true)
    }

    @Test("Inside of a text they are letters like others")
    func inside() throws {
        let resource = "resource: {identifier: https://api.example.com, name: \"Bob\u{2019}s \u{201c}API\u{201d}\"}\n"
        #expect(try read(minimal + resource).resource?.name == "Bob\u{2019}s \u{201c}API\u{201d}")
        #expect(try read(changed("audience: https://api.example.com", to: "audience: Bob\u{2019}s API")).tokens[0].audiences == ["Bob\u{2019}s API"])
    }
}

import Testing

@testable import HoldfastConfiguration

@Suite struct FirstConfigurationTests {
    private func answered() -> FirstConfiguration {
        var first = FirstConfiguration()
        first[.issuer] = "https://as.example.com"
        first[.audience] = "https://api.example.com"
        first[.upstream] = "http://127.0.0.1:8080"
        return first
    }

    @Test func whatItWritesHasNoMistake() {
        #expect(answered().mistakes == [])
        #expect(answered().missing == [])
        #expect(FirstConfiguration().missing == [.issuer, .audience, .upstream])
    }

    @Test(arguments: [
        (FirstConfiguration.Answer.listen, "8443"), (.listen, "[::]"), (.upstream, "http://api.example.com"), (.upstream, "api"), (.issuer, ""),
        (.audience, ""), (.certificate, ""), (.issuer, "http://as.example.com"),
    ])
    func whatCheckWouldRefuseIsAMistakeOfThatAnswer(answer: FirstConfiguration.Answer, text: String) {
        var first = answered()
        first[answer] = text
        #expect(first.mistake(in: answer) != nil)
        for other in FirstConfiguration.Answer.allCases where other != answer { #expect(first.mistake(in: other) == nil) }
    }

    @Test(arguments: ["a b.pem", "- x", "a: b", "#a", "\"x\"", "\\", "true", "'", "{a}", "*a", "1.0", "a\\x00"])
    func anyTextStandsForItself(text: String) throws {
        var first = answered()
        first[.audience] = text
        let log = MistakeLog(file: "")
        let root = try #require(ConfigurationDocument(first.text, log)?.root)
        guard case .mapping(let entries) = root.content, let tokens = entries.first(where: { $0.key == "tokens" }),
            case .list(let issuers) = tokens.value.content, case .mapping(let keys)? = issuers.first?.content,
            let audience = keys.first(where: { $0.key == "audience" })
        else {
            Issue.record("no audience")
            return
        }
        #expect(try audience.value.text() == text)
    }

    @Test func addressesOfIPv6StandInQuotes() {
        var first = answered()
        first[.listen] = "[::]:8443"
        #expect(first.mistakes == [] && first.text.contains("address: \"[::]:8443\""))
    }
}

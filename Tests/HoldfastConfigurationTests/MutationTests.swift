import HoldfastConfiguration
import Testing

@Suite("Random changes of a good file")
struct MutationTests {
    private static let interesting = [
        "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`", "#", ":", "-", "?", "[", "]", "{", "}", ",", "\t", "\n", "\r", " ", "\0", "é",
        "\u{2028}",
        "\u{feff}", "~", "null", "true", "0", "9999999999", "-1", "<<", "!!int ", "---\n", "...\n", "\u{10ffff}", "http://", "/..",
        "e\u{301}",
    ]

    private static let introspection =
        "introspection: {authentication: private_key_jwt, client_id: c, private_key: introspection.key, response: signed, token_prefix: x_}"

    @Test("None traps, and what is refused has a place within the file", arguments: 0..<4)
    func mutations(seed: Int) {
        var generator = SystemRandomNumberGenerator()
        let good =
            changed("audience: https://api.example.com", to: "audience: a\n    \(Self.introspection)")
                + """
                forward: {thumbprint_header: X-A, strip: [X-B], client_address: none, claims: {sub: X-S}, interaction_id: echo}
                routes:
                  - {path: /a/*, methods: [GET], scopes: {all: [s], any: [t]}, issuers: ["https://as.example.com"]}
                  - {path: /b, acr: [g], max_auth_age: 15m, claims: {a: present, b: [1, x]}, report_only: 2027-01-31}
                report_only: 2027-01-31T00:00:00Z
                profile: fapi1
                resource: {identifier: "https://a?b", metadata_address: 127.0.0.1:1, name: n}
                admin:
                  address: "[::1]:9901"
                shutdown: {drain_timeout: 1s}

                """
        for _ in 0..<500 {
            var scalars = Array(good.unicodeScalars)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let position = Int.random(in: 0..<scalars.count, using: &generator)
                let other = Int.random(in: position..<min(scalars.count, position + 40), using: &generator)
                switch Int.random(in: 0..<4, using: &generator) {
                case 0: scalars.removeSubrange(position..<other)
                case 1: scalars.insert(contentsOf: Array(scalars[position..<other]), at: other)
                case 2: scalars[position] = "a"
                default:
                    scalars.insert(
                        contentsOf: Array((Self.interesting.randomElement(using: &generator) ?? "").unicodeScalars), at: position)
                }
            }
            let text = String(String.UnicodeScalarView(scalars))
            do throws(ConfigurationMistakes) {
                _ = try read(text)
            } catch {
                let lines = scalars.reduce(1) { $0 + (["\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"].contains($1) ? 1 : 0) }
                #expect(!error.all.isEmpty, "\(text)")
                for mistake in error.all {
                    guard let place = mistake.position else { continue }
                    #expect(place.line >= 1 && place.line <= lines + 1 && place.column >= 1, "\(mistake)\n\(text)")
                }
            }
        }
    }
}

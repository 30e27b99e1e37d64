import HTTPWire
import HoldfastConfiguration
import Testing

@Suite("tokens")
struct TokensTests {
    private func token(_ line: String) -> String { changed("audience: https://api.example.com", to: "audience: a\n    \(line)") }
    private func issuer(_ url: String) -> String { changed("issuer: https://as.example.com", to: "issuer: \(url)") }

    @Test("Without an issuer or an audience nothing starts")
    func required() {
        let list = "tokens:\n  - issuer: https://as.example.com\n    audience: https://api.example.com\n"
        expectMistake(changed(list, to: ""), "1:1: tokens", "The key is missing.")
        expectMistake(changed(list, to: "tokens: []\n"), "8:9: tokens", "The list is empty.")
        expectMistake(changed(list, to: "tokens:\n"), "8:1: tokens", "A list is expected")
        expectMistake(changed(list, to: "tokens: x\n"), "8:9: tokens", "A list is expected")
        expectMistake(changed(list, to: "tokens: [x]\n"), "8:10: tokens[0]", "Keys with values are expected")
        expectMistake(
            changed("    audience: https://api.example.com\n", to: ""), "9:5: tokens[0].audience", "a token for any other API would pass")
        expectMistake(changed("issuer: https://as.example.com\n    ", to: ""), "9:5: tokens[0].issuer", "The key is missing.")
        expectMistake(changed("audience: https://api.example.com", to: "audience: []"), "10:15: tokens[0].audience", "The list is empty.")
        expectMistake(changed("audience: https://api.example.com", to: "audience: [a, \"\"]"), "10:19: tokens[0].audience[1]", "is empty")
        expectMistake(changed("audience: https://api.example.com", to: "audience:"), "10:5: tokens[0].audience", "A list is expected")
    }

    @Test("An audience is one name or a list of them")
    func audiences() throws {
        #expect(try read(minimal).tokens[0].audiences == ["https://api.example.com"])
        #expect(try read(changed("audience: https://api.example.com", to: "audience: [a, b]")).tokens[0].audiences == ["a", "b"])
    }

    @Test(
        "Issuers whose keys are discovered are https, or http on this machine, and kept as they are written",
        arguments: [
            "https://as.example.com", "https://as.example.com/", "https://as.example.com:8443/realms/x", "https://AS.example.com",
            "http://127.0.0.1:9000",
            "http://localhost:9000/x", "\"http://[::1]:9000\"", "https://127.0.0.1", "https://a_b.internal", "http://127.9.9.9",
            "http://LOCALHOST:9000", "HTTPS://as.example.com", "\"http://[0:0:0:0:0:0:0:1]:9000\"",
        ])
    func issuers(url: String) throws {
        #expect(try read(issuer(url)).tokens[0].issuer.text == url.filter { $0 != "\"" })
    }

    @Test(
        "Nothing can be discovered of other issuers",
        arguments: [
            ("http://as.example.com", "loopback"), ("http://127.evil.example", "loopback"), ("http://localhost.evil.example", "loopback"),
            ("http://0.0.0.0", "loopback"), ("http://10.0.0.1", "loopback"), ("http://127.1", "not a host name"),
            ("http://2130706433", "not a host name"),
            ("http://0x7f000001", "not a host name"), ("https://a?b=c", "no query"), ("https://a/#b", "fragment"),
            ("https://u:p@a", "User names"),
            ("http://localhost@evil.example", "User names"), ("ftp://a", "not a scheme"), ("urn:example:as", "A URL such as"),
            ("http://[::ffff:127.0.0.1]", "loopback"), ("https://a/%zz", "cannot hold"),
            ("https://a/[x]", "cannot hold"),
            ("as.example.com", "A URL such as"),
            ("https://", "not a host name"), ("https:///a", "not a host name"), ("https://a:0", "not a host name"),
            ("https://a:65536", "not a host name"),
            ("\"https://a:\"", "not a host name"), ("https://-a", "not a host name"), ("https://a..b", "not a host name"),
            ("https://a b", "cannot hold"),
            ("https://ä.example", "cannot hold"), ("\"https://[::1\"", "not a host name"), ("\"https://a\\\\b\"", "cannot hold"),
            ("\"https://a\\nb\"", "control character"),
        ])
    func badIssuers(url: String, words: String) {
        let url = url.contains(":") && !url.hasPrefix("\"") ? "\"\(url)\"" : url
        expectMistake(issuer(url), "9:13: tokens[0].issuer", words)
        guard words != "control character" else { return }
        expectMistake(issuer(url), "9:13: tokens[0].issuer", "write what cannot be discovered then: `keys`")
    }

    @Test(
        "Whatever its name, an issuer is one whose keys are written",
        arguments: [
            "urn:example:as", "http://adfs.example.com/adfs/services/trust", "accounts.example.com", "https://as.example.com/?p=x", "ACME AS",
        ])
    func namedIssuers(name: String) throws {
        let entry = { (more: String) in changed("issuer: https://as.example.com", to: "issuer: \"\(name)\"\n    \(more)") }
        for keys in ["keys.json", "https://keys.example.com/jwks"] {
            let issuer = try read(entry("keys: \(keys)")).tokens[0]
            #expect(issuer.issuer.text == name && !issuer.issuer.isDiscoverable)
        }
        let asked = "introspection: {authentication: client_secret_basic, client_id: us, client_secret_file: secret"
        #expect(try read(entry("\(asked), endpoint: \"https://as.example.com/i\"}")).tokens[0].keys == .none)
        expectMistake(entry("\(asked)}"), "9:13: tokens[0].issuer", "in `introspection` the `endpoint`")
        expectMistake(entry("keys: keys.json\n    \(asked)}"), "9:13: tokens[0].issuer", "in `introspection` the `endpoint`")
        expectMistake(entry("\(asked), endpoint: \"https://as.example.com/i\", response: signed}"), "9:13: tokens[0].issuer", "`keys`")
    }

    @Test("A name is no longer than any needs to be, and not empty")
    func nameLengths() {
        expectMistake(issuer(String(repeating: "x", count: 2049)), "9:13: tokens[0].issuer", "longer than 2048 octets")
        expectMistake(issuer("\"\""), "9:13: tokens[0].issuer", "is empty")
    }

    @Test("What is fetched is written once, and means the same to everybody: another spelling of this machine is this machine")
    func oneURL() throws {
        guard case .url(let keys) = try read(token("keys: http://LOCALHOST:9000/jwks")).tokens[0].keys else { throw Unexpected() }
        #expect(keys.request == "http://localhost:9000/jwks" && keys.text == "http://LOCALHOST:9000/jwks")
        let asked =
            "introspection: {authentication: client_secret_basic, client_id: us, client_secret_file: secret, endpoint: \"http://LOCALHOST:1/i\"}"
        #expect(try read(token(asked)).tokens[0].introspection?.endpoint == .url(HTTPURL("http://LOCALHOST:1/i")))
    }

    @Test("What servers call their documents counts, unless the entry says otherwise, and check says so")
    func keysMediaType() throws {
        #expect(try read(minimal).tokens[0].keysMediaType == .json)
        #expect(try read(token("keys_media_type: any")).tokens[0].keysMediaType == .any)
        #expect(try warnings(token("keys_media_type: any")).contains { $0.contains("tokens[0].keys_media_type is `any`") })
        expectMistake(token("keys_media_type: text"), "11:22: tokens[0].keys_media_type", "is not one of `json`, `any`")
    }

    @Test("The same issuer twice is a mistake; another spelling is another issuer")
    func twice() throws {
        let second = { (url: String) in changed("audience: https://api.example.com", to: "audience: a\n  - issuer: \(url)\n    audience: b")
        }
        expectMistake(second("https://as.example.com"), "11:5: tokens[1].issuer", "given already in line 9")
        let configuration = try read(second("https://as.example.com/"))
        #expect(configuration.tokens.map(\.issuer.text) == ["https://as.example.com", "https://as.example.com/"])
        #expect(configuration.tokens.map(\.audiences) == [["a"], ["b"]])
    }

    @Test("All algorithms that have a public key can be allowed")
    func algorithms() throws {
        let all = HoldfastConfiguration.Algorithm.allCases
        #expect(all.count == 10)
        #expect(try read(token("algorithms: [\(all.map(\.rawValue).joined(separator: ", "))]")).tokens[0].algorithms == all)
        #expect(try read(token("algorithms:\n      - RS256")).tokens[0].algorithms == [.rs256])
    }

    @Test("Algorithms that are none, or need a shared secret, are refused with the reason")
    func badAlgorithms() {
        expectMistake(token("algorithms: [ES256, none]"), "11:25: tokens[0].algorithms[1]", "anybody could write such a token")
        for name in ["HS256", "HS384", "HS512"] {
            expectMistake(token("algorithms: [\(name)]"), "11:18: tokens[0].algorithms[0]", "could then issue tokens too")
        }
        expectMistake(token("algorithms: [Ed448]"), "11:18: tokens[0].algorithms[0]", "only Ed25519 is to be had here")
        for name in ["es256", "ES256K", "None", "NONE", "ed25519", "RSA1_5"] {
            expectMistake(token("algorithms: [\(name)]"), "11:18: tokens[0].algorithms[0]", "is not one of")
        }
        expectMistake(token("algorithms: []"), "11:17: tokens[0].algorithms", "The list is empty.")
        expectMistake(token("algorithms: ES256"), "11:17: tokens[0].algorithms", "A list is expected")
        expectMistake(token("algorithms:"), "11:5: tokens[0].algorithms", "A list is expected")
    }

    @Test("Ed25519 and EdDSA are one algorithm (Q-02)", arguments: ["Ed25519", "EdDSA", "EdDSA, Ed25519", "Ed25519, EdDSA"])
    func edwards(names: String) throws {
        #expect(try read(token("algorithms: [\(names)]")).tokens[0].algorithms == [.edDSA])
        #expect(try lines(token("algorithms: [ES256, \(names)]")).contains { $0.contains("signed with ES256, EdDSA (Ed25519), `typ`") })
        #expect(try read("profile: fapi2\n" + token("algorithms: [\(names)]")).tokens[0].algorithms == [.edDSA])
        #expect(mistakes("profile: fapi1\n" + token("algorithms: [\(names)]")).allSatisfy { $0.contains("allows only `PS256`, `ES256`") })
        #expect(!mistakes("profile: fapi1\n" + token("algorithms: [\(names)]")).isEmpty)
    }

    @Test("Which claims a token must have can be said, and check names what was dropped (AT-02)")
    func requiredClaims() throws {
        #expect(try read(minimal).tokens[0].requiredClaims == ["sub", "client_id", "iat", "jti"])
        #expect(try read(token("type: any")).tokens[0].requiredClaims == [])
        #expect(try read(token("required_claims: []")).tokens[0].requiredClaims == [])
        let some = token("required_claims: [iat, iss, \"https://x/tenant\"]")
        #expect(try read(some).tokens[0].requiredClaims == ["iat", "iss", "https://x/tenant"])
        let said = try lines(some)
        #expect(said.contains("Its JWTs must have `iss`, `exp`, `aud`, `iat`, `https://x/tenant`."))
        #expect(said.filter { $0.hasPrefix("warning") }.count == 1)
        #expect(said.contains { $0.hasPrefix("warning: tokens[0].required_claims leaves out `sub`, `client_id`, `jti`: ") })
        // More than is usual is no weakness, nor is the usual in another order.
        for more in ["required_claims: [jti, iat, client_id, sub, acr]", "required_claims: [jti, iat, client_id, sub]"] {
            #expect(try lines(token(more)).contains("Nothing in this configuration is weaker than the default."))
        }
        let key = "tokens[0].required_claims"
        expectMistake(token("required_claims: sub"), "11:22: \(key)", "A list is expected")
        expectMistake(token("required_claims:"), "11:5: \(key)", "A list is expected")
        expectMistake(token("required_claims: [sub, \"\"]"), "11:28: \(key)[1]", "is empty")
        expectMistake(token("required_claims: [sub, jti, sub]"), "11:5: \(key)", "`sub` stands here twice")
        expectMistake(token("required_claims: [\((0...32).map { "c\($0)" }.joined(separator: ", "))]"), "11:5: \(key)", "33 claims are too many")
        expectMistake(token("required_claims: [\(String(repeating: "c", count: 257))]"), "11:23: \(key)[0]", "256 octets")
        #expect(mistakes(token("required_claims: [\((0...31).map { "c\($0)" }.joined(separator: ", "))]")).isEmpty)
    }

    @Test("Where scopes are found can be said (AT-10)")
    func scopesFrom() throws {
        #expect(try read(minimal).tokens[0].scopesFrom == ["scope"])
        #expect(try read(token("scopes_from: [scope, scp]")).tokens[0].scopesFrom == ["scope", "scp"])
        #expect(try lines(token("scopes_from: [scope, scp]")).contains("Its tokens have their scopes in `scope` and `scp`."))
        #expect(try lines(token("scopes_from: [scp]")).contains("Nothing in this configuration is weaker than the default."))
        let key = "tokens[0].scopes_from"
        expectMistake(token("scopes_from: []"), "11:18: \(key)", "The list is empty.")
        expectMistake(token("scopes_from: scp"), "11:18: \(key)", "A list is expected")
        expectMistake(token("scopes_from: [scp, scp]"), "11:5: \(key)", "stands here twice")
        expectMistake(token("scopes_from: [a, b, c, d, e, f, g, h, i]"), "11:5: \(key)", "9 claims are too many")
    }

    @Test("Keys come from a URL, a file, or the issuer's metadata")
    func keys() throws {
        #expect(try read(minimal).tokens[0].keys.isDiscovered)
        guard case .url(let url) = try read(token("keys: https://as.example.com/jwks?x=1")).tokens[0].keys else { throw Unexpected() }
        #expect(url.host == "as.example.com" && url.port == 443 && url.path == "/jwks" && url.query == "x=1")
        guard case .file(let file) = try read(token("keys: keys.json")).tokens[0].keys else { throw Unexpected() }
        #expect(file.path == Folder.path + "/keys.json")
        expectMistake(token("keys: http://as.example.com/jwks"), "11:11: tokens[0].keys", "loopback")
        expectMistake(token("keys: file:///keys.json"), "11:11: tokens[0].keys", "not a scheme")
        expectMistake(token("keys: absent.json"), "11:11: tokens[0].keys", "There is no file")
        expectMistake(token("keys:"), "11:5: tokens[0].keys", "has no value")
    }

    @Test(
        "With keys from a file, what is about fetching is a mistake",
        arguments: ["certificate_authorities: as-ca.pem", "cooldown: 5s", "refresh_keys: 5s", "stale_keys: 1h", "keys_media_type: any"])
    func fileKeys(line: String) {
        let key = line.prefix { $0 != ":" }
        #expect(mistakes(token(line)).isEmpty)
        expectMistake(token("keys: keys.json\n    \(line)"), "12:5: tokens[0].\(key)", "nothing is fetched")
    }

    @Test("The remaining keys have their bounds")
    func others() throws {
        let one = try read(token("leeway: 5m\n    cooldown: 1s\n    stale_keys: 2s\n    type: any\n    certificate_authorities: as-ca.pem"))
            .tokens[0]
        #expect(one.leeway == .seconds(300) && one.cooldown == .seconds(1) && one.staleKeys == .seconds(2) && one.type == .any)
        #expect(one.certificateAuthorities?.path == Folder.path + "/as-ca.pem")
        #expect(try read(token("leeway: 0s")).tokens[0].leeway == .zero)
        expectMistake(token("leeway: 301s"), "11:13: tokens[0].leeway", "out of range: 0s to 5m")
        expectMistake(token("leeway: 10"), "11:13: tokens[0].leeway", "A duration such as")
        expectMistake(token("cooldown: 0s"), "11:15: tokens[0].cooldown", "out of range: 1s to 1h")
        expectMistake(token("refresh_keys: 0s"), "11:19: tokens[0].refresh_keys", "out of range: 1s to 1h")
        #expect(try read(token("refresh_keys: 10s")).tokens[0].refreshKeys == .seconds(10))
        expectMistake(token("stale_keys: 169h"), "11:17: tokens[0].stale_keys", "out of range: 2s to 168h")
        expectMistake(token("type: JWT"), "11:11: tokens[0].type", "is not one of `at+jwt`, `any`")
        expectMistake(token("certificate_authorities: absent.pem"), "11:30: tokens[0].certificate_authorities", "There is no file")
    }

    private struct Unexpected: Error {}
}

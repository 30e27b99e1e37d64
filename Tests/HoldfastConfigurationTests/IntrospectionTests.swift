import HTTPWire
import HoldfastConfiguration
import Testing

@Suite("tokens[].introspection")
struct IntrospectionTests {
    /// `minimal` whose issuer is asked; the lines stand from line 12 on, in column 7.
    private func asking(_ lines: String..., beside: String = "") -> String {
        changed(
            "audience: https://api.example.com",
            to: "audience: a\n    introspection:\n" + lines.map { "      \($0)\n" }.joined() + (beside.isEmpty ? "" : "    \(beside)\n"))
    }

    private let basic = "authentication: client_secret_basic\n      client_id: c\n      client_secret_file: secret"
    private let tls =
        "authentication: tls_client_auth\n      client_id: c\n      certificate: introspection.pem\n      private_key: introspection.key"
    private let assertion = "authentication: private_key_jwt\n      client_id: c\n      private_key: introspection.key"

    @Test("The defaults: asked each 30 s at most, plain answers, at the endpoint of the metadata")
    func defaults() throws {
        let issuer = try read(asking(basic)).tokens[0]
        let introspection = try #require(issuer.introspection)
        #expect(
            try introspection.endpoint == .discovered(from: HTTPURL("https://as.example.com")) && introspection.clientID == "c"
                && introspection.cache == .seconds(30))
        #expect(introspection.timeout == .seconds(3) && introspection.maxConcurrent == 64 && introspection.tokenPrefix == nil)
        #expect(!introspection.signedResponse && introspection.responseAlgorithms == issuer.algorithms)
        #expect(issuer.keys == .none && !issuer.verifiesJWTs)
    }

    @Test("Each way to authenticate has what it needs")
    func methods() throws {
        for method in ["tls_client_auth", "self_signed_tls_client_auth"] {
            guard
                case .tlsClientAuth(let pair)? = try read(asking(tls.replacing("tls_client_auth", with: method))).tokens[0].introspection?
                    .authentication
            else { throw Unexpected() }
            #expect(
                pair.certificate.path == Folder.path + "/introspection.pem" && pair.privateKey.path == Folder.path + "/introspection.key")
            #expect(pair.privateKey.keyPath == "tokens[0].introspection.private_key")
        }
        for (line, expected) in [("", nil), ("key_id: k 1", "k 1")] as [(String, String?)] {
            guard case .privateKeyJWT(let key, let keyID)? = try read(asking(assertion, line)).tokens[0].introspection?.authentication
            else {
                throw Unexpected()
            }
            #expect(key.path == Folder.path + "/introspection.key" && keyID == expected)
        }
        guard case .clientSecretBasic(let file)? = try read(asking(basic)).tokens[0].introspection?.authentication else {
            throw Unexpected()
        }
        #expect(file.path == Folder.path + "/secret")
    }

    @Test("Without authentication nothing is asked (INT-02)")
    func authentication() {
        let key = "tokens[0].introspection"
        expectMistake(asking("client_id: c"), "11:5: \(key).authentication", "The key is missing. Write how Holdfast authenticates")
        expectMistake(asking("authentication: none", "client_id: c"), "12:23: \(key).authentication", "RFC 7662 section 4")
        for word in ["client_secret_post", "client_secret_jwt", "tls", "bearer", "TLS_CLIENT_AUTH"] {
            #expect(mistakes(asking("authentication: \(word)", "client_id: c")).map { $0.prefix(6) } == ["12:23:"])
        }
        expectMistake(
            asking("authentication: private_key_jw", "client_id: c"), "12:23: \(key).authentication", "Did you mean `private_key_jwt`?")
        expectMistake(asking(basic.replacing("client_id: c\n      ", with: "")), "11:5: \(key).client_id", "The key is missing.")
        expectMistake(asking(basic.replacing("client_id: c", with: "client_id: é")), "13:18: \(key).client_id", "ASCII")
        expectMistake(
            changed("audience: https://api.example.com", to: "audience: a\n    introspection: true"), "11:5: \(key)", "Keys with values")
    }

    @Test("What a way to authenticate needs is missed, and what it has no use for is a mistake (INT-02)")
    func credentials() {
        let key = "tokens[0].introspection"
        for (method, missing) in [
            ("tls_client_auth", ["certificate", "private_key"]), ("self_signed_tls_client_auth", ["certificate", "private_key"]),
            ("private_key_jwt", ["private_key"]), ("client_secret_basic", ["client_secret_file"]),
        ] {
            let found = mistakes(asking("authentication: \(method)", "client_id: c"))
            #expect(found.map { $0.prefix { $0 != " " } } == missing.map { _ in "11:5:" })
            #expect(found.map { $0.contains("`authentication: \(method)` needs the file") } == missing.map { _ in true })
        }
        expectMistake(asking(basic, "certificate: introspection.pem"), "15:7: \(key).certificate", "has no use for this")
        expectMistake(asking(basic, "private_key: introspection.key"), "15:7: \(key).private_key", "has no use for this")
        expectMistake(asking(basic, "key_id: k"), "15:7: \(key).key_id", "has no use for this")
        expectMistake(asking(tls, "client_secret_file: secret"), "16:7: \(key).client_secret_file", "has no use for this")
        expectMistake(asking(tls, "key_id: k"), "16:7: \(key).key_id", "has no use for this")
        expectMistake(asking(assertion, "certificate: introspection.pem"), "15:7: \(key).certificate", "has no use for this")
        expectMistake(asking(basic.replacing("file: secret", with: "file: absent")), "14:27: \(key).client_secret_file", "There is no file")
        expectMistake(asking(basic.replacing("file: secret", with: "file: empty.pem")), "14:27: \(key).client_secret_file", "is empty")
    }

    @Test("The endpoint is https, or on this machine, and shows a certificate over TLS only")
    func endpoint() throws {
        let key = "tokens[0].introspection.endpoint"
        #expect(
            try read(asking(tls, "endpoint: https://as.example.com/i?x=1")).tokens[0].introspection?.endpoint
                == .url(HTTPURL("https://as.example.com/i?x=1")))
        #expect(try read(asking(basic, "endpoint: http://127.0.0.1:9/i")).tokens[0].introspection?.endpoint == .url(HTTPURL("http://127.0.0.1:9/i")))
        expectMistake(asking(basic, "endpoint: http://as.example.com/i"), "15:17: \(key)", "loopback")
        expectMistake(asking(tls, "endpoint: http://127.0.0.1:9/i"), "16:17: \(key)", "No certificate can be shown over `http://`")
        expectMistake(asking(basic, "endpoint: /introspect"), "15:17: \(key)", "A URL such as")
        expectMistake(asking(basic, "endpoint: \"https://as.example.com/i#x\""), "15:17: \(key)", "fragment")
    }

    @Test("Limits have their bounds, and a cache of 0s is none (INT-06, INT-15)")
    func limits() throws {
        let key = "tokens[0].introspection"
        let one = try #require(try read(asking(basic, "cache: 0s", "timeout: 100ms", "max_concurrent: 4096")).tokens[0].introspection)
        #expect(one.cache == .zero && one.timeout == .milliseconds(100) && one.maxConcurrent == 4096)
        expectMistake(asking(basic, "cache: 61m"), "15:14: \(key).cache", "out of range: 0s to 1h")
        expectMistake(asking(basic, "cache: 0"), "15:14: \(key).cache", "A duration such as")
        for text in ["0s", "99ms", "61s"] {
            expectMistake(asking(basic, "timeout: \(text)"), "15:16: \(key).timeout", "out of range: 100ms to 1m")
        }
        expectMistake(asking(basic, "max_concurrent: many"), "15:23: \(key).max_concurrent", "A whole number from 1 to 4096")
        expectMistake(asking(basic, "max_cocurrent: 1"), "15:7: \(key).max_cocurrent", "Did you mean `max_concurrent`?")
    }

    @Test("Signed answers are of algorithms that are named (INT-11, INT-13)")
    func signed() throws {
        let key = "tokens[0].introspection"
        let own = try read(asking(basic, "response: signed", "response_algorithms: [RS256]")).tokens[0]
        #expect(own.introspection?.signedResponse == true && own.introspection?.responseAlgorithms == [.rs256])
        #expect(own.keys.isDiscovered && !own.verifiesJWTs)
        let inherited = try read(asking(basic, "response: signed", beside: "algorithms: [ES384]")).tokens[0]
        #expect(inherited.introspection?.responseAlgorithms == [.es384])
        expectMistake(
            asking(basic, "response_algorithms: [ES256]"), "15:7: \(key).response_algorithms", "Only signed answers have an algorithm")
        expectMistake(
            asking(basic, "response: json", "response_algorithms: [ES256]"), "16:7: \(key).response_algorithms", "Only signed answers")
        expectMistake(asking(basic, "response: jwt"), "15:17: \(key).response", "is not one of `json`, `signed`")
        for name in ["none", "HS256", "A128KW"] {
            #expect(mistakes(asking(basic, "response: signed", "response_algorithms: [\(name)]")).map { $0.prefix(6) } == ["16:29:"])
        }
    }

    @Test("With keys beside it JWTs are verified too; without, what is about verifying is a mistake")
    func keys() throws {
        let both = try read(
            asking(basic, beside: "keys: https://as.example.com/jwks\n    type: any\n    algorithms: [ES256]\n    cooldown: 5s")
        ).tokens[0]
        #expect(both.verifiesJWTs && both.introspection != nil && both.type == .any && both.cooldown == .seconds(5))
        #expect(try read(minimal).tokens[0].verifiesJWTs)
        let none = "Without `keys`"
        for line in ["type: any", "required_claims: [sub]", "algorithms: [ES256]", "cooldown: 5s", "stale_keys: 1h"] {
            expectMistake(asking(basic, beside: line), "15:5: tokens[0].\(line.prefix { $0 != ":" })", none)
        }
        // Keys for answers are fetched like any others.
        #expect(mistakes(asking(basic, "response: signed", beside: "algorithms: [ES256]\n    cooldown: 5s\n    stale_keys: 1h")).isEmpty)
        expectMistake(asking(basic, "response: signed", beside: "type: any"), "16:5: tokens[0].type", none)
        expectMistake(
            asking(basic, "response: signed", "response_algorithms: [ES256]", beside: "algorithms: [ES256]"), "17:5: tokens[0].algorithms",
            "`response_algorithms` says how")
        // CAs serve for asking as well.
        #expect(mistakes(asking(basic, beside: "certificate_authorities: as-ca.pem")).isEmpty)
        #expect(mistakes(asking(basic, beside: "keys: keys.json\n    certificate_authorities: as-ca.pem")).isEmpty)
        expectMistake(asking(basic, beside: "keys: keys.json\n    cooldown: 5s"), "16:5: tokens[0].cooldown", "nothing is fetched")
    }

    @Test("An issuer can be asked about opaque tokens alone, and its JWTs are then verified by its keys")
    func opaqueAlone() throws {
        let alone = try read(asking(basic, "tokens: opaque")).tokens[0]
        #expect(alone.introspection?.tokens == .opaque && alone.verifiesJWTs && alone.keys.isDiscovered)
        let all = try read(asking(basic, "tokens: all")).tokens[0]
        #expect(all.introspection?.tokens == .all && !all.verifiesJWTs && all.keys == .none)
        #expect(try read(asking(basic)).tokens[0] == all)
        #expect(
            mistakes(asking(basic, "tokens: opaque", beside: "type: any\n    algorithms: [ES256]\n    cooldown: 5s\n    required_claims: []")).isEmpty
        )
        #expect(mistakes(asking(basic, "tokens: opaque", beside: "keys: keys.json")).isEmpty)
        expectMistake(asking(basic, "tokens: jwt"), "15:15: tokens[0].introspection.tokens", "is not one of `opaque`, `all`")
        let said = try lines(asking(basic, "tokens: opaque"))
        #expect(said.contains { $0.hasSuffix("keys discovered from the issuer's metadata; opaque ones asked about, taken until `exp`.") })
        #expect(said.contains { $0.hasPrefix("Asks https://as.example.com about opaque tokens that no `token_prefix` tells apart, at") })
        #expect(said.contains { $0.hasPrefix("warning: tokens[0].introspection.tokens is `opaque`: ") })
        let profile = try lines("profile: fapi2\n" + asking(basic, "tokens: opaque"))
        #expect(
            profile.contains { $0.contains("tokens[0] has `introspection.tokens: opaque`, so JWTs of https://as.example.com are taken until `exp`") })
        #expect(try !lines("profile: fapi2\n" + asking(basic)).contains { $0.contains("revoked tokens") })
    }

    @Test("That an answer need not name an audience has a word of its own, and check names it (INT-05)")
    func audienceInAnswer() throws {
        #expect(try read(asking(basic)).tokens[0].audienceInAnswer == .required)
        #expect(try read(asking(basic, beside: "audience_in_answer: required")).tokens[0].audienceInAnswer == .required)
        #expect(try read(asking(basic, beside: "audience_in_answer: optional")).tokens[0].audienceInAnswer == .optional)
        #expect(
            try lines(asking(basic, beside: "audience_in_answer: optional")).contains {
                $0.hasPrefix("warning: tokens[0].audience_in_answer is `optional`: ")
            })
        #expect(try !lines(asking(basic)).contains { $0.hasPrefix("warning") })
        expectMistake(
            asking(basic, beside: "audience_in_answer: maybe"), "15:25: tokens[0].audience_in_answer", "is not one of `required`, `optional`")
        expectMistake(
            changed("audience: https://api.example.com", to: "audience: a\n    audience_in_answer: optional"), "11:5: tokens[0].audience_in_answer",
            "gives no answers about tokens")
    }

    @Test("Which issuer is asked follows from how a token begins, and is never in doubt")
    func prefixes() throws {
        func issuers(_ prefixes: String?...) -> String {
            let entries = prefixes.enumerated().map { index, prefix in
                "  - {issuer: \"https://\(index).example\", audience: a, introspection: {\(prefix.map { "token_prefix: \"\($0)\", " } ?? "")authentication: client_secret_basic, client_id: c, client_secret_file: secret}}\n"
            }.joined()
            return changed("  - issuer: https://as.example.com\n    audience: https://api.example.com\n", to: entries)
        }
        #expect(try read(issuers("a_", "b_", nil)).tokens.map { $0.introspection?.tokenPrefix } == ["a_", "b_", nil])
        #expect(try read(issuers(nil)).tokens[0].introspection?.tokenPrefix == nil)
        // An issuer of JWTs that are verified only is never asked.
        #expect(mistakes(issuers(nil).replacing("upstream:", with: "  - {issuer: \"https://x\", audience: a}\nupstream:")).isEmpty)
        let key = "tokens[1].introspection.token_prefix"
        expectMistake(issuers(nil, nil), "10:48: \(key)", "The issuer in line 9 is asked about all opaque tokens already")
        expectMistake(issuers("a_", "a_"), "10:64: \(key)", "The issuer in line 9 has this prefix already")
        #expect(mistakes(issuers("a_", "a_b", nil)).isEmpty)
        for bad in ["", "a b", "é", "a=", "a,", String(repeating: "a", count: 129)] {
            #expect(mistakes(issuers(bad)).count == 1, "\(bad)")
        }
        #expect(try read(issuers(String(repeating: "a", count: 128))).tokens[0].introspection?.tokenPrefix?.count == 128)
    }

    @Test("check says where an issuer is asked, as whom, and how long its answers count")
    func summary() throws {
        #expect(
            try lines(asking(tls, "endpoint: https://as.example.com/i", "cache: 5m", "token_prefix: opq_")).filter {
                $0.contains("as.example.com")
            } == [
                "Accepts tokens of https://as.example.com for a: whatever their form, asked about at the issuer and not verified here, taken until `exp`.",
                "Asks https://as.example.com about its tokens, and about opaque tokens that begin with `opq_`, at https://as.example.com/i, as `c` with the certificate introspection.pem; answers need no signature, come within 3s and are remembered for at most 5m.",
            ])
        let both = asking(
            assertion, "key_id: k", "cache: 0s", "response: signed", "response_algorithms: [RS256]",
            beside: "keys: keys.json\n    leeway: 5s")
        #expect(
            try lines(both).filter { $0.contains("as.example.com") || $0.hasPrefix("warning") } == [
                "Accepts tokens of https://as.example.com for a: JWTs signed with ES256, PS256, EdDSA (Ed25519), `typ` at+jwt, keys from the file keys.json, and then asked about; opaque ones asked about, taken until `exp` and 5s longer.",
                "Asks https://as.example.com about its tokens, and about opaque tokens that no `token_prefix` tells apart, at the endpoint that its metadata names, as `c` with assertions signed with introspection.key (key `k`); answers must be signed with RS256, come within 3s and are never remembered.",
                "warning: tokens[0].introspection.response_algorithms has RS256: the FAPI profiles do not allow it (FAPI 2.0 section 5.4.1); use PS256 or ES256 where the issuer can.",
            ])
        #expect(try lines(asking(basic)).contains { $0.contains("as `c` with the secret in secret;") })
    }

    private struct Unexpected: Error {}
}

import HoldfastConfiguration
import Testing

@Suite("profile")
struct ProfileTests {
    private typealias Profile = HoldfastConfiguration.Profile

    private func under(_ profile: Profile, _ yaml: String = minimal) -> String { yaml + "profile: \(profile.rawValue)\n" }
    private func token(_ line: String) -> String { changed("audience: https://api.example.com", to: "audience: a\n    \(line)") }
    private func forward(_ line: String) -> String { minimal + "forward: {\(line)}\n" }

    private static let ofFAPI1: [Profile] = [.fapi1, .uk, .brazil, .cdr]

    @Test("There are five, and none unless one is named")
    func words() throws {
        #expect(try read(minimal).profile == nil)
        for profile in Profile.allCases { #expect(try read(under(profile)).profile == profile) }
        expectMistake(minimal + "profile: fapi\n", "13:10: profile", "is not one of `fapi2`, `fapi1`, `uk`, `brazil`, `cdr`")
        expectMistake(minimal + "profile: fapi3\n", "13:10: profile", "Did you mean")
        expectMistake(minimal + "profile: [uk, cdr]\n", "13:10: profile", "not a list")
    }

    @Test("Each sets the algorithms and refuses others, also for signed answers (Q-02, Q-12)")
    func algorithms() throws {
        #expect(try read(under(.fapi2)).tokens[0].algorithms == [.es256, .ps256, .edDSA])
        for profile in Self.ofFAPI1 { #expect(try read(under(profile)).tokens[0].algorithms == [.ps256, .es256]) }
        let allowed = { (profile: Profile) -> [HoldfastConfiguration.Algorithm] in
            profile == .fapi2 ? [.es256, .ps256, .edDSA] : [.es256, .ps256]
        }
        for profile in Profile.allCases {
            for algorithm in HoldfastConfiguration.Algorithm.allCases {
                let yaml = under(profile, token("algorithms: [\(algorithm.rawValue)]"))
                if allowed(profile).contains(algorithm) {
                    #expect(try read(yaml).tokens[0].algorithms == [algorithm])
                } else {
                    expectMistake(
                        yaml, "11:18: tokens[0].algorithms[0]",
                        profile == .fapi2
                            ? "(FAPI 2.0 section 5.4.1)"
                            : "`profile: \(profile.rawValue)` allows only `PS256`, `ES256` (FAPI 1.0 Advanced section 8.6)")
                }
            }
            let signed = token(
                "introspection: {authentication: client_secret_basic, client_id: c, client_secret_file: secret, response: signed, response_algorithms: [RS256]}"
            )
            expectMistake(
                under(profile, signed), "11:140: tokens[0].introspection.response_algorithms[0]", "Remove `RS256`, or the profile.")
        }
    }

    @Test("FAPI 1.0 and what stands on it have two RSA suites in TLS 1.2 (Q-11, Q-14)")
    func suites() throws {
        #expect(try !read(minimal).listener.onlyRSASuites)
        #expect(try !read(under(.fapi2)).listener.onlyRSASuites)
        for profile in Self.ofFAPI1 { #expect(try read(under(profile)).listener.onlyRSASuites) }
    }

    @Test("Resumption is turned off by a word, and on by none where the profile forbids it (Q-14, TLS-15)")
    func resumptionByWord() throws {
        let key = "listener:\n  resumption: "
        let off = minimal.replacing("listener:\n", with: key + "false\n")
        #expect(try !read(off).listener.resumption && read(minimal.replacing("listener:\n", with: key + "true\n")).listener.resumption)
        #expect(try lines(off).contains { $0.contains("no TLS session is resumed") } && !lines(minimal).contains { $0.contains("is resumed") })
        expectMistake(minimal.replacing("listener:\n", with: key + "off\n"), "2:15: listener.resumption", "true")
        expectMistake(minimal.replacing("listener:\n", with: key + "\"false\"\n"), "2:15: listener.resumption", "without quotes")
        let brazil = under(.brazil)
        #expect(try !read(brazil.replacing("listener:\n", with: key + "false\n")).listener.resumption)
        expectMistake(brazil.replacing("listener:\n", with: key + "true\n"), "2:3: listener.resumption", "allows no resumption")
    }

    @Test("Only Brazil turns resumption off (Q-14)")
    func resumption() throws {
        #expect(try read(minimal).listener.resumption)
        for profile in Profile.allCases { #expect(try read(under(profile)).listener.resumption == (profile != .brazil)) }
    }

    @Test("Only CDR asks for CAs (Q-15, MTLS-16)")
    func trust() {
        let any = changed("trust: authorities\n  authorities: clients-ca.pem", to: "trust: any")
        for profile in Profile.allCases where profile != .cdr { #expect(mistakes(under(profile, any)).isEmpty) }
        expectMistake(under(.cdr, any), "6:10: client_certificates.trust", "Write `authorities`")
    }

    @Test("The leeway is a minute at most")
    func leeway() throws {
        for profile in Profile.allCases {
            #expect(try read(under(profile, token("leeway: 60s"))).tokens[0].leeway == .seconds(60))
            expectMistake(under(profile, token("leeway: 61s")), "11:13: tokens[0].leeway", "the leeway is 1m at most")
        }
    }

    @Test("The interaction id is left alone by FAPI 2.0, played back, or asked for by Brazil (Q-04, Q-08, Q-13, Q-14, Q-16)")
    func interactionID() throws {
        let allowed: [Profile: [HoldfastConfiguration.InteractionID]] = [
            .fapi2: [.pass, .echo, .require], .fapi1: [.echo, .require], .uk: [.echo, .require], .cdr: [.echo, .require],
            .brazil: [.require],
        ]
        for (profile, words) in allowed {
            #expect(try read(under(profile)).forward.interactionID == words.first)
            for word in HoldfastConfiguration.InteractionID.allCases {
                let yaml = under(profile, forward("interaction_id: \(word.rawValue)"))
                if words.contains(word) {
                    #expect(try read(yaml).forward.interactionID == word)
                } else {
                    expectMistake(yaml, "13:27: forward.interaction_id", "With `profile: \(profile.rawValue)` this is")
                }
            }
        }
    }

    @Test("Errors have the ecosystem's form unless another is named (Q-13, Q-14, Q-16)")
    func errors() throws {
        let expected: [Profile: HoldfastConfiguration.ErrorBody] = [
            .fapi2: .problem, .fapi1: .problem, .uk: .uk, .brazil: .brazil, .cdr: .cdr,
        ]
        for (profile, form) in expected {
            #expect(try read(under(profile)).forward.errorBody == form)
            #expect(try read(under(profile, forward("errors: problem"))).forward.errorBody == .problem)
        }
    }

    @Test("`type: any` stays, for issuers before RFC 9068")
    func type() throws {
        for profile in Profile.allCases { #expect(try read(under(profile, token("type: any"))).tokens[0].type == .any) }
    }

    @Test("check says what a profile sets, and what of it is not met (Q-01, Q-06, Q-15)")
    func summary() throws {
        #expect(
            try lines(under(.brazil)).filter { $0.contains("brazil") || $0.contains("Brasil") || $0.contains("x-fapi") } == [
                "Keeps to `profile: brazil`: only PS256, ES256 as signatures; at most 1m of leeway; in TLS 1.2 only ECDHE_RSA with AES-GCM, for which the server's certificate must be an RSA one; no resumption of TLS sessions.",
                "Plays x-fapi-interaction-id back, and refuses requests without one.",
                "Answers its own errors in the form of Open Finance Brasil.",
                "warning: profile `brazil` asks that revoked tokens be refused (FAPI 1.0 Baseline section 6.2.1); tokens[0] has no `introspection`, so tokens of https://as.example.com are taken until `exp`.",
            ])
        #expect(
            try lines(under(.cdr)).filter { $0.contains("cdr") || $0.contains("CDR") } == [
                "Keeps to `profile: cdr`: only PS256, ES256 as signatures; at most 1m of leeway; in TLS 1.2 only ECDHE_RSA with AES-GCM, for which the server's certificate must be an RSA one; certificates of configured CAs only.",
                "Answers its own errors in the form of the Australian CDR.",
                "warning: profile `cdr` asks that certificates be checked for revocation, and there is no list for those of clients-ca.pem: write `client_certificates.revocation_lists`.",
                "warning: profile `cdr` asks that revoked tokens be refused (FAPI 1.0 Baseline section 6.2.1); tokens[0] has no `introspection`, so tokens of https://as.example.com are taken until `exp`.",
            ])
        let asked = token("introspection: {authentication: client_secret_basic, client_id: c, client_secret_file: secret}")
        #expect(
            try lines(under(.fapi2, asked)).first
                == "Keeps to `profile: fapi2`: only ES256, PS256, EdDSA as signatures; at most 1m of leeway.")
        #expect(try warnings(under(.fapi2, asked)) == [])
    }

    @Test("What is weaker is warned of as lying outside of the profile")
    func outside() throws {
        for profile in Profile.allCases {
            let yaml = under(
                profile, minimal + "report_only: 2027-01-31\nroutes: [{path: /a, report_only: true}, {path: /b, require: nothing}]\n")
            let outside = try warnings(yaml).filter { $0.hasSuffix(" This lies outside of `profile: \(profile.rawValue)`.") }
            #expect(outside.count == 3)
        }
    }
}

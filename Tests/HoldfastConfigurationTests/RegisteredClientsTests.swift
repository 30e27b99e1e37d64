import BindingPolicy
import HoldfastConfiguration
import Testing

@Suite("client_certificates.clients: who is known by name")
struct RegisteredClientsTests {
    private static let digest = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"

    /// Its first entry stands in line 9.
    private func clients(_ entries: String..., trust: String = "authorities") -> String {
        let list = "\n  clients:" + entries.map { "\n    - {\($0)}" }.joined()
        let authorities = trust == "any" ? "" : "\n  authorities: clients-ca.pem"
        return minimal.replacing("trust: authorities\n  authorities: clients-ca.pem", with: "trust: \(trust)\(authorities)\(list)")
    }

    private func one(_ entry: String) throws -> HoldfastConfiguration.RegisteredClient {
        try #require(try read(clients("id: a, \(entry)")).clients.first)
    }

    @Test("Each is known in one way")
    func ways() throws {
        #expect(try read(minimal).clients.isEmpty)
        let digest = try #require(Thumbprint(base64url: Self.digest))
        #expect(try one("certificates: \(Self.digest)").recognition == .certificates([.digest(digest)]))
        #expect(try one("keys: [\"\(digest.hex)\"]").recognition == .keys([.digest(digest)]))
        let files = try one("certificates: [server.pem, \(Self.digest)]")
        #expect(files.files.map(\.path) == [Folder.path + "/server.pem"])
        #expect(try read(clients("id: a, certificates: server.pem")).namedFiles.contains { $0.path.hasSuffix("/server.pem") })
        let terms: [(String, CertificateTerms.Term.Kind)] = [
            ("organization: PSDGB-1", .organization), ("dns: a.example", .dns), ("uri: \"urn:a:b\"", .uri),
            ("spiffe_id: \"spiffe://td/a\"", .spiffeID),
            ("subject: {CN: a}", .subject("2.5.4.3")), ("other_name: {1.2.3: a}", .otherName("1.2.3")),
        ]
        for (entry, kind) in terms {
            guard case .terms(let found) = try one(entry).recognition else {
                Issue.record("\(entry)")
                continue
            }
            #expect(found.terms.map(\.kind) == [kind])
        }
    }

    @Test("A client's own CA is trusted by being named, with lists of its own or those of all")
    func authority() throws {
        func trusts(_ yaml: String) throws -> [HoldfastConfiguration.Authorities] {
            guard case .authorities(let found, _) = try read(yaml).clientTrust else { return [] }
            return found
        }
        let beside = try trusts(clients("id: a, authority: as-ca.pem"))
        #expect(beside.map(\.file.path) == [Folder.path + "/clients-ca.pem", Folder.path + "/as-ca.pem"])
        let alone = clients("id: a, authority: as-ca.pem").replacing("\n  authorities: clients-ca.pem", with: "")
        #expect(try trusts(alone).map(\.file.path) == [Folder.path + "/as-ca.pem"])
        let lists = try trusts(clients("id: a, authority: {file: as-ca.pem, revocation: {lists: clients.crl, scope: leaf}}"))
        #expect(lists.last?.revocation?.scope == .leaf && lists.first?.revocation == nil)
        let short = clients("id: a, authority: as-ca.pem").replacing("  clients:", with: "  revocation_lists: clients.crl\n  clients:")
        #expect(try trusts(short).allSatisfy { $0.revocation?.scope == .chain })
        expectMistake(clients("id: a, authority: clients-ca.pem"), "9:26: client_certificates.clients[0].authority", "among `authorities` too")
        expectMistake(
            clients("id: a, authority: {revocation: {lists: clients.crl}}"), "9:15: client_certificates.clients[0].authority.file", "is missing")
        expectMistake(clients("id: a, authority: none.pem"), "9:26: client_certificates.clients[0].authority", "There is no file")
    }

    @Test("What a client may have: some scopes, none, or those of its tokens; and whose tokens they are")
    func rights() throws {
        #expect(try one("dns: a").scopes == nil && one("dns: a").clientIDs == nil)
        #expect(try one("dns: a, scopes: []").scopes == [] && one("dns: a, scopes: [x, y]").scopes == ["x", "y"])
        #expect(try one("dns: a, client_id: app").clientIDs == ["app"] && one("dns: a, client_id: [b, c]").clientIDs == ["b", "c"])
        expectMistake(clients("id: a, dns: a, scopes: [\"a b\"]"), "9:32: client_certificates.clients[0].scopes[0]", "is not a scope")
        expectMistake(clients("id: a, dns: a, client_id: []"), "9:34: client_certificates.clients[0].client_id", "The list is empty.")
    }

    @Test("Mistakes are told where they are")
    func mistakes() {
        let place = "client_certificates.clients[0]"
        expectMistake(clients("dns: a"), "9:7: \(place).id", "The key is missing.")
        expectMistake(clients("id: a"), "9:7: \(place).authority", "No way to know its certificates is given.")
        expectMistake(clients("id: a, dns: a, uri: \"urn:x\""), "9:23: \(place).uri", "`dns`, `uri` are given together.")
        expectMistake(clients("id: a, certs: a, dns: a"), "9:15: \(place).certs", "There is no such key.")
        for bad in ["a b", "é", "a/b", String(repeating: "a", count: 65)] {
            expectMistake(clients("id: \(bad), dns: a"), "9:12: \(place).id", "is no id")
        }
        expectMistake(
            clients("id: a, dns: a", "id: a, dns: b"), "10:8: client_certificates.clients[1].id", "is the id of the client in line 9 already")
        expectMistake(clients("id: a, certificates: none.pem"), "9:29: \(place).certificates", "There is no file")
        expectMistake(clients("id: a, keys: []"), "9:21: \(place).keys", "The list is empty.")
        expectMistake(
            minimal.replacing("  authorities: clients-ca.pem\n", with: "  authorities: clients-ca.pem\n  clients: []\n"),
            "8:12: client_certificates.clients", "The list is empty.")
        expectMistake(
            minimal.replacing("  authorities: clients-ca.pem\n", with: "  authorities: clients-ca.pem\n  clients: [a]\n"), "8:13: \(place)",
            "A section with `id`")
    }

    @Test("Two that could be one are a mistake where it can be seen")
    func rivals() {
        let second = "10:7: client_certificates.clients[1]"
        for (one, other) in [
            ("dns: a.example", "dns: A.example"), ("dns: \"*.example\"", "dns: a.example"), ("organization: PSD*", "organization: PSDGB-*"),
            ("subject: {CN: a}", "subject: {cn: [b, a]}"), ("certificates: server.pem", "certificates: [server.pem]"),
            ("keys: \(Self.digest)", "keys: \(Self.digest)"), ("authority: as-ca.pem", "authority: as-ca.pem"),
            ("spiffe_id: \"spiffe://a/*\"", "spiffe_id: \"spiffe://a/b\""),
        ] {
            expectMistake(clients("id: a, \(one)", "id: b, \(other)"), second, "A certificate could be one of `a` (line 9) too")
        }
        for (one, other) in [
            ("dns: a.example", "dns: b.example"), ("dns: a", "uri: \"urn:a:b\""), ("subject: {CN: a}", "subject: {O: a}"),
            ("organization: PSDGB-*", "organization: PSDDE-*"), ("certificates: server.pem", "keys: server.pem"),
        ] { #expect(HoldfastConfigurationTests.mistakes(clients("id: a, \(one)", "id: b, \(other)")).isEmpty) }
    }

    @Test("Where nobody vouches, certificates and keys are known and nothing else")
    func unvouched() throws {
        #expect(try read(clients("id: a, certificates: \(Self.digest)", trust: "any")).clients.count == 1)
        for entry in ["dns: a", "authority: as-ca.pem", "subject: {CN: a}"] {
            expectMistake(
                clients("id: a, \(entry)", trust: "any"), "8:15: client_certificates.clients[0].\(entry.prefix { $0 != ":" })", "nobody vouches")
        }
    }

    @Test("check says who is let in, and what each may have")
    func summary() throws {
        let said = try lines(
            clients("id: acme, authority: as-ca.pem, scopes: [r, w], client_id: app", "id: b, dns: b.example", "id: c, keys: server.pem, scopes: []"))
        for line in [
            "Of those it lets in the 3 registered clients only, and a certificate that fits none of them, or two, is refused.",
            "Client `acme`: certificates below a CA of as-ca.pem; may use `r`, `w`, with tokens whose `client_id` is `app`.",
            "Client `b`: certificates with `b.example` as its dns; may use whatever scope its tokens have.",
            "Client `c`: certificates with the keys server.pem; may use no scope.",
        ] { #expect(said.contains(line), "\(said)") }
    }

    @Test("The upstream may be told which client it is, also where nobody vouches for certificates")
    func forwarded() throws {
        for trust in ["authorities", "any"] {
            let yaml = clients("id: a, certificates: server.pem", trust: trust) + "forward: {client: {id: X-Client}}\n"
            #expect(try read(yaml).forward.client.map(\.fact) == [.id])
        }
    }

    @Test("An identity with clients of its own has its own list")
    func identities() throws {
        let yaml = minimal.replacing(
            "  private_key: server.key\n",
            with:
                "  private_key: server.key\n  hosts: [a.example]\n  identities: [{hosts: [b.example], certificate: server.pem, private_key: server.key, client_certificates: {trust: authorities, clients: [{id: x, authority: as-ca.pem}]}}]\n"
        )
        let found = try read(yaml)
        #expect(found.clients.isEmpty && found.listener.identities.first?.clients.map(\.id) == ["x"])
        #expect(try lines(yaml).contains { $0.hasPrefix("For listener.identities[0].client_certificates: Of those") })
    }
}

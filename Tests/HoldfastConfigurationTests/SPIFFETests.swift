import BindingPolicy
import HoldfastConfiguration
import Testing

@Suite("client_certificates.trust: spiffe")
struct SPIFFETests {
    private func spiffe(_ keys: String) -> String {
        minimal.replacing("trust: authorities\n  authorities: clients-ca.pem", with: "trust: spiffe\n  \(keys)")
    }

    @Test("It needs a bundle and the trust domain's name, and check says so")
    func keys() throws {
        let yaml = spiffe("bundle: keys.json\n  trust_domain: example.org")
        guard case .spiffe(let bundle, let domain) = try read(yaml).clientTrust else {
            Issue.record("no trust domain")
            return
        }
        #expect(bundle.path == Folder.path + "/keys.json" && domain == "example.org")
        #expect(try read(yaml).namedFiles.contains { $0.path == bundle.path })
        #expect(
            try lines(yaml).contains(
                "Accepts certificates of workloads of the SPIFFE trust domain example.org with a valid path to a CA in keys.json, and no others."))
        #expect(try warnings(yaml).isEmpty)
        #expect(try read(yaml + "routes: [{path: /a, certificate: {spiffe_id: \"spiffe://example.org/*\"}}]\n").routes.count == 1)
        let client = spiffe("bundle: keys.json\n  trust_domain: example.org\n  clients: [{id: a, spiffe_id: \"spiffe://example.org/a\"}]")
        #expect(try read(client).clients.count == 1)
    }

    @Test("Mistakes are told where they are")
    func mistakes() {
        expectMistake(spiffe("bundle: keys.json"), "5:1: client_certificates.trust_domain", "The key is missing.")
        expectMistake(spiffe("trust_domain: a"), "5:1: client_certificates.bundle", "The key is missing.")
        expectMistake(spiffe("bundle: none.json\n  trust_domain: a"), "7:11: client_certificates.bundle", "There is no file")
        for bad in ["Example.org", "a b", "a/b", "\(String(repeating: "a", count: 256))", "é"] {
            expectMistake(
                spiffe("trust_domain: \(bad)\n  bundle: keys.json"), "7:17: client_certificates.trust_domain", "is not the name of a trust domain")
        }
        expectMistake(
            spiffe("trust_domain: \"spiffe://a\"\n  bundle: keys.json"), "7:17: client_certificates.trust_domain", "Write it without `spiffe://`.")
        for key in ["authorities: clients-ca.pem", "usage: any", "revocation_lists: clients.crl"] {
            let name = key.prefix { $0 != ":" }
            expectMistake(
                spiffe("bundle: keys.json\n  trust_domain: a\n  \(key)"), "9:3: client_certificates.\(name)", "are those of `bundle`")
        }
        expectMistake(
            minimal.replacing("trust: authorities", with: "trust: authorities\n  trust_domain: a"), "7:3: client_certificates.trust_domain",
            "Only `trust: spiffe` has this.")
        expectMistake(
            spiffe("bundle: keys.json\n  trust_domain: a\n  clients: [{id: a, authority: as-ca.pem}]"),
            "9:32: client_certificates.clients[0].authority", "are those of `bundle`")
    }
}

import BindingPolicy
import HoldfastConfiguration
import Testing

@Suite("routes[].certificate and forward.client: what a certificate says of its holder")
struct CertificateTermsTests {
    private func route(_ keys: String) -> String { minimal + "routes:\n  - {path: /a, certificate: {\(keys)}}\n" }
    private func terms(_ keys: String) throws -> CertificateTerms? { try read(route(keys)).routes[0].policy.certificate }
    private func term(_ kind: CertificateTerms.Term.Kind, _ patterns: ValuePattern...) -> CertificateTerms {
        CertificateTerms(terms: [.init(kind, patterns)])
    }

    @Test("Each kind of value has its key, with one value or a list of which one must match")
    func kinds() throws {
        #expect(try read(minimal + "routes: [{path: /a}]").routes[0].policy.certificate == nil)
        #expect(try terms("roles: PSP_AI") == CertificateTerms(roles: [.accountInformation]))
        #expect(try terms("roles: [PSP_AS, PSP_PI, PSP_IC]") == CertificateTerms(roles: [.accountServicing, .paymentInitiation, .cardIssuing]))
        #expect(try terms("organization: PSDGB-*") == term(.organization, .beginning(Array("PSDGB-".utf8))))
        #expect(try terms("dns: [A.example, \"*.B.example\"]") == term(.dns, .host(Array("a.example".utf8)), .labelBelow(Array(".b.example".utf8))))
        #expect(try terms("uri: \"https://a/b\"") == term(.uri, .exactly(Array("https://a/b".utf8))))
        #expect(try terms("uri: \"urn:x:*\"") == term(.uri, .beginning(Array("urn:x:".utf8))))
        #expect(try terms("spiffe_id: \"spiffe://td/*\"") == term(.spiffeID, .beginning(Array("spiffe://td/".utf8))))
        #expect(try terms("subject: {O: [a, b*]}") == term(.subject("2.5.4.10"), .exactly([97]), .beginning([98])))
        #expect(try terms("subject: {cn: a}") == term(.subject("2.5.4.3"), .exactly([97])))
        #expect(try terms("subject: {1.2.3: a}") == term(.subject("1.2.3"), .exactly([97])))
        #expect(try terms("other_name: {1.3.6.1.4.1.311.20.2.3: u@x}") == term(.otherName("1.3.6.1.4.1.311.20.2.3"), .exactly(Array("u@x".utf8))))
        #expect(try terms("roles: PSP_AI, subject: {CN: a, O: b}, dns: c")?.terms.count == 3)
        #expect(try read(minimal + "routes: [{path: /a, require: certificate, certificate: {dns: c}}]").routes[0].policy.requirement == .certificate)
    }

    @Test("Mistakes are told where they are")
    func wrongForms() {
        expectMistake(route(""), "14:16: routes[0].certificate.roles", "Write at least one of `roles`")
        expectMistake(route("role: PSP_AI, dns: a"), "14:30: routes[0].certificate.role", "Did you mean `roles`?")
        expectMistake(route("roles: PSP_XX"), "14:37: routes[0].certificate.roles", "is not one of `PSP_AS`")
        expectMistake(route("roles: []"), "14:37: routes[0].certificate.roles", "The list is empty.")
        expectMistake(route("organization: \"*-X\""), "14:44: routes[0].certificate.organization", "at the end only")
        expectMistake(route("dns: \"a.*.example\""), "14:35: routes[0].certificate.dns", "is not the name of a host")
        for bad in ["*", "*.", "a b", "é", "a*", "**.a"] {
            expectMistake(route("dns: \"\(bad)\""), "14:35: routes[0].certificate.dns", "is not the name of a host")
        }
        for bad in ["a", "https://*/a", "https://a/é"] {
            expectMistake(route("uri: \"\(bad)\""), "14:35: routes[0].certificate.uri", "is not a URI")
        }
        for bad in ["https://a*", "https://a.example*", "https://*", "https://a/b*", "urn:x*"] {
            expectMistake(route("uri: \"\(bad)\""), "14:35: routes[0].certificate.uri", "below a `/` of the path")
        }
        for bad in ["spiffe://td", "spiffe://td/", "spiffe://td/a*", "spiffe://TD/a", "spiffe://td/../*", "spiffe://*/a", "https://td/a"] {
            expectMistake(route("spiffe_id: \"\(bad)\""), "14:41: routes[0].certificate.spiffe_id", "is not a workload's SPIFFE id")
        }
        expectMistake(route("subject: {CNN: a}"), "14:45: routes[0].certificate.subject.CNN", "Did you mean `CN`?")
        expectMistake(route("subject: {1.2.03: a}"), "14:48: routes[0].certificate.subject.1.2.03", "is no attribute known here")
        expectMistake(route("subject: {CN: []}"), "14:44: routes[0].certificate.subject.CN", "The list is empty.")
        expectMistake(route("subject: CN"), "14:39: routes[0].certificate.subject", "Keys with values are expected")
        for bad in ["3.1", "1.40", "1", "1.-2", "a.b", "1..2", "1.99999999999"] {
            expectMistake(
                route("other_name: {\"\(bad)\": a}"), "14:\(47 + bad.count): routes[0].certificate.other_name.\(bad)", "not an object identifier")
        }
        expectMistake(
            minimal + "routes: [{path: /a, require: nothing, certificate: {dns: a}}]", "13:39: routes[0].certificate", "asks for no certificate")
    }

    @Test("Where one identity vouches for certificates they may be asked, and it is said where nobody does", arguments: [true, false])
    func vouchedSomewhere(isVouchedAtTheTop: Bool) throws {
        let vouched = "{trust: authorities, authorities: clients-ca.pem}"
        func yaml(_ trusts: (String, String)) -> String {
            minimal.replacing(
                "client_certificates:\n  trust: authorities\n  authorities: clients-ca.pem\n", with: "client_certificates: \(trusts.0)\n"
            )
            .replacing(
                "  private_key: server.key\n",
                with:
                    "  private_key: server.key\n  hosts: [a.example]\n  identities: [{hosts: [b.example], certificate: server.pem, private_key: server.key, client_certificates: \(trusts.1)}]\n"
            ) + "routes: [{path: /a, certificate: {dns: a}}]\n"
        }
        let found = try warnings(yaml(isVouchedAtTheTop ? (vouched, "{trust: any}") : ("{trust: any}", vouched)))
        let key = isVouchedAtTheTop ? "listener.identities[0].client_certificates" : "client_certificates"
        #expect(found.contains { $0.hasPrefix("warning: \(key).trust is `any`: nobody vouches") })
        #expect(try !warnings(yaml((vouched, vouched))).contains { $0.contains("nobody vouches") })
        #expect(
            HoldfastConfigurationTests.mistakes(yaml(("{trust: any}", "{trust: any}"))).contains {
                $0.contains("routes[0].certificate: ") && $0.contains("nobody vouches")
            })
    }

    @Test("Nothing is made of what nobody vouches for")
    func unvouched() {
        let any = { (rest: String) in
            minimal.replacing("trust: authorities", with: "trust: any").replacing("  authorities: clients-ca.pem\n", with: "") + rest
        }
        expectMistake(any("routes: [{path: /a, certificate: {dns: a}}]"), "12:21: routes[0].certificate", "nobody vouches")
        expectMistake(any("forward: {client: {roles: X-R}}"), "12:20: forward.client.roles", "nobody vouches")
    }

    @Test("Facts go into fields of their own, whose families clients cannot send")
    func forwarded() throws {
        let yaml = minimal + "forward:\n  client: {organization: X-Org, roles: X-Roles, spiffe_id: X-Spiffe}\n"
        let found = try read(yaml).forward.client
        #expect(found.map(\.fact) == [.organization, .roles, .spiffeID] && found.map(\.header) == ["X-Org", "X-Roles", "X-Spiffe"])
        #expect(
            try lines(yaml).contains(
                "The upstream receives what the client's certificate says of its holder: organization in X-Org, roles in X-Roles, spiffe_id in X-Spiffe."
            ))
        #expect(try read(yaml).readsCertificates && !read(minimal).readsCertificates && read(route("dns: a")).readsCertificates)
        let forward = { (keys: String) in minimal + "forward:\n  client: {\(keys)}\n" }
        expectMistake(forward(""), "14:3: forward.client", "Write which of `id`, `organization`")
        expectMistake(forward("org: X-A, roles: X-R"), "14:12: forward.client.org", "There is no such key.")
        expectMistake(forward("id: X-Client"), "14:12: forward.client.id", "No client has an id")
        expectMistake(forward("roles: Host"), "14:19: forward.client.roles", "has a meaning of its own")
        expectMistake(forward("roles: x_client_cert_sha256"), "14:19: forward.client.roles", "carries the certificate's thumbprint already")
        expectMistake(forward("organization: X-A, roles: x_a"), "14:38: forward.client.roles", "carries the certificate's organization already")
        expectMistake(
            minimal + "forward:\n  claims: {sub: X-A}\n  client: {roles: x_a}\n", "15:19: forward.client.roles", "carries the claim `sub` already")
        expectMistake(
            minimal + "forward:\n  client: {roles: X-A}\n  keep: [x_a]\n", "15:10: forward.keep[0]", "carries the certificate's roles")
    }

    @Test("check says what certificates must say")
    func summary() throws {
        let said = try lines(route("roles: [PSP_AI, PSP_PI], organization: PSDGB-*, subject: {O: [a, b]}, dns: \"*.x\""))
        #expect(
            said.contains(
                "Any method on /a needs a token bound to the client's certificate with the roles PSP_AI and PSP_PI and `PSDGB-*` as its organization and `*.x` as its dns and `a` or `b` as its subject 2.5.4.10."
            ), "\(said)")
        let open = try lines(minimal + "routes: [{path: /a, require: certificate, certificate: {uri: \"urn:x:y\"}}]")
        #expect(
            open.contains("Any method on /a needs a client certificate with `urn:x:y` as its uri only: no token is looked at."), "\(open)")
    }
}

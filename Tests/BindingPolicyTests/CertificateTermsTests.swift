import BindingPolicy
import Testing

@Suite("What a certificate must say of its holder")
struct CertificateTermsTests {
    private static func octets(_ text: String) -> [UInt8] { Array(text.utf8) }

    private static let commonName = "2.5.4.3"

    private func isMet(_ kind: CertificateTerms.Term.Kind, _ pattern: ValuePattern, by facts: CertificateFacts) -> Bool {
        CertificateTerms(terms: [.init(kind, [pattern])]).areMet(by: facts)
    }

    @Test("A value is compared to its last octet: a NUL ends none (PKI-14)")
    func nul() {
        let exact = ValuePattern.exactly(Self.octets("a"))
        for (value, isEqual) in [("a", true), ("a\0.evil", false), ("a\0", false), ("", false), ("A", false), ("aa", false)] {
            let value = Self.octets(value)
            let facts = CertificateFacts(
                subject: [.init(type: Self.commonName, value: value)], dns: [value], uris: [value], otherNames: [.init(type: "1.2", value: value)])
            for kind in [CertificateTerms.Term.Kind.subject(Self.commonName), .uri, .otherName("1.2")] {
                #expect(isMet(kind, exact, by: facts) == isEqual, "\(value)")
            }
            #expect(isMet(.dns, .host(Self.octets("a")), by: facts) == (isEqual || value == Self.octets("A")))
        }
    }

    @Test("A term is about one kind of value, and no other kind stands in for it (PKI-14)")
    func kinds() {
        let value = Self.octets("same")
        let kinds: [(CertificateTerms.Term.Kind, CertificateFacts)] = [
            (.subject("2.5.4.3"), CertificateFacts(subject: [.init(type: "2.5.4.3", value: value)])),
            (.subject("2.5.4.10"), CertificateFacts(subject: [.init(type: "2.5.4.10", value: value)])),
            (.organization, CertificateFacts(subject: [.init(type: CertificateFacts.organizationIdentifier, value: value)])),
            (.dns, CertificateFacts(dns: [value])), (.uri, CertificateFacts(uris: [value])),
            (.otherName("1.2"), CertificateFacts(otherNames: [.init(type: "1.2", value: value)])),
            (.otherName("1.3"), CertificateFacts(otherNames: [.init(type: "1.3", value: value)])),
        ]
        for (index, (kind, _)) in kinds.enumerated() {
            let pattern = kind == .dns ? ValuePattern.host(value) : .exactly(value)
            for (other, (_, facts)) in kinds.enumerated() { #expect(isMet(kind, pattern, by: facts) == (index == other), "\(kind)") }
        }
    }

    @Test("Each role and each term is needed; of a term's patterns, and of several values, one is enough")
    func all() {
        let facts = CertificateFacts(
            subject: [.init(type: Self.commonName, value: [97])], uris: [[98], [99]], roles: [.accountInformation, .paymentInitiation])
        func met(_ roles: [PaymentRole], _ patterns: [ValuePattern]...) -> Bool {
            CertificateTerms(roles: roles, terms: patterns.map { .init(.uri, $0) }).areMet(by: facts)
        }
        #expect(met([]) && met([.accountInformation]) && met([.paymentInitiation, .accountInformation], [.exactly([99])]))
        #expect(met([], [.exactly([1]), .exactly([98])], [.exactly([99])]))
        #expect(!met([.accountInformation, .cardIssuing]) && !met([], [.exactly([98])], [.exactly([1])]))
        #expect(!met([.accountServicing]))
    }

    @Test("The organization is the one identifier of the subject: none where there are two, or one that is no text")
    func organization() {
        func facts(_ values: [UInt8]...) -> CertificateFacts {
            CertificateFacts(subject: values.map { .init(type: CertificateFacts.organizationIdentifier, value: $0) })
        }
        let own = Self.octets("PSDGB-FCA-1")
        #expect(facts(own).organization == "PSDGB-FCA-1")
        #expect(isMet(.organization, .beginning(Self.octets("PSDGB-")), by: facts(own)))
        #expect(!isMet(.organization, .beginning(Self.octets("PSDDE-")), by: facts(own)))
        for other in [facts(), facts(own, own), facts([]), facts([0xff]), facts([UInt8](repeating: 97, count: 257))] {
            #expect(other.organization == nil && !isMet(.organization, .beginning([]), by: other))
        }
        #expect(facts([UInt8](repeating: 97, count: 256)).organization != nil)
    }

    @Test("Hosts are compared in whatever case, a label below is one label, and a wildcard in a certificate names no host")
    func hosts() {
        let pattern = ValuePattern.labelBelow(Self.octets(".acme.example"))
        for (host, isMatch) in [
            ("a.acme.example", true), ("A.ACME.example", true), ("acme.example", false), ("a.b.acme.example", false), (".acme.example", false),
            ("*.acme.example", false), ("aacme.example", false), ("a.acme.example.", false), ("a.acme.example\0", false), ("é.acme.example", false),
        ] { #expect(isMet(.dns, pattern, by: CertificateFacts(dns: [Self.octets(host)])) == isMatch, "\(host)") }
    }

    @Test("A SPIFFE id is what its standard says, and only that (SPIFFE-ID section 2)")
    func spiffe() {
        for good in ["spiffe://a", "spiffe://a.b-c_d9/x", "spiffe://example.org/a/B.c-d_e/...", "spiffe://a/" + String(repeating: "x", count: 2036)] {
            #expect(SPIFFEID(good)?.text == good, "\(good)")
        }
        let bad = [
            "", "spiffe", "spiffe://", "spiffe:///a", "SPIFFE://a/b", "http://a/b", "spiffe://A/b", "spiffe://a/", "spiffe://a//b", "spiffe://a/b/",
            "spiffe://a/.", "spiffe://a/../b", "spiffe://a:1/b", "spiffe://u@a/b", "spiffe://a/b?c", "spiffe://a/b#c", "spiffe://a/%41",
            "spiffe://a/é",
            "spiffe://a/b\0", "spiffe://a\0/b", "spiffe://\(String(repeating: "a", count: 256))/b",
            "spiffe://a/" + String(repeating: "x", count: 2038),
        ]
        for text in bad { #expect(SPIFFEID(text) == nil, "\(text)") }
        #expect(SPIFFEID("spiffe://td/a/b")?.trustDomain == "td" && SPIFFEID("spiffe://td/a/b")?.path == "/a/b")
    }

    @Test("A certificate has a SPIFFE id where that is its only URI")
    func onlyURI() {
        let id = Self.octets("spiffe://td/a")
        let below = ValuePattern.beginning(Self.octets("spiffe://td/"))
        #expect(isMet(.spiffeID, below, by: CertificateFacts(uris: [id])))
        #expect(!isMet(.spiffeID, .exactly(Self.octets("spiffe://td/b")), by: CertificateFacts(uris: [id])))
        for uris in [[], [id, id], [id, Self.octets("https://a/")], [Self.octets("spiffe://td/a/../b")]] {
            #expect(!isMet(.spiffeID, below, by: CertificateFacts(uris: uris)))
        }
    }

    @Test("A client is refused for what its certificate says, for showing none, and for facts that nobody vouches for")
    func peers() throws {
        let thumbprint = try #require(Thumbprint(digest: [UInt8](repeating: 7, count: 32)))
        let terms = CertificateTerms(roles: [.cardIssuing])
        func peer(_ facts: CertificateFacts?) -> AuthenticatedPeer {
            AuthenticatedPeer(thumbprint: thumbprint, validFrom: 0, validUntil: 1, certificate: facts)
        }
        #expect(peer(CertificateFacts(roles: [.cardIssuing])).fault(under: terms) == nil)
        #expect(peer(CertificateFacts()).fault(under: terms) == .certificateInsufficient)
        #expect(peer(nil).fault(under: terms) == .certificateInsufficient)
        #expect(AuthenticatedPeer.anonymous.fault(under: terms) == .certificateMissing)
        #expect(peer(CertificateFacts()) != peer(nil) && peer(CertificateFacts()) == peer(CertificateFacts()))
    }
}

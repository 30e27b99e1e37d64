import AccessControl
import BindingPolicy
import HTTPWire
import Testing

@Suite("Access control: the checks before the token, in their order")
struct AdmissionTests {
    private let certificate = RoutePolicy(requirement: .certificate)
    private let bearer = "Authorization: Bearer abc"

    private func access(_ routes: RouteTable = RouteTable([])) -> AccessControl { AccessControl(routes: routes, viaPseudonym: "us-1") }

    private func full() throws -> AccessControl {
        AccessControl(
            routes: try table(("/as/token", [], certificate)), viaPseudonym: "us-1", hosts: [ServedHosts(["a"])],
            document: DocumentTarget(path: Array("/doc".utf8), query: nil), requiresInteractionID: true)
    }

    @Test(
        "A known method in another case is refused for that, whatever its target and wherever routes are (RFC 9110 section 9.1)",
        arguments: [
            "get /", "Get /", "post /accounts/7", "pOST /", "head /", "put /", "delete /", "patch /", "options /", "options *", "trace /",
            "connect /", "connect a:443", "Connect a:443",
        ])
    func miscased(line: String) throws {
        #expect(try outcome(access(), request(line, bearer)) == "method_miscased")
        #expect(try outcome(full(), request(line, bearer)) == "method_miscased")
    }

    @Test("A method that only a route knows is known too, and an unknown one is no other's misspelling")
    func miscasedOfRoutes() throws {
        let access = access(try table(("/dav/*", ["PROPFIND", "my-Method"], RoutePolicy(requirement: .boundToken, scopes: ["dav"]))))
        for method in ["propfind", "Propfind", "MY-METHOD", "my-method"] {
            #expect(try outcome(access, request("\(method) /elsewhere", bearer)) == "method_miscased", "\(method)")
        }
        for method in ["PROPFIND", "my-Method", "PROPPATCH", "proppatch", "PURGE", "my_method", "GETS", "ge-t", "G", "POS"] {
            #expect(try outcome(access, request("\(method) /dav/x", bearer)) == "token", "\(method)")
        }
    }

    @Test("TRACE and CONNECT are not served; the others are")
    func methods() throws {
        for line in ["TRACE /", "CONNECT a:443"] { #expect(try outcome(access(), request(line, bearer)) == "method_not_allowed", "\(line)") }
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PURGE", "TRACER"] {
            #expect(try outcome(access(), request("\(method) /", bearer)) == "token", "\(method)")
        }
    }

    @Test("A request that has been here before is a loop, and one that passed another gateway is none")
    func loop() throws {
        #expect(try outcome(access(), request("GET /", bearer, "Via: 1.1 fred, 1.1 us-1")) == "via_loop")
        #expect(try outcome(access(), request("GET /", bearer, "Via: 1.1 fred", "Via: 1.1 us-1 (x)")) == "via_loop")
        #expect(try outcome(access(), request("GET /", bearer, "Via: 1.1 fred, 1.1 us-2")) == "token")
    }

    @Test("Only hosts of the list are served where there is one, and HTTP/1.0 without a host only where there is none")
    func hosts() throws {
        let listed = AccessControl(routes: RouteTable([]), viaPseudonym: "us-1", hosts: [ServedHosts(["api.example.com"])])
        func ask(_ access: AccessControl, _ version: String, _ host: String?) throws -> String {
            try outcome(access, "GET / HTTP/\(version)\r\n\(host.map { "Host: \($0)\r\n" } ?? "")\(bearer)\r\n\r\n")
        }
        for version in ["1.0", "1.1"] {
            #expect(try ask(listed, version, "API.example.com:1") == "token")
            #expect(try ask(listed, version, "other") == "host_not_served")
            #expect(try ask(access(), version, "other") == "token")
        }
        #expect(try ask(listed, "1.0", nil) == "host_missing" && ask(listed, "1.1", nil) == "host_missing")
        #expect(try ask(access(), "1.0", nil) == "token" && ask(access(), "1.1", nil) == "host_missing")
    }

    @Test("A connection is good for the hosts of the identity that it was made under (TLS-25)")
    func hostsOfTheConnection() throws {
        let sites = AccessControl(routes: RouteTable([]), viaPseudonym: "us-1", hosts: [ServedHosts(["a", "b"]), ServedHosts(["c"])])
        func ask(_ host: String, at site: SiteIndex) throws -> String {
            try outcome(sites, "GET / HTTP/1.1\r\nHost: \(host)\r\n\(bearer)\r\n\r\n", from: peer().at(site))
        }
        for (host, site) in [("a", 0), ("B:8443", 0), ("c", 1)] {
            #expect(try ask(host, at: SiteIndex(site)) == "token")
            #expect(try ask(host, at: SiteIndex(1 - site)) == "host_of_other_connection")
            #expect(try ask(host, at: .none) == "host_of_other_connection")
        }
        #expect(try ask("d", at: .listeners) == "host_not_served" && ask("d", at: .none) == "host_not_served")
    }

    @Test("A host that is named at one identity is that one's, though a star at another fits it too (TLS-25)")
    func starredHosts() throws {
        let sites = AccessControl(
            routes: RouteTable([]), viaPseudonym: "us-1", hosts: [ServedHosts(["*.a.example"]), ServedHosts(["pay.a.example"])])
        func ask(_ host: String, at site: SiteIndex) throws -> String {
            try outcome(sites, "GET / HTTP/1.1\r\nHost: \(host)\r\n\(bearer)\r\n\r\n", from: peer().at(site))
        }
        #expect(try ask("shop.a.example", at: SiteIndex(0)) == "token" && ask("pay.a.example", at: SiteIndex(1)) == "token")
        #expect(try ask("pay.a.example", at: SiteIndex(0)) == "host_of_other_connection")
        #expect(try ask("shop.a.example", at: SiteIndex(1)) == "host_of_other_connection")
        #expect(try ask("x.shop.a.example", at: SiteIndex(0)) == "host_not_served" && ask("a.example", at: SiteIndex(0)) == "host_not_served")
    }

    @Test("Our own document is given to whoever reads it at its very target, and to nobody who writes (RFC 9728 section 3)")
    func document() throws {
        let queried = AccessControl(
            routes: RouteTable([]), viaPseudonym: "us-1", document: DocumentTarget(path: Array("/doc".utf8), query: Array("r=1".utf8)))
        #expect(try outcome(full(), request("GET /doc")) == "document" && outcome(full(), request("HEAD /doc")) == "document")
        #expect(try outcome(queried, request("GET /doc?r=1")) == "document" && outcome(queried, request("GET /doc")) == "credentials_missing")
        for line in ["POST /doc", "OPTIONS /doc", "PURGE /doc"] { #expect(try outcome(full(), request(line, bearer)) == "method_not_allowed") }
        for target in ["/doc/", "/doc?", "/DOC", "/%64oc", "/doc?r=1", "/do"] {
            #expect(
                try outcome(full(), request("GET \(target)", "x-fapi-interaction-id: 3e4666bf-d5e5-4aa7-b8ce-cefe41c7568a")) == "credentials_missing")
        }
    }

    @Test("An interaction id is demanded only where the file says so, and one UUID satisfies")
    func interactionID() throws {
        let id = "x-fapi-interaction-id: 3e4666bf-d5e5-4aa7-b8ce-cefe41c7568a"
        #expect(try outcome(full(), request("GET /", bearer)) == "interaction_id_missing")
        #expect(try outcome(full(), request("GET /", bearer, "x-fapi-interaction-id: 1")) == "interaction_id_missing")
        #expect(try outcome(full(), request("GET /", bearer, id, id)) == "interaction_id_missing")
        #expect(try outcome(full(), request("GET /", bearer, id)) == "token")
        #expect(try outcome(access(), request("GET /", bearer)) == "token")
    }

    @Test("OPTIONS * is about no path: the route of the root does not open it")
    func asterisk() throws {
        let open = access(try table(("/", [], RoutePolicy(requirement: .nothing)), ("/*", [], RoutePolicy(requirement: .nothing))))
        #expect(try outcome(open, request("OPTIONS *")) == "credentials_missing")
        #expect(try outcome(open, request("OPTIONS /")) == "permit")
        #expect(try outcome(open, "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n") == "permit")
    }

    @Test("A certificate that has run out since the handshake ends the list, on routes without a token too")
    func certificateExpired() throws {
        let access = access(try table(("/as/token", [], certificate)))
        for path in ["/", "/as/token"] {
            #expect(try outcome(access, request("GET \(path)", bearer), at: now + 90000) == "cert_expired")
            #expect(try outcome(access, request("GET \(path)", bearer), at: now - 90000) == "cert_not_yet_valid")
        }
        #expect(try outcome(access, request("GET /as/token"), from: .anonymous) == "cert_missing")
    }

    @Test("A certificate that does not say what its route asks for is refused before any token is looked at")
    func certificateTerms() throws {
        let terms = CertificateTerms(roles: [.accountInformation])
        let access = access(
            try table(
                ("/c", [], RoutePolicy(requirement: .certificate, certificate: terms)),
                ("/t", [], RoutePolicy(requirement: .boundToken, certificate: terms))))
        let thumbprint = try #require(Thumbprint(digest: [UInt8](repeating: 1, count: 32)))
        func peer(_ roles: [PaymentRole]) -> AuthenticatedPeer {
            AuthenticatedPeer(thumbprint: thumbprint, validFrom: 0, validUntil: .infinity, certificate: CertificateFacts(roles: roles))
        }
        for path in ["/c", "/t"] {
            for request in [request("GET \(path)"), request("GET \(path)", bearer)] {
                #expect(try outcome(access, request, from: peer([.cardIssuing])) == "cert_insufficient")
                #expect(try outcome(access, request, from: .anonymous) == "cert_missing")
            }
        }
        #expect(try outcome(access, request("GET /c"), from: peer([.accountInformation])) == "permit")
        #expect(try outcome(access, request("GET /t"), from: peer([.accountInformation])) == "credentials_missing")
    }

    @Test("Two tokens are never one, also where none is asked for")
    func twoTokens() throws {
        let access = access(try table(("/as/token", [], certificate)))
        #expect(try outcome(access, request("GET /as/token", bearer, bearer)) == "credentials_duplicated")
        #expect(try outcome(access, request("GET /as/token", bearer)) == "permit")
        #expect(try outcome(access, request("GET /", bearer, bearer)) == "credentials_duplicated")
        #expect(try outcome(access, request("GET /?access_token=a", bearer)) == "credentials_in_two_places")
        #expect(try outcome(access, request("GET /?access_token=a")) == "credentials_missing")
        #expect(try outcome(access, request("GET /", "Authorization: Basic abc")) == "scheme_unsupported")
    }

    @Test("What a route only reports is permitted and said, and what comes before routes never is")
    func reporting() throws {
        let reporting = RoutePolicy(requirement: .boundToken, reportOnly: ReportOnly(until: now + 10))
        let access = access(try table(("/a", [], reporting), ("/b", [], .boundToken), fallback: reporting))
        #expect(try outcome(access, request("GET /a")) == "would:credentials_missing")
        #expect(try outcome(access, request("GET /a"), at: now + 11) == "credentials_missing")
        #expect(try outcome(access, request("GET /b")) == "credentials_missing")
        #expect(try outcome(access, request("GET /x//")) == "path_ambiguous")
        #expect(try outcome(access, request("get /a")) == "method_miscased" && outcome(access, request("TRACE /a")) == "method_not_allowed")
    }

    @Test("Of several faults the one that comes first in the list is told, and all checks before it have passed")
    func order() throws {
        var fields = ["Via: 1.1 us-1", "Host: b"]
        func text(_ method: String, _ target: String) -> String {
            "\(method) \(target) HTTP/1.1\r\n\(fields.joined(separator: "\r\n"))\r\nAuthorization: Basic x\r\nAuthorization: x\r\n\r\n"
        }
        var expected: [AccessCheck] = []
        func check(_ request: String, _ code: String, _ next: AccessCheck, at time: Double = now + 90000) throws {
            var passed: [AccessCheck] = []
            #expect(try outcome(full(), request, at: time) { passed.append($0) } == code)
            #expect(passed == expected && AccessCheck.order.prefix(passed.count).elementsEqual(passed))
            #expect(AccessCheck.order[passed.count] == next)
        }
        try check(text("post", "/doc//"), "method_miscased", .methodSpelling)
        expected = [.methodSpelling]
        try check(text("TRACE", "/doc//"), "method_not_allowed", .method)
        expected += [.method]
        try check(text("POST", "/doc//"), "via_loop", .loop)
        fields.removeFirst()
        expected += [.loop]
        try check(text("POST", "/doc//"), "host_not_served", .host)
        fields = ["Host: a"]
        expected += [.host]
        try check(text("POST", "/doc"), "method_not_allowed", .document)
        expected += [.document]
        try check(text("POST", "/doc//"), "interaction_id_missing", .interactionID)
        fields += ["x-fapi-interaction-id: 3e4666bf-d5e5-4aa7-b8ce-cefe41c7568a"]
        expected += [.interactionID]
        try check(text("POST", "/doc//"), "path_ambiguous", .path)
        expected += [.path]
        try check(text("POST", "/x"), "cert_expired", .certificate)
        expected += [.certificate, .certificateTerms]
        try check(text("POST", "/x"), "credentials_duplicated", .authorizationOnce, at: now)
        expected += [.authorizationOnce]
        try check(text("POST", "/as/token").replacing("Authorization: x\r\n", with: ""), "permit", .need, at: now)
        expected += [.need]
        try check(text("POST", "/x").replacing("Authorization: x\r\n", with: ""), "scheme_unsupported", .credentials, at: now)
    }

    @Test("Every code is made of lower-case words, and every sentence can stand in JSON as it is", arguments: RequestFault.allCases)
    func texts(fault: RequestFault) {
        #expect(fault.code.utf8.allSatisfy { (97...122).contains($0) || $0 == 95 })
        #expect(fault.explanation.utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c })
        #expect((400..<600).contains(fault.status))
        #expect((fault.allowedMethods != nil) == (fault.status == 405))
    }
}

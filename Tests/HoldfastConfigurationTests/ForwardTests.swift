import BindingPolicy
import HTTPWire
import HoldfastConfiguration
import Testing

@Suite("forward: claims, the interaction id and the form of errors")
struct ForwardTests {
    private func forward(_ line: String) -> String { minimal + "forward:\n  \(line)\n" }

    @Test("Claims go out under names of their own, and routes and fields share their positions")
    func claims() throws {
        let configuration = try read(
            forward("claims: {sub: X-Token-Subject, \"https://x/org\": X_Org, scope: ssl-scope}")
                + "routes: [{path: /a, claims: {org: a, sub: present}}]\n")
        #expect(configuration.claimNames == ["org", "sub", "https://x/org", "scope"])
        #expect(configuration.forward.claims.map(\.claim) == ["sub", "https://x/org", "scope"])
        #expect(configuration.forward.claims.map(\.header) == ["X-Token-Subject", "X_Org", "ssl-scope"])
        #expect(try read(minimal).claimNames == [] && read(minimal).forward.claims == [])
    }

    @Test("Two spellings of one accented letter are two claims")
    func spellings() throws {
        let yaml = forward("claims: {caf\u{e9}: X-One}") + "routes: [{path: /a, claims: {cafe\u{301}: x}}]\n"
        #expect(try read(yaml).claimNames.map(\.text.utf8.count) == [6, 5])
    }

    @Test(
        "A field that means something already carries no claim",
        arguments: [
            "Host", "Content-Length", "Authorization", "Cookie", "X-Forwarded-For", "x_forwarded_proto", "Via", "DPoP", "Transfer_Encoding",
            "x-fapi-interaction-id", "X-Fapi-Customer-Ip-Address", "X-Holdfast-Would-Refuse",
        ])
    func meanings(name: String) { expectMistake(forward("claims: {sub: \(name)}"), "14:17: forward.claims.sub", "a meaning of its own") }

    @Test("No two things share a field, however it is spelled")
    func shared() {
        for name in ["X-Client-Cert-SHA256", "x_client_cert_sha256", "X.Client.Cert.Sha256"] {
            expectMistake(forward("claims: {sub: \(name)}"), "14:17: forward.claims.sub", "carries the certificate's thumbprint already")
        }
        expectMistake(
            forward("thumbprint_header: X-T\n  claims: {sub: x_t}"), "15:17: forward.claims.sub",
            "carries the certificate's thumbprint already")
        expectMistake(forward("claims: {sub: X-A, org: X_A}"), "14:27: forward.claims.org", "carries the claim `sub` already")
        #expect(mistakes(forward("thumbprint_header: X-T\n  claims: {sub: X-Client-Cert-SHA256}")).isEmpty)
    }

    @Test("Claims that could not be meant are mistakes")
    func badClaims() {
        expectMistake(forward("claims: {}"), "14:11: forward.claims", "such as `sub: X-Token-Subject`")
        expectMistake(forward("claims: [sub]"), "14:11: forward.claims", "not a list")
        expectMistake(forward("claims: {sub: }"), "14:12: forward.claims.sub", "has no value")
        expectMistake(forward("claims: {\"\": X-A}"), "14:12: forward.claims.", "A name is expected")
        expectMistake(forward("claims: {sub: X A}"), "14:17: forward.claims.sub", "is not a header name")
        expectMistake(forward("claims: {sub: \"X-A:\\r\\nX-B\"}"), "14:17: forward.claims.sub", "control character")
        expectMistake(forward("claims: {sub: [X-A]}"), "14:17: forward.claims.sub", "not a list")
        expectMistake(forward("claims: {sub: X-A, sub: X-B}"), "14:22: forward.claims.sub", "`sub` is given already in line 14")
    }

    @Test("A name is kept by a word of its own, and check says so")
    func keep() throws {
        #expect(try read(minimal).forward.keep == [])
        let yaml = forward("keep: [X-Scope-OrgID, X-Envoy-*, x-real-ip]")
        #expect(try read(yaml).forward.keep == ["X-Scope-OrgID", "X-Envoy-*", "x-real-ip"])
        let said = try lines(yaml)
        #expect(said.contains { $0.hasPrefix("warning: forward.keep lets what clients send in X-Scope-OrgID, X-Envoy-*, x-real-ip reach the API") })
        #expect(try !lines(minimal).contains { $0.contains("forward.keep") })
        #expect(mistakes(forward("client_address: none\n  keep: [X-Forwarded-For]")).isEmpty)
    }

    @Test("No field is kept that Holdfast sets, nor one that is for the next hop alone")
    func keptMistakes() {
        for name in ["X-Client-Cert-SHA256", "x_client_cert_sha256"] {
            expectMistake(forward("keep: [\(name)]"), "14:10: forward.keep[0]", "carries the certificate's thumbprint, which clients must not")
        }
        expectMistake(forward("claims: {sub: X-Sub}\n  keep: [X-A, x_sub]"), "15:15: forward.keep[1]", "carries the claim `sub`")
        expectMistake(forward("keep: [X-Forwarded-For]"), "14:10: forward.keep[0]", "carries the client's address")
        expectMistake(forward("interaction_id: echo\n  keep: [x-fapi-interaction-id]"), "15:10: forward.keep[0]", "the interaction id")
        for name in ["Client-Cert", "Client_Cert_Chain", "DPoP", "X-Holdfast-Would-Refuse"] {
            expectMistake(forward("keep: [\(name)]"), "14:10: forward.keep[0]", "would believe `\(name)`")
        }
        for name in ["Connection", "TE", "Upgrade", "Proxy-Authorization", "Proxy"] {
            expectMistake(forward("keep: [\(name)]"), "14:10: forward.keep[0]", "for the next hop alone")
        }
        expectMistake(forward("strip: [X-A]\n  keep: [x_a]"), "15:10: forward.keep[0]", "is in `strip` too")
    }

    @Test("Names to strip or to keep are field names, with a * at their end at most", arguments: ["strip", "keep"])
    func patterns(key: String) throws {
        #expect(mistakes(forward("\(key): [X-A*, \(String(repeating: "x", count: 64))]")).isEmpty)
        for name in ["\"*\"", "X-*-A", "\"*-A\"", "X-**"] {
            expectMistake(forward("\(key): [\(name)]"), "14:\(key.count + 6): forward.\(key)[0]", "at the end of a name only")
        }
        expectMistake(forward("\(key): [X A]"), "14:\(key.count + 6): forward.\(key)[0]", "is not a header name")
        expectMistake(forward("\(key): [\(String(repeating: "x", count: 65))]"), "14:\(key.count + 6): forward.\(key)[0]", "at most 64")
        let many = (0...512).map { "X-N\($0)" }.joined(separator: ", ")
        expectMistake(forward("\(key): [\(many)]"), "14:3: forward.\(key)", "More than 512 names")
    }

    @Test("Content-Type is not stripped: the API could not read a body without")
    func contentType() { expectMistake(forward("strip: [content_type]"), "14:11: forward.strip[0]", "could not be forwarded, or not be understood") }

    @Test("The interaction id is passed, played back or asked for, and errors have one of four forms")
    func words() throws {
        #expect(try read(minimal).forward.interactionID == .pass && read(minimal).forward.errorBody == .problem)
        for word in HoldfastConfiguration.InteractionID.allCases {
            #expect(try read(forward("interaction_id: \(word.rawValue)")).forward.interactionID == word)
        }
        for word in HoldfastConfiguration.ErrorBody.allCases {
            #expect(try read(forward("errors: \(word.rawValue)")).forward.errorBody == word)
        }
        expectMistake(forward("interaction_id: make"), "14:19: forward.interaction_id", "is not one of `pass`, `echo`, `require`")
        expectMistake(forward("errors: json"), "14:11: forward.errors", "is not one of `problem`, `uk`, `brazil`, `cdr`")
    }

    @Test("check says which claims go where, and what becomes of the interaction id and of errors")
    func summary() throws {
        let said = try lines(forward("claims: {sub: X-Sub, org: X-Org}\n  authorization: remove\n  interaction_id: echo\n  errors: uk"))
        #expect(
            said.contains(
                "The upstream receives the certificate's thumbprint in X-Client-Cert-SHA256, no Authorization field, the token's `sub` in X-Sub, the token's `org` in X-Org, and the client's address in X-Forwarded-For."
            ))
        #expect(said.contains("Plays x-fapi-interaction-id back, and makes one where a client sent none."))
        #expect(said.contains("Answers its own errors in the form of UK Open Banking."))
    }

    @Test("The certificate is told in the words of a closed list, alone or several, and check says in which fields (CC-06)")
    func certificate() throws {
        #expect(try read(minimal).forward.certificate == [])
        #expect(try !lines(minimal).contains { $0.contains("client's certificate too") })
        #expect(try read(forward("certificate: xfcc")).forward.certificate == [.xfcc])
        let all = CertificateDialect.allCases.map(\.rawValue).joined(separator: ", ")
        #expect(try read(forward("certificate: [\(all)]")).forward.certificate == CertificateDialect.allCases)
        #expect(
            try lines(forward("certificate: [rfc9440, azure]")).contains(
                "The upstream receives the client's certificate too, as rfc9440 has it in Client-Cert, Client-Cert-Chain; as azure has it in X-ARR-ClientCert."
            ))
        expectMistake(forward("certificate: envoy"), "14:16: forward.certificate", "is not one of `rfc9440`, `xfcc`")
        expectMistake(forward("certificate: []"), "14:16: forward.certificate", "The list is empty.")
        expectMistake(forward("certificate: true"), "14:16: forward.certificate", "is not one of")
    }

    @Test("No field carries two things, and none that carries the certificate is kept from clients")
    func certificateMistakes() {
        expectMistake(forward("certificate: [aws, aws]"), "14:22: forward.certificate[1]", "carries the certificate as `aws` has it already")
        expectMistake(
            forward("thumbprint_header: ssl_client_fingerprint\n  certificate: nginx"), "15:16: forward.certificate",
            "carries the certificate's thumbprint")
        expectMistake(
            forward("certificate: azure\n  claims: {sub: x-arr-clientcert}"), "15:17: forward.claims.sub", "carries the certificate as `azure`")
        expectMistake(
            forward("certificate: weblogic\n  keep: [WL_Proxy_Client_Cert]"), "15:10: forward.keep[0]", "carries the certificate as `weblogic`")
    }
}

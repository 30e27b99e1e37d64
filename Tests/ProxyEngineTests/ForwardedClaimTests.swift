import BindingPolicy
import Testing

@testable import ProxyEngine

@Suite("Claims and facts in fields of their own")
struct ForwardedClaimTests {
    private func line(_ claim: ClaimName, _ value: ClaimValue, isOfScopes: Bool, scopes: [String]?) -> String {
        let token = VerifiedToken(
            issuer: Issuer(name: "a", terms: TokenTerms(audiences: ["a"], leeway: 0)), subject: nil, clientID: nil, expiresAt: 1, notBefore: nil,
            audiences: ["a"], scopes: [], confirmation: .absent, claims: [claim: value])
        var fields: [UInt8] = []
        ForwardedClaim(claim, header: "X-S", isOfScopes: isOfScopes).write(
            of: token, from: scopes.map { ClientStanding(id: "c", scopes: $0) }, to: &fields)
        return String(decoding: fields, as: UTF8.self)
    }

    @Test("Of scopes the upstream is told those that the client may use, in whatever form the token has them")
    func scopes() {
        let forms: [(ClaimValue, whole: String, part: String)] = [
            (.string("a b c"), "X-S: a b c\r\n", "X-S: b\r\n"), (.strings(["a", "b"]), "X-S: a,b\r\n", "X-S: b\r\n"),
            (.string("a"), "X-S: a\r\n", ""), (.strings(["a"]), "X-S: a\r\n", ""), (.strings(["a b"]), "X-S: a b\r\n", ""),
            (.json("{\"b\":1}"), "X-S: {%22b%22:1}\r\n", ""), (.boolean(true), "X-S: true\r\n", ""), (.number("1"), "X-S: 1\r\n", ""),
        ]
        for (value, whole, part) in forms {
            #expect(line("scope", value, isOfScopes: true, scopes: ["b", "x"]) == part, "\(value)")
            #expect(line("scope", value, isOfScopes: true, scopes: []).isEmpty)
            #expect(line("scope", value, isOfScopes: true, scopes: nil) == whole)
            #expect(line("other", value, isOfScopes: false, scopes: []) == whole)
        }
    }

    @Test("Facts that a certificate has are told, each in its field, and nothing for those that it has not")
    func facts() {
        let forwarded = ForwardedClient([(.id, "X-I"), (.organization, "X-O"), (.roles, "X-R"), (.spiffeID, "X-S")])
        func lines(_ facts: CertificateFacts) -> String {
            var lines: [UInt8] = []
            forwarded.write(facts, to: &lines)
            return String(decoding: lines, as: UTF8.self)
        }
        #expect(lines(CertificateFacts()).isEmpty)
        let organization = CertificateFacts.Typed(type: CertificateFacts.organizationIdentifier, value: Array("a\r\nX-I: b,\"c\"".utf8))
        let facts = CertificateFacts(
            subject: [organization], uris: [Array("spiffe://td/a".utf8)], roles: [.accountServicing, .cardIssuing],
            client: ClientStanding(id: "acme"))
        #expect(
            lines(facts) == "X-I: acme\r\nX-O: a%0D%0AX-I: b%2C%22c%22\r\nX-R: PSP_AS,PSP_IC\r\nX-S: spiffe://td/a\r\n", "\(lines(facts))")
    }
}

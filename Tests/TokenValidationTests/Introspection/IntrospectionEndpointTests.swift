import BindingPolicy
import HTTPWire
import Synchronization
import Testing
import TokenValidation

@Suite("Where an issuer is asked")
struct IntrospectionEndpointTests {
    private func endpoint(_ members: String, byCertificate: Bool = true, issuer: String = "https://as") throws -> String {
        try IssuerMetadata.introspectionEndpoint(
            in: Array(#"{"issuer":"\#(issuer)",\#(members)}"#.utf8), of: url(issuer), byCertificate: byCertificate
        ).text
    }

    @Test("Who shows a certificate asks at the alias, where there is one (MTLS-20)")
    func alias() throws {
        let both =
            #""introspection_endpoint":"https://as/i","mtls_endpoint_aliases":{"x":1,"token_endpoint":"https://m/t","introspection_endpoint":"https://m/i"}"#
        #expect(try endpoint(both) == "https://m/i")
        #expect(try endpoint(both, byCertificate: false) == "https://as/i")
        #expect(try endpoint(#""introspection_endpoint":"https://as/i","mtls_endpoint_aliases":{"token_endpoint":"https://m/t"}"#) == "https://as/i")
        #expect(try endpoint(#""introspection_endpoint":"https://as/i""#) == "https://as/i")
    }

    private func fault(_ members: String, byCertificate: Bool = true, issuer: String = "https://as") -> IssuerMetadata.Fault? {
        do {
            _ = try endpoint(members, byCertificate: byCertificate, issuer: issuer)
            return nil
        } catch { return error as? IssuerMetadata.Fault }
    }

    @Test("An endpoint that is not secure is none (ASM-06, MTLS-20)", arguments: ["http://as/i", "http://127.0.0.1/i", "as", "https://as/i#x"])
    func insecure(_ address: String) throws {
        #expect(fault(#""introspection_endpoint":"\#(address)""#) == .introspectionEndpointUnusable(found: address))
        // An alias that cannot be used is not passed over for one at which no certificate is looked at.
        let alias = #""introspection_endpoint":"https://as/i","mtls_endpoint_aliases":{"introspection_endpoint":"\#(address)"}"#
        #expect(fault(alias) == .introspectionEndpointUnusable(found: address))
        #expect(try endpoint(alias, byCertificate: false) == "https://as/i")
    }

    @Test("On this machine it may be in clear, where no certificate is shown (ASM-06)")
    func local() throws {
        let local = #""introspection_endpoint":"http://127.0.0.1/i""#
        #expect(try endpoint(local, byCertificate: false, issuer: "http://127.0.0.1") == "http://127.0.0.1/i")
        #expect(fault(local, issuer: "http://127.0.0.1") == .introspectionEndpointUnusable(found: "http://127.0.0.1/i"))
    }

    @Test("Absent, null and empty are the same, and an alias that is none of these is judged where it is asked for (MTLS-20)")
    func emptyMembers() throws {
        for void in ["\"x\":1", #""introspection_endpoint":null"#, #""introspection_endpoint":"""#, #""introspection_endpoint":[]"#] {
            #expect(fault(void) == .introspectionEndpointUnusable(found: nil))
        }
        #expect(fault(#""introspection_endpoint":1"#) == .introspectionEndpointUnusable(found: "(no text)"))
        for void in ["null", "[]", "{}", "\"\"", #"{"introspection_endpoint":null}"#, #"{"introspection_endpoint":""}"#] {
            #expect(try endpoint(#""introspection_endpoint":"https://as/i","mtls_endpoint_aliases":\#(void)"#) == "https://as/i")
        }
        for other in ["1", "[1]", #"{"introspection_endpoint":1}"#] {
            let members = #""introspection_endpoint":"https://as/i","mtls_endpoint_aliases":\#(other)"#
            #expect(fault(members) == .introspectionEndpointUnusable(found: "(no text)"))
            #expect(try endpoint(members, byCertificate: false) == "https://as/i")
        }
    }

    @Test("Metadata that is malformed, or another's, is not used (ASM-02, ASM-05)")
    func malformed() {
        #expect(fault(#""introspection_endpoint":"https://as/i","introspection_endpoint":"https://as/i""#) == .malformed)
        #expect(fault(#""mtls_endpoint_aliases":{"introspection_endpoint":"https://as/i","introspection_endpoint":"https://as/i"}"#) == .malformed)
        #expect(throws: IssuerMetadata.Fault.issuerMismatch(found: "https://as/")) {
            try IssuerMetadata.introspectionEndpoint(
                in: Array(#"{"issuer":"https://as/","introspection_endpoint":"https://as/i"}"#.utf8), of: url("https://as"), byCertificate: true)
        }
    }
}

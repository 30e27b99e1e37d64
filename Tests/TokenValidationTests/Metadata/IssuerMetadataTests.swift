import HTTPWire
import Testing
import TokenValidation

@Suite("Discovery")
struct IssuerMetadataTests {
    @Test(
        "Asks the well known addresses in their order, each once (ASM-01)",
        arguments: [
            ("https://as", ["https://as/.well-known/oauth-authorization-server", "https://as/.well-known/openid-configuration"]),
            ("https://as/", ["https://as/.well-known/oauth-authorization-server", "https://as/.well-known/openid-configuration"]),
            (
                "https://as:8443/t1",
                [
                    "https://as:8443/.well-known/oauth-authorization-server/t1", "https://as:8443/t1/.well-known/openid-configuration",
                    "https://as:8443/.well-known/openid-configuration/t1",
                ]
            ),
            (
                "https://AS/t1/x/",
                [
                    "https://as/.well-known/oauth-authorization-server/t1/x", "https://as/t1/x/.well-known/openid-configuration",
                    "https://as/.well-known/openid-configuration/t1/x",
                ]
            ),
            (
                "http://127.0.0.1:9000",
                [
                    "http://127.0.0.1:9000/.well-known/oauth-authorization-server", "http://127.0.0.1:9000/.well-known/openid-configuration",
                ]
            ),
        ])
    func asksTheWellKnownAddresses(_ issuer: String, _ addresses: [String]) {
        #expect(IssuerMetadata.addresses(of: url(issuer)).map(\.text) == addresses)
    }

    func address(_ document: String, _ issuer: String = "https://as") throws -> String {
        try IssuerMetadata.keySetAddress(in: Array(document.utf8), of: url(issuer)).text
    }

    private func fault(_ document: String, _ issuer: String = "https://as") -> IssuerMetadata.Fault? {
        do {
            _ = try IssuerMetadata.keySetAddress(in: Array(document.utf8), of: url(issuer))
            return nil
        } catch { return error }
    }

    @Test("Reads where the keys are (ASM-03, ASM-06)") func readsWhereTheKeysAre() throws {
        #expect(try address(#"{"issuer":"https://as","jwks_uri":"https://keys.example/jwks","x":[1]}"#) == "https://keys.example/jwks")
        #expect(try address(#"{"issuer":"https:\/\/as","jwks_uri":"https:\/\/as\/jwks"}"#) == "https://as/jwks")
        #expect(
            try address(#"{"issuer":"http://localhost:1","jwks_uri":"http://localhost:1/jwks"}"#, "http://localhost:1") == "http://localhost:1/jwks")
    }

    @Test("Uses no document of another issuer (ASM-02)", arguments: ["https://as/", "https://AS", "http://as", "https://as:443", "https://a"])
    func usesNoDocumentOfAnotherIssuer(_ issuer: String) {
        #expect(fault(#"{"issuer":"\#(issuer)","jwks_uri":"https://as/jwks"}"#) == .issuerMismatch(found: issuer))
    }

    @Test("Nor one of no issuer (ASM-02)", arguments: ["", #""issuer":"","#, #""issuer":null,"#, #""issuer":[],"#])
    func usesNoDocumentOfNoIssuer(_ member: String) {
        #expect(fault(#"{\#(member)"jwks_uri":"https://as/jwks"}"#) == .issuerMismatch(found: nil))
    }

    @Test("Compares issuers by code points (ASM-03)") func comparesIssuersByCodePoints() {
        #expect(
            fault(#"{"issuer":"https://as/%C3%A9","jwks_uri":"https://as/jwks"}"#, "https://as/%c3%a9") == .issuerMismatch(found: "https://as/%C3%A9")
        )
        #expect(fault(#"{"issuer":"https://as/e\u0301","jwks_uri":"https://as/jwks"}"#) == .issuerMismatch(found: "https://as/e??"))
    }

    @Test(
        "Uses no key set address that is not secure (ASM-06)",
        arguments: [
            "http://as/jwks", "http://127.0.0.1/jwks", "file:///etc/passwd", "https://as/jwks#x", "https://u@as/jwks", "x",
        ])
    func usesNoKeySetAddressThatIsNotSecure(_ address: String) {
        #expect(fault(#"{"issuer":"https://as","jwks_uri":"\#(address)"}"#) == .keySetAddressUnusable(found: address))
    }

    @Test("Absent, null and empty are the same, and another type is judged where it is asked for (ASM-05)")
    func emptyMembers() throws {
        for void in ["", #","jwks_uri":null"#, #","jwks_uri":"""#, #","jwks_uri":[]"#, #","jwks_uri":{ }"#] {
            #expect(fault(#"{"issuer":"https://as"\#(void)}"#) == .keySetAddressUnusable(found: nil))
        }
        for other in ["1", "true", #"["https://as/jwks"]"#, #"{"a":1}"#] {
            #expect(fault(#"{"issuer":"https://as","jwks_uri":\#(other)}"#) == .keySetAddressUnusable(found: "(no text)"))
        }
        for unasked in [
            #""introspection_endpoint":null"#, #""introspection_endpoint":5"#, #""mtls_endpoint_aliases":null"#, #""mtls_endpoint_aliases":[]"#,
            #""mtls_endpoint_aliases":"x""#, #""mtls_endpoint_aliases":{"introspection_endpoint":null}"#, #""x":{"y":1,"y":2}"#,
        ] {
            #expect(try address(#"{"issuer":"https://as","jwks_uri":"https://as/jwks",\#(unasked)}"#) == "https://as/jwks")
        }
    }

    @Test(
        "Refuses what is no metadata (ASM-05)",
        arguments: [
            "", "[]", "<html>", "null", #"{"issuer":"https://as","issuer":"https://as","jwks_uri":"https://as/jwks"}"#,
            #"{"issuer":"https://as","jwks_uri":"https://as/jwks"}x"#, #"{"issuer":"https://as","jwks_uri":"https://as/jwks","x":{"y":}}"#,
        ])
    func refusesWhatIsNoMetadata(_ document: String) {
        #expect(fault(document) == .malformed)
    }
}

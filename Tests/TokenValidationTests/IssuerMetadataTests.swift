import Testing
import TokenValidation

@Suite("Discovery")
struct IssuerMetadataTests {
    @Test("Asks the two well known addresses (ASM-01)", arguments: [
        ("https://as", "https://as/.well-known/oauth-authorization-server", "https://as/.well-known/openid-configuration"),
        ("https://as/", "https://as/.well-known/oauth-authorization-server", "https://as/.well-known/openid-configuration"),
        ("https://as:8443/t1", "https://as:8443/.well-known/oauth-authorization-server/t1", "https://as:8443/t1/.well-known/openid-configuration"),
        ("https://as/t1/x/", "https://as/.well-known/oauth-authorization-server/t1/x", "https://as/t1/x/.well-known/openid-configuration"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000/.well-known/oauth-authorization-server", "http://127.0.0.1:9000/.well-known/openid-configuration"),
    ])
    func asksTheTwoWellKnownAddresses(_ issuer: String, _ first: String, _ second: String) throws {
        #expect(try IssuerMetadata.addresses(of: issuer).map(\.description) == [first, second])
    }

    @Test("Asks nothing of an issuer that is no such URL (ASM-07)", arguments: ["http://as", "as", "", "https://as?x=1", "https://as/#f", "https://u@as", "ftp://as", "https://"])
    func asksNothingOfAnIssuerThatIsNoSuchURL(_ issuer: String) {
        #expect(throws: IssuerMetadata.Fault.issuerNotFetchable) { try IssuerMetadata.addresses(of: issuer) }
    }

    func address(_ document: String, _ issuer: String = "https://as") throws -> String {
        try IssuerMetadata.keySetAddress(in: Array(document.utf8), of: issuer).description
    }

    @Test("Reads where the keys are (ASM-03, ASM-06)") func readsWhereTheKeysAre() throws {
        #expect(try address(#"{"issuer":"https://as","jwks_uri":"https://keys.example/jwks","x":[1]}"#) == "https://keys.example/jwks")
        #expect(try address(#"{"issuer":"https:\/\/as","jwks_uri":"https:\/\/as\/jwks"}"#) == "https://as/jwks")
        #expect(try address(#"{"issuer":"http://localhost:1","jwks_uri":"http://localhost:1/jwks"}"#, "http://localhost:1") == "http://localhost:1/jwks")
    }

    @Test("Uses no document of another issuer (ASM-02)", arguments: ["https://as/", "https://AS", "http://as", "https://as:443", "https://a", ""])
    func usesNoDocumentOfAnotherIssuer(_ issuer: String) {
        #expect(throws: IssuerMetadata.Fault.issuerMismatch) { try address(#"{"issuer":"\#(issuer)","jwks_uri":"https://as/jwks"}"#) }
        #expect(throws: IssuerMetadata.Fault.issuerMismatch) { try address(#"{"jwks_uri":"https://as/jwks"}"#) }
    }

    @Test("Compares issuers by code points (ASM-03)") func comparesIssuersByCodePoints() {
        #expect(throws: IssuerMetadata.Fault.issuerMismatch) {
            try address(#"{"issuer":"https://as/e\u0301","jwks_uri":"https://as/jwks"}"#, "https://as/\u{e9}")
        }
    }

    @Test("Uses no key set address that is not secure (ASM-06)", arguments: [#""http://as/jwks""#, #""http://127.0.0.1/jwks""#, #""file:///etc/passwd""#, #""""#, #""https://as/jwks#x""#])
    func usesNoKeySetAddressThatIsNotSecure(_ address: String) {
        #expect(throws: IssuerMetadata.Fault.keySetAddressUnusable) { try self.address(#"{"issuer":"https://as","jwks_uri":\#(address)}"#) }
        #expect(throws: IssuerMetadata.Fault.keySetAddressUnusable) { try self.address(#"{"issuer":"https://as"}"#) }
    }

    @Test("Refuses what is no metadata (ASM-05)", arguments: ["", "[]", "<html>", #"{"issuer":1}"#, #"{"issuer":"https://as","jwks_uri":null}"#, #"{"issuer":"https://as","issuer":"https://as","jwks_uri":"https://as/jwks"}"#])
    func refusesWhatIsNoMetadata(_ document: String) {
        #expect(throws: IssuerMetadata.Fault.malformed) { try address(document) }
    }

    @Test("Fetches over TLS or from a loopback address (ASM-06, ASM-07)", arguments: [
        "https://as.example.com", "https://as.example.com/", "https://as:1/x?y=z", "https://[2001:db8::1]:8443/jwks", "https://10.0.0.1/jwks",
        "http://localhost", "http://localhost:9000/jwks", "http://127.0.0.1/x", "http://127.255.255.255", "http://[::1]:80/x",
    ])
    func fetchesOverTLSOrFromALoopbackAddress(_ text: String) {
        #expect(FetchURL(text)?.description == text)
    }

    @Test("Fetches nothing else (ASM-06, ASM-07)", arguments: [
        "http://as.example.com", "http://10.0.0.1", "http://127.0.0.1.evil.example", "http://127.1", "http://0177.0.0.1", "http://127.0.0.01",
        "http://127.0.0.256", "http://2130706433", "http://localhost.evil.example", "http://localhost@evil.example", "http://127.0.0.1@evil.example",
        "http://[::2]", "http://[::ffff:127.0.0.1]", "http://LOCALHOST", "HTTPS://as", "https:/as", "https://", "https:///x", "https://:443", "https://as:", "https://as:0",
        "https://as:65536", "https://as:+1", "https://as:000001", "https://a b", "https://as/a b", "https://as\\x", "https://as/\\x", "https://as/#x",
        "https://as/é", "https://é", "https://as/\n", "https://as\r\n/", "https://[::1", "https://[x]", "https://[::1]x", "ftp://as", "//as", "as",
    ])
    func fetchesNothingElse(_ text: String) {
        #expect(FetchURL(text) == nil)
    }
}

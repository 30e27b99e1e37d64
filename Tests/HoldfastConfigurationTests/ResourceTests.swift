import HTTPWire
import HoldfastConfiguration
import Testing

@Suite("resource")
struct ResourceTests {
    private func resource(_ keys: String) -> String { minimal + "resource: {identifier: \"https://api.example.com\", \(keys)}\n" }

    @Test(
        "The identifier is a URL, also with a query, and kept as it is written (PRM-03, PRM-05)",
        arguments: [
            "https://api.example.com", "https://api.example.com/", "https://API.example.com/r?t=1", "https://api.example.com:8443/v1",
            "http://127.0.0.1:8443",
        ])
    func identifier(url: String) throws {
        let resource = try #require(try read(minimal + "resource: {identifier: \"\(url)\"}\n").resource)
        #expect(resource.identifier.text == url)
        #expect(resource.metadataAddress == nil && resource.name == nil && resource.documentation == nil)
        #expect(resource.policy == nil && resource.terms == nil)
    }

    @Test(
        "Other identifiers are mistakes",
        arguments: [
            ("api", "A URL such as"), ("http://api.example.com", "loopback"), ("https://a/#f", "fragment"), ("urn:x", "A URL such as"),
        ])
    func badIdentifier(url: String, words: String) {
        expectMistake(minimal + "resource: {identifier: \"\(url)\"}\n", "13:24: resource.identifier", words)
    }

    @Test("What is for people is text and URLs")
    func others() throws {
        let keys =
            "name: Payments of Example, documentation: \"https://d.example/x?y\", policy_uri: \"https://d.example/p\", terms_of_service_uri: \"https://d.example/t\""
        let one = try #require(try read(resource(keys)).resource)
        #expect(one.name == "Payments of Example" && one.documentation?.text == "https://d.example/x?y")
        #expect(one.policy?.path == "/p" && one.terms?.path == "/t")
        expectMistake(minimal + "resource: {}\n", "13:1: resource.identifier", "The key is missing.")
        expectMistake(minimal + "resource: {name: x}\n", "13:1: resource.identifier", "The key is missing.")
        expectMistake(resource("name: \"\""), "13:57: resource.name", "is empty")
        expectMistake(resource("name: [a]"), "13:57: resource.name", "not a list")
        for key in ["documentation", "policy_uri", "terms_of_service_uri"] {
            #expect(mistakes(resource("\(key): /terms")).count == 1)
            #expect(mistakes(resource("\(key): \"http://d.example\"")).count == 1)
            #expect(mistakes(resource("\(key): \"javascript:alert(1)\"")).count == 1)
        }
        expectMistake(resource("tos_uri: x"), "13:51: resource.tos_uri", "There is no such key.")
    }

    @Test("The metadata has a listener of its own (PRM-14)")
    func metadataAddress() throws {
        #expect(try read(resource("metadata_address: 0.0.0.0:8444")).resource?.metadataAddress?.description == "0.0.0.0:8444")
        #expect(mistakes(resource("metadata_address: 127.0.0.1:0").replacing(":8443\n", with: ":0\n")).isEmpty)
        expectMistake(resource("metadata_address: 8444"), "13:69: resource.metadata_address", "An IP address and a port")
        expectMistake(resource("metadata_address: 127.0.0.1:8443"), "13:51: resource.metadata_address", "This is `listener.address` too")
        expectMistake(
            resource("metadata_address: 127.0.0.1:9901") + "admin: {address: 127.0.0.1:9901}\n", "13:51: resource.metadata_address",
            "This is `admin.address` too")
    }

    @Test("check says what the metadata promises, and no more than holds (MTLS-14, PRM-07)")
    func summary() throws {
        let plain = resource("metadata_address: 0.0.0.0:8444")
        let sentence =
            "Calls itself https://api.example.com and serves its metadata (RFC 9728) on the listener, and on 0.0.0.0:8444 to clients without a certificate too; it promises that every token must be bound."
        #expect(try lines(plain).contains(sentence))
        #expect(try read(plain).isBoundEverywhere)
        for weaker in [
            "report_only: true\n", "report_only: 2020-01-01\n", "routes: [{path: /a, require: certificate}]\n",
            "routes: [{path: /a, require: nothing}]\n", "routes: [{path: /a, report_only: true}]\n",
        ] {
            #expect(try lines(plain + weaker).contains(sentence.replacing("it promises that", with: "it does not promise that")))
            #expect(try !read(plain + weaker).isBoundEverywhere)
        }
    }

    @Test("A resource on a host that is not served is warned of (DT-13)")
    func hosts() throws {
        func hosted(_ hosts: String) -> String {
            resource("name: x").replacing("  certificate: server", with: "  hosts: [\(hosts)]\n  certificate: server")
        }
        #expect(try warnings(hosted("a, API.example.com")) == [])
        #expect(
            try warnings(hosted("a")) == [
                "warning: resource.identifier names api.example.com, which is not among listener.hosts: whoever asks for its metadata there is answered 421."
            ])
        #expect(try warnings(hosted("\"::1\"").replacing("https://api.example.com\", name", with: "https://[::1]:8443\", name")) == [])
    }
}

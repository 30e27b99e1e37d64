import BindingPolicy
import ClientIdentity
import NIOSSL
import Testing
import X509

/// What the profiles of FAPI and of national ecosystems ask of TLS.
@Suite(.serialized) struct ProfileTLSTests {
    private let root: TestCertificate
    private let leaf: TestCertificate

    init() throws {
        root = try .authority()
        leaf = try root.issue("A")
    }

    private func identified(_ output: String) -> Bool { output.contains("identified \(Thumbprint(ofCertificate: leaf.der))") }

    private func server(_ key: Certificate.PrivateKey, onlyRSASuites: Bool = true) throws -> LoopbackServer {
        try LoopbackServer(authority: root, key: key, onlyRSASuites: onlyRSASuites)
    }

    // MARK: suites

    @Test("With an RSA key, TLS 1.2 has the two suites of FAPI 1.0 and no other (Q-11, Q-03)")
    func suites() throws {
        let key = try TestKeys.rsa(2048)
        let narrow = try server(key)
        let allowed = ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384"]
        for suite in allowed {
            let output = try openSSLClient(narrow.port, "-tls1_2", "-cipher", suite, client: leaf)
            #expect(identified(output) && output.contains("Cipher is \(suite)"))
        }
        for others in [allowed.reduce("ALL:COMPLEMENTOFALL") { "\($0):!\($1)" }, "ECDHE-RSA-CHACHA20-POLY1305", "ECDHE-RSA-AES128-SHA"] {
            let output = try openSSLClient(narrow.port, "-tls1_2", "-cipher", others + ":@SECLEVEL=0", client: leaf)
            #expect(!identified(output) && output.contains("SSL alert number 40"))
        }
        // Without the restriction the first of those is a good suite, so it was the restriction.
        let wide = try server(key, onlyRSASuites: false)
        #expect(identified(try openSSLClient(wide.port, "-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305", client: leaf)))
    }

    @Test(
        "TLS 1.3 is unchanged by it (Q-11)",
        arguments: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"])
    func newest(_ suite: String) throws {
        let narrow = try server(TestCertificate.newKey())
        #expect(identified(try openSSLClient(narrow.port, "-tls1_3", "-ciphersuites", suite, client: leaf)))
    }

    @Test("With another key TLS 1.2 is not spoken at all, and the client is told that (Q-11)")
    func otherKey() throws {
        let narrow = try server(TestCertificate.newKey())
        #expect(try openSSLClient(narrow.port, "-tls1_2", client: leaf).contains("SSL alert number 70"))
        #expect(identified(try openSSLClient(narrow.port, client: leaf)))
        let wide = try server(TestCertificate.newKey(), onlyRSASuites: false)
        #expect(identified(try openSSLClient(wide.port, "-tls1_2", client: leaf)))
    }

    @Test("The minimum version that is left can be asked for (Q-11)")
    func minimum() throws {
        for (key, onlyRSASuites, minimum) in try [
            (TestKeys.rsa(2048), true, TLSVersion.tlsv12), (TestCertificate.newKey(), true, .tlsv13), (TestCertificate.newKey(), false, .tlsv12),
        ] {
            let own = try TestCertificate.authority("localhost", key: key, extensions: TestCertificate.clientExtensions(extended: nil))
            let files = try [TemporaryFile(own.pem), TemporaryFile(own.keyPEM)]
            let credentials = try ServerCredentials(certificateFile: files[0].path, keyFile: files[1].path)
            #expect(ServerTLS(credentials, anchors: nil, onlyRSASuites: onlyRSASuites).minimumVersion == minimum)
        }
    }

    // MARK: resumption

    @Test(
        "Where sessions are not to be resumed none is, from tickets or from memory (Q-14)",
        arguments: ["-tls1_2", "-tls1_3", "-tls1_2 -no_ticket"])
    func noResumption(_ flags: String) throws {
        for resumption in [true, false] {
            let server = try LoopbackServer(authority: root, resumption: resumption)
            let session = try TemporaryFile("")
            #expect(identified(try openSSLClient(server.port, flags, "-sess_out", session.path, client: leaf)))
            for _ in 1...3 {
                let again = try openSSLClient(server.port, flags, "-sess_in", session.path, client: leaf)
                #expect(identified(again))
                #expect(again.contains(resumption ? "Reused, TLSv1" : "New, TLSv1"))
                #expect(again.contains("New, TLSv1") != resumption)
            }
        }
    }

    @Test("A session that is not resumed has to show its certificate again (Q-14)", arguments: ["-tls1_2", "-tls1_3"])
    func noResumptionWithoutACertificate(_ version: String) throws {
        let server = try LoopbackServer(authority: root, certificateIsOptional: true, resumption: false)
        let session = try TemporaryFile("")
        #expect(identified(try openSSLClient(server.port, version, "-sess_out", session.path, client: leaf)))
        #expect(try openSSLClient(server.port, version, "-sess_in", session.path).contains("let in as nobody"))
    }
}

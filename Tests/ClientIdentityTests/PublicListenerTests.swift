import BindingPolicy
import ClientIdentity
import NIOSSL
import Testing
import X509

/// A listener for everybody, with the certificate of the one that is not.
@Suite(.serialized) struct PublicListenerTests {
    private let root: TestCertificate
    private let leaf: TestCertificate
    private let server: LoopbackServer
    private let nobody = "let in as nobody"

    init() throws {
        root = try .authority()
        leaf = try root.issue("A")
        server = try LoopbackServer(authority: root, isPublic: true)
    }

    @Test("No certificate is asked for, and none is shown by who has one (PRM-14, MTLS-01)", arguments: ["-tls1_2", "-tls1_3"])
    func asksForNone(_ version: String) throws {
        for client in [nil, leaf] {
            let output = try openSSLClient(server.port, "-msg", version, client: client)
            #expect(output.contains(nobody) && output.contains("<<< TLS 1.") && output.contains(", Finished"))
            #expect(!output.contains(", CertificateRequest") && output.contains("No client certificate CA names sent"))
        }
        let strict = try LoopbackServer(authority: root)
        #expect(try openSSLClient(strict.port, "-msg", version, client: leaf).contains(", CertificateRequest"))
    }

    @Test("Its sessions are worth nothing at a listener that asks for a certificate (MTLS-04, TLS-15)", arguments: ["-tls1_2", "-tls1_3"])
    func elsewhere(_ version: String) throws {
        let session = try TemporaryFile("")
        #expect(try openSSLClient(server.port, version, "-sess_out", session.path).contains(nobody))
        #expect(try openSSLClient(server.port, version, "-sess_in", session.path).contains("Reused, TLSv1"))
        for other in [try LoopbackServer(authority: root), try LoopbackServer(trust: .any, authority: root)] {
            let output = try openSSLClient(other.port, version, "-sess_in", session.path)
            #expect(!output.contains("Reused") && !output.contains("identified") && !output.contains(nobody))
        }
    }

    @Test("Versions, suites and resumption are those of the other listener (Q-11, Q-14, TLS-01)")
    func policy() throws {
        let recent = try LoopbackServer(authority: root, minimumVersion: .tlsv13, isPublic: true)
        #expect(try openSSLClient(recent.port, "-tls1_2").contains("SSL alert number 70"))
        let narrow = try LoopbackServer(authority: root, key: TestKeys.rsa(2048), onlyRSASuites: true, isPublic: true)
        #expect(try openSSLClient(narrow.port, "-tls1_2").contains(nobody))
        #expect(try openSSLClient(narrow.port, "-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305").contains("SSL alert number 40"))
        let forgetful = try LoopbackServer(authority: root, resumption: false, isPublic: true)
        for version in ["-tls1_2", "-tls1_3"] {
            let session = try TemporaryFile("")
            #expect(try openSSLClient(forgetful.port, version, "-sess_out", session.path).contains(nobody))
            let again = try openSSLClient(forgetful.port, version, "-sess_in", session.path)
            #expect(again.contains(nobody) && again.contains("New, TLSv1"))
        }
    }
}

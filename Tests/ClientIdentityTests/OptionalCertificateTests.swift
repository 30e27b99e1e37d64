import BindingPolicy
import ClientIdentity
import NIOSSL
import Testing
import X509

/// A listener that asks for a certificate and does not insist: NIOSSL up to 2.37.2 aborted where a callback met no certificate
/// (lessons section 2, row 3).
@Suite(.serialized) struct OptionalCertificateTests {
    private let root: TestCertificate
    private let leaf: TestCertificate
    private let server: LoopbackServer
    private let nobody = "let in as nobody"

    init() throws {
        root = try .authority()
        leaf = try root.issue("A", notAfter: testNow + 100)
        server = try LoopbackServer(authority: root, certificateIsOptional: true)
    }

    private func identified(_ certificate: TestCertificate) -> String { "identified \(Thumbprint(ofCertificate: certificate.der))" }

    @Test(
        "Without a certificate the handshake completes, time and again, and nobody is identified (MTLS-04, TLS-09)",
        arguments: ["-tls1_2", "-tls1_3"])
    func withoutOne(_ version: String) throws {
        for _ in 1...3 {
            let output = try openSSLClient(server.port, version)
            #expect(output.contains(nobody) && !output.contains("identified"))
        }
        #expect(try openSSLClient(server.port, version, client: leaf).contains(identified(leaf)))
        #expect(server.faults.isEmpty)
    }

    @Test(
        "A certificate is still asked for, and one that is shown names its client (MTLS-01, MTLS-02)",
        arguments: ["-tls1_2", "-tls1_3"])
    func withOne(_ version: String) throws {
        let output = try openSSLClient(server.port, version, client: leaf)
        #expect(output.contains(identified(leaf)))
        #expect(output.contains("Acceptable client certificate CA names\nCN = Test Root"))
        let intermediate = try root.issue("I", extensions: TestCertificate.authorityExtensions())
        let below = try intermediate.issue("B")
        #expect(try openSSLClient(server.port, version, client: below, sending: [intermediate]).contains(identified(below)))
    }

    @Test("A certificate that is not accepted is not the same as none (MTLS-16)", arguments: ["-tls1_2", "-tls1_3"])
    func refusals(_ version: String) throws {
        let refused: [(TestCertificate, PathFault)] = [
            (try .authority("A", extensions: TestCertificate.clientExtensions()), .untrusted),
            (try TestCertificate.authority().issue("A"), .untrusted),
            (try root.issue("A", notAfter: testNow - 1), .expired),
            (try root.issue("A", notBefore: testNow + 1), .notYetValid),
            (try root.issue("A", extensions: TestCertificate.clientExtensions(extended: [.serverAuth])), .forServersOnly),
        ]
        for (certificate, _) in refused {
            let output = try openSSLClient(server.port, version, client: certificate)
            #expect(!output.contains("identified") && !output.contains(nobody))
            #expect(output.contains("SSL alert number 46"))
        }
        #expect(server.faults == refused.map { .certificateRefused($0.1) })
    }

    @Test("A certificate shown without its key is refused, not taken for none (MTLS-17)", arguments: [TLSVersion.tlsv12, .tlsv13])
    func thief(_ version: TLSVersion) throws {
        let any = try LoopbackServer(trust: .any, authority: root, certificateIsOptional: true)
        for server in [server, any] {
            let thief = try ThievingClient(certificate: leaf, key: TestCertificate.newKey())
            let outcome = try thief.connect(to: server.port, version: version)
            #expect(outcome.greeting == nil && outcome.errors.contains("ALERT_DECRYPT_ERROR"))
            let owner = try ThievingClient(certificate: leaf, key: leaf.key)
            #expect(try owner.connect(to: server.port, version: version).greeting == identified(leaf) + "\n")
        }
    }

    @Test("Where any certificate is taken, none is still nobody (MTLS-04, MTLS-15)", arguments: ["-tls1_2", "-tls1_3"])
    func any(_ version: String) throws {
        let server = try LoopbackServer(trust: .any, authority: root, certificateIsOptional: true)
        let selfSigned = try TestCertificate.authority("S", extensions: TestCertificate.clientExtensions())
        #expect(try openSSLClient(server.port, version).contains(nobody))
        #expect(try openSSLClient(server.port, version, client: selfSigned).contains(identified(selfSigned)))
    }

    @Test(
        "A session without a certificate gains none when it is resumed (MTLS-04, TLS-13)",
        arguments: ["-tls1_2", "-tls1_3", "-tls1_2 -no_ticket"])
    func nobodyResumed(_ flags: String) throws {
        let session = try TemporaryFile("")
        #expect(try openSSLClient(server.port, flags, "-sess_out", session.path).contains(nobody))
        _ = try openSSLClient(server.port, flags, client: leaf)
        // The client has a certificate by now, which no server asks for on resumption.
        let resumed = try openSSLClient(server.port, flags, "-sess_in", session.path, client: leaf)
        #expect(resumed.contains("Reused, TLSv1"))
        #expect(resumed.contains(nobody) && !resumed.contains("identified"))
    }

    @Test(
        "A session with a certificate keeps it, and is judged again (MTLS-02, TLS-16)",
        arguments: ["-tls1_2", "-tls1_3", "-tls1_2 -no_ticket"])
    func somebodyResumed(_ flags: String) throws {
        let session = try TemporaryFile("")
        #expect(try openSSLClient(server.port, flags, "-sess_out", session.path, client: leaf).contains(identified(leaf)))
        let resumed = try openSSLClient(server.port, flags, "-sess_in", session.path)
        #expect(resumed.contains("Reused, TLSv1"))
        #expect(resumed.contains(identified(leaf)) && !resumed.contains(nobody))
        server.setClock(testNow + 101)
        let expired = try openSSLClient(server.port, flags, "-sess_in", session.path)
        #expect(!expired.contains("identified") && !expired.contains(nobody))
        #expect(server.faults == [.certificateRefused(.expired)])
    }

    @Test("A session begun where none was asked for is worth nothing where one is (MTLS-04, TLS-15)", arguments: ["-tls1_2", "-tls1_3"])
    func nobodyElsewhere(_ version: String) throws {
        let strict = try LoopbackServer(authority: root)
        let session = try TemporaryFile("")
        #expect(try openSSLClient(server.port, version, "-sess_out", session.path).contains(nobody))
        let output = try openSSLClient(strict.port, version, "-sess_in", session.path)
        #expect(!output.contains("Reused") && !output.contains("identified") && !output.contains(nobody))
    }
}

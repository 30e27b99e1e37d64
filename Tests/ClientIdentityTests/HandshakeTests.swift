import BindingPolicy
import ClientIdentity
import Foundation
import NIOSSL
import Testing
import X509

/// Real handshakes on loopback, with OpenSSL at the other end.
@Suite(.serialized) struct HandshakeTests {
    private let root: TestCertificate
    private let leaf: TestCertificate
    private let server: LoopbackServer

    init() throws {
        root = try .authority()
        leaf = try root.issue("A", notAfter: testNow + 100)
        server = try LoopbackServer(authority: root)
    }

    private func identified(_ certificate: TestCertificate) -> String { "identified \(Thumbprint(ofCertificate: certificate.der))" }

    // MARK: full handshakes

    @Test("The certificate is asked for in the handshake, and names its client (MTLS-01, MTLS-02)", arguments: ["-tls1_2", "-tls1_3"])
    func aClientOfTheAuthorityIsIdentified(_ version: String) throws {
        let output = try openSSLClient(server.port, version, client: leaf)
        #expect(output.contains(identified(leaf)))
        #expect(output.contains("Acceptable client certificate CA names\nCN = Test Root"))
        #expect(server.faults.isEmpty)
    }

    @Test func aClientsIntermediatesAreUsed() throws {
        let intermediate = try root.issue("I", extensions: TestCertificate.authorityExtensions())
        let leaf = try intermediate.issue("B")
        #expect(try openSSLClient(server.port, client: leaf, sending: [intermediate]).contains(identified(leaf)))
        #expect(server.faults.isEmpty)
    }

    @Test(
        "With authorities, a certificate that none of them vouches for ends the handshake (MTLS-16, MTLS-22)",
        arguments: ["-tls1_2", "-tls1_3"])
    func eachRefusalEndsTheHandshakeAndSaysWhy(_ version: String) throws {
        let refused: [(TestCertificate, PathFault)] = [
            (try .authority("A", extensions: TestCertificate.clientExtensions()), .untrusted),
            (try TestCertificate.authority().issue("A"), .untrusted),
            (try root.issue("A", notAfter: testNow - 1), .expired),
            (try root.issue("A", notBefore: testNow + 1), .notYetValid),
            (try root.issue("A", extensions: TestCertificate.clientExtensions(extended: [.serverAuth])), .forServersOnly),
        ]
        for (certificate, _) in refused {
            let output = try openSSLClient(server.port, version, client: certificate)
            #expect(!output.contains("identified"))
            #expect(output.contains("SSL alert number 46"))
        }
        #expect(server.faults == refused.map { .certificateRefused($0.1) })
    }

    @Test(
        "Without a certificate there is no handshake where one is asked for, by the alert of the version (MTLS-01, DT-02, TLS-09)",
        arguments: [("-tls1_2", 40), ("-tls1_3", 116)])
    func aClientWithoutACertificateIsRefused(_ version: String, _ alert: Int) throws {
        for server in [server, try LoopbackServer(trust: .any, authority: root)] {
            let output = try openSSLClient(server.port, version)
            #expect(output.contains("SSL alert number \(alert)") && !output.contains("identified"))
        }
    }

    @Test(
        "A certificate is asked for once and never again: neither after the handshake nor by renegotiation (MTLS-01, Q-14)",
        arguments: ["-tls1_2", "-tls1_3 -enable_pha"])
    func aCertificateIsAskedForOnce(_ flags: String) throws {
        let server = try LoopbackServer(authority: root, staysOpen: true)
        // In TLS 1.3 the command renews the client's keys and nothing is renegotiated, so another ends the connection.
        let renegotiates = flags == "-tls1_2"
        let output = try openSSLClient(server.port, "-msg", flags, client: leaf, command: renegotiates ? "R" : "Q")
        #expect(output.components(separatedBy: "<<< TLS 1.").filter { $0.contains(", CertificateRequest") }.count == 1)
        #expect(output.contains("RENEGOTIATING") == renegotiates)
    }

    @Test(
        "A certificate shown without its key is refused: the path is right, the key is not (MTLS-17)",
        arguments: [TLSVersion.tlsv12, .tlsv13])
    func aCertificateShownWithoutItsKeyIsRefused(_ version: TLSVersion) throws {
        let thief = try ThievingClient(certificate: leaf, key: TestCertificate.newKey())
        let outcome = try thief.connect(to: server.port, version: version)
        #expect(outcome.greeting == nil && outcome.errors.contains("ALERT_DECRYPT_ERROR"))
        // The same client with the right key is let in, so it was the key.
        let owner = try ThievingClient(certificate: leaf, key: leaf.key)
        #expect(try owner.connect(to: server.port, version: version).greeting == identified(leaf) + "\n")
    }

    @Test("Where any certificate is taken there must be one, and its key is proved (MTLS-15, MTLS-16, MTLS-17)")
    func anyCertificateIsIdentifiedWhereTheListenerSaysSo() throws {
        let server = try LoopbackServer(trust: .any, authority: root)
        let selfSigned = try TestCertificate.authority("S", notAfter: testNow - 1, extensions: TestCertificate.clientExtensions())
        #expect(try openSSLClient(server.port, client: selfSigned).contains(identified(selfSigned)))
        #expect(try openSSLClient(server.port, "-tls1_3").contains("SSL alert number 116"))
        let thief = try ThievingClient(certificate: selfSigned, key: TestCertificate.newKey())
        #expect(try thief.connect(to: server.port, version: .tlsv13).greeting == nil)
    }

    // MARK: resumption (TLS-13, TLS-16; lessons section 2, rows 1 and 2)

    @Test("A resumed session is identified as its original (MTLS-02, TLS-13)", arguments: ["-tls1_2", "-tls1_3"])
    func aResumedSessionIsIdentifiedAsItsOriginal(_ version: String) throws {
        let session = try TemporaryFile("")
        #expect(try openSSLClient(server.port, version, "-sess_out", session.path, client: leaf).contains(identified(leaf)))
        let resumed = try openSSLClient(server.port, version, "-sess_in", session.path)
        #expect(resumed.contains("Reused, TLSv1"))
        #expect(resumed.contains(identified(leaf)))
    }

    @Test("A session resumed after its certificate expired is refused (TLS-16)", arguments: ["-tls1_2", "-tls1_3", "-tls1_2 -no_ticket"])
    func aSessionResumedAfterTheCertificateExpiredIsRefused(_ flags: String) throws {
        let session = try TemporaryFile("")
        #expect(try openSSLClient(server.port, flags, "-sess_out", session.path, client: leaf).contains(identified(leaf)))
        server.setClock(testNow + 101)
        let resumed = try openSSLClient(server.port, flags, "-sess_in", session.path)
        #expect(resumed.contains("Reused, TLSv1"))
        #expect(!resumed.contains("identified"))
        #expect(server.faults == [.certificateRefused(.expired)])
    }

    @Test(
        "A session whose path is forgotten is refused once, and the same client is let in by a full handshake (TLS-13, TLS-16)",
        arguments: ["-tls1_2", "-tls1_3", "-tls1_2 -no_ticket"], [0, 4])
    func aSessionWhosePathIsForgottenIsRefusedOnce(_ flags: String, _ earlierContexts: Int) throws {
        let authenticator = ClientAuthenticator(
            .authorities(try CertificatePathValidator(trusting: root)), rememberedPaths: 2, rememberedIssuers: 0)
        let server = try LoopbackServer(
            authenticator: authenticator, authority: root,
            renewal: ContextRenewal(handshakes: 1000, age: 3600, earlierContexts: earlierContexts))
        let clients = try (0..<4).map { index in
            let intermediate = try root.issue("I\(index)", extensions: TestCertificate.authorityExtensions())
            return (try intermediate.issue("A"), intermediate)
        }
        let sessions = try clients.map { client, intermediate in
            let session = try TemporaryFile("")
            let first = try openSSLClient(server.port, flags, "-sess_out", session.path, client: client, sending: [intermediate])
            #expect(first.contains(identified(client)))
            return session
        }
        // One that is remembered resumes; one that is not does not get in by its session.
        #expect(try openSSLClient(server.port, flags, "-sess_in", sessions[3].path).contains("Reused, TLSv1"))
        let forgotten = clients[0].0
        let refused = try openSSLClient(server.port, flags, "-sess_in", sessions[0].path, client: forgotten, sending: [clients[0].1])
        #expect(refused.contains("Reused, TLSv1") && !refused.contains("identified"))
        #expect(server.faults == [.certificateRefused(.untrusted)])
        for _ in 1...2 {
            let again = try openSSLClient(server.port, flags, "-sess_in", sessions[0].path, client: forgotten, sending: [clients[0].1])
            #expect(again.contains("New, TLSv1") && again.contains(identified(forgotten)))
        }
        // A session of the next context is resumed again, where there may be one.
        let session = try TemporaryFile("")
        _ = try openSSLClient(server.port, flags, "-sess_out", session.path, client: forgotten, sending: [clients[0].1])
        let resumed = try openSSLClient(server.port, flags, "-sess_in", session.path, client: forgotten, sending: [clients[0].1])
        #expect(resumed.contains(identified(forgotten)) && resumed.contains("Reused, TLSv1") == (earlierContexts > 0))
    }

    @Test("No session is resumed across a renewal of the context (TLS-19)", arguments: ["-tls1_2", "-tls1_3", "-tls1_2 -no_ticket"])
    func noSessionIsResumedAcrossARenewalOfTheContext(_ flags: String) throws {
        let server = try LoopbackServer(authority: root, renewal: ContextRenewal(handshakes: 1, age: 3600, earlierContexts: 4))
        let session = try TemporaryFile("")
        #expect(try openSSLClient(server.port, flags, "-sess_out", session.path, client: leaf).contains(identified(leaf)))
        let again = try openSSLClient(server.port, flags, "-sess_in", session.path, client: leaf)
        #expect(again.contains("New, TLSv1"))
        #expect(again.contains(identified(leaf)))
    }

    @Test("Two listeners, two policies: what was let in at one is nothing to the other (TLS-14, TLS-15)", arguments: ["-tls1_2", "-tls1_3"])
    func noSessionIsResumedAtAnotherListener(_ version: String) throws {
        let other = try LoopbackServer(authority: TestCertificate.authority("Other Root"))
        let session = try TemporaryFile("")
        #expect(try openSSLClient(server.port, version, "-sess_out", session.path, client: leaf).contains(identified(leaf)))
        let output = try openSSLClient(other.port, version, "-sess_in", session.path, client: leaf)
        #expect(!output.contains("identified") && !output.contains("Reused"))
        #expect(other.faults == [.certificateRefused(.untrusted)])
    }

    @Test("Tickets allow no early data and live a week at most (TLS-07, TLS-18)")
    func ticketsAllowNoEarlyDataAndLiveAWeekAtMost() throws {
        let session = try TemporaryFile("")
        _ = try openSSLClient(server.port, "-tls1_3", "-sess_out", session.path, client: leaf)
        let resumed = try openSSLClient(server.port, "-tls1_3", "-sess_in", session.path)
        #expect(resumed.contains("Max Early Data: 0"))
        let hint = resumed.split(separator: "\n").first { $0.contains("lifetime hint:") }?.split(separator: " ").compactMap { Int($0) }.first
        #expect(try #require(hint) <= 604_800)
    }

    // MARK: versions, suites, groups (TLS-01 to TLS-03, TLS-20)

    @Test("TLS begins with 1.2, and 1.3 comes first (Q-03, MTLS-24, TLS-01)")
    func oldVersionsAreRefusedAndTheNewestIsPreferred() throws {
        #expect(try openSSLClient(server.port, client: leaf).contains("New, TLSv1.3"))
        let old = try openSSLClient(server.port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0", client: leaf)
        #expect(old.contains("SSL alert number 70") && !old.contains("identified"))
        let strict = try LoopbackServer(authority: root, minimumVersion: .tlsv13)
        #expect(try openSSLClient(strict.port, "-tls1_2", client: leaf).contains("SSL alert number 70"))
    }

    @Test(
        "Suites of TLS 1.2 without forward secrecy or AEAD are refused (Q-03, TLS-02)",
        arguments: ["AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-SHA384"])
    func suitesWithoutForwardSecrecyOrAEADAreRefused(_ suite: String) throws {
        let output = try openSSLClient(server.port, "-tls1_2", "-cipher", suite + ":@SECLEVEL=0", client: leaf)
        #expect(!output.contains("identified"))
        #expect(output.contains("SSL alert number 40"))
    }

    @Test("The usual suite of TLS 1.2 is taken, renegotiation and compression are safe (Q-03, TLS-03)")
    func theUsualSuiteWithTLS12IsTaken() throws {
        let output = try openSSLClient(server.port, "-tls1_2", client: leaf)
        #expect(output.contains("Cipher is ECDHE-ECDSA-AES256-GCM-SHA384") && output.contains("Secure Renegotiation IS supported"))
        #expect(output.contains("Extended master secret: yes") && output.contains("Compression: NONE"))
    }

    @Test("The usual groups are taken (TLS-20)", arguments: ["X25519", "P-256", "P-384"])
    func theUsualGroupsAreTaken(_ group: String) throws {
        #expect(try openSSLClient(server.port, "-groups", group, client: leaf).contains(identified(leaf)))
    }

    @Test("The protocol is agreed by ALPN, in our order, and over TLS 1.2 with a suite that HTTP/2 allows (H2-21)")
    func protocolIsAgreedByALPN() throws {
        let old = try openSSLClient(server.port, "-tls1_2", "-alpn", "h2", client: leaf)
        #expect(old.contains("ALPN protocol: h2") && old.contains("Cipher is ECDHE-ECDSA-AES256-GCM-SHA384"))
        #expect(try openSSLClient(server.port, "-alpn", "http/1.1,h2", client: leaf).contains("ALPN protocol: h2"))
        #expect(try openSSLClient(server.port, "-alpn", "http/1.1", client: leaf).contains("ALPN protocol: http/1.1"))
    }
}

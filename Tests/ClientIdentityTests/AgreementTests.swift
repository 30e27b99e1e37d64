import ClientIdentity
import NIOSSL
import Testing

/// What client and listener agree on: key exchanges and signatures.
@Suite(.serialized) struct AgreementTests {
    private let root: TestCertificate
    private let leaf: TestCertificate

    init() throws {
        root = try .authority()
        leaf = try root.issue("A")
    }

    private func greeted(_ server: LoopbackServer, _ groups: [NIOTLSCurve], _ version: TLSVersion = .tlsv13) throws -> Bool {
        try ThievingClient(certificate: leaf, key: leaf.key).connect(to: server.port, version: version, groups: groups).greeting != nil
    }

    @Test("With post-quantum-only, a client with X25519MLKEM768 is let in, also where it prefers others, and one without is not")
    func postQuantumOnly() throws {
        let server = try LoopbackServer(authority: root, onlyPostQuantum: true)
        #expect(try greeted(server, [.x25519_MLKEM768]))
        #expect(try greeted(server, [.x25519_MLKEM768, .x25519]))
        #expect(try greeted(server, [.x25519, .secp256r1, .x25519_MLKEM768]))
        #expect(try !greeted(server, [.x25519]))
        #expect(try !greeted(server, [.secp256r1, .secp384r1]))
        let output = try openSSLClient(server.port, "-groups", "X25519", client: leaf)
        #expect(output.contains("SSL alert number 40") && !output.contains("identified"))
        #expect(try openSSLClient(server.port, "-tls1_2", client: leaf).contains("SSL alert number 70"))
    }

    @Test("By default each of them is")
    func byDefault() throws {
        let server = try LoopbackServer(authority: root)
        for groups in [[.x25519_MLKEM768], [.x25519], [.secp256r1], [.secp384r1]] as [[NIOTLSCurve]] { #expect(try greeted(server, groups)) }
        #expect(try openSSLClient(server.port, "-tls1_2", client: leaf).contains("identified"))
    }

    @Test("The listener for metadata keeps to it too")
    func publicListener() throws {
        let server = try LoopbackServer(authority: root, onlyPostQuantum: true, isPublic: true)
        #expect(try !openSSLClient(server.port, "-groups", "X25519").contains("let in as nobody"))
        let open = try LoopbackServer(authority: root, isPublic: true)
        #expect(try openSSLClient(open.port, "-groups", "X25519").contains("let in as nobody"))
    }

    /// The client's own signature is as it offers, which is not by SHA-1 here: only what it takes from us is.
    @Test("In TLS 1.2 nothing is signed with SHA-1, whatever a client offers (Q-03)", arguments: [true, false])
    func noSHA1(_ isRSA: Bool) throws {
        let server = try LoopbackServer(authority: root, key: isRSA ? TestKeys.rsa(2048) : TestCertificate.newKey(), isPublic: true)
        let (name, older) = isRSA ? ("RSA", "RSA+SHA1") : ("ECDSA", "ECDSA+SHA1")
        let refused = try openSSLClient(server.port, "-tls1_2", "-cipher", "ALL:@SECLEVEL=0", "-sigalgs", older)
        #expect(refused.contains("SSL alert number 40") && !refused.contains("let in as nobody"))
        let taken = try openSSLClient(server.port, "-tls1_2", "-cipher", "ALL:@SECLEVEL=0", "-sigalgs", "\(older):\(name)+SHA256")
        #expect(taken.contains("let in as nobody") && taken.contains("Peer signing digest: SHA256"))
    }
}

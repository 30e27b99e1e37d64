import BindingPolicy
import NIOSSL
import Testing

@testable import ClientIdentity

@Suite struct ClientAuthenticatorTests {
    private let root: TestCertificate
    private let leaf: TestCertificate

    init() throws {
        root = try .authority()
        leaf = try root.issue("A", notAfter: testNow + 100)
    }

    private func authorities(_ paths: Int = 16) throws -> ClientAuthenticator {
        ClientAuthenticator(.authorities(try CertificatePathValidator(trusting: root)), rememberedPaths: paths, rememberedIssuers: 0)
    }

    @Test func aHandshakeYieldsTheLeafsThumbprintAndThePathsDates() throws {
        let peer = try authorities().verify(chain: leaf.chain(root), now: testNow).get()
        #expect(peer.thumbprint == Thumbprint(ofCertificate: leaf.der))
        #expect(peer.validFrom == testNow - day)
        #expect(peer.validUntil == testNow + 100)
        #expect(peer.fault(at: testNow + 100) == nil)
        #expect(peer.fault(at: testNow + 101) == .certificateExpired)
    }

    @Test("The thumbprint is that of the leaf, never of the authority sent along (MTLS-09)")
    func theLeafIsTheFirstOfTheChain() throws {
        let peer = try authorities().verify(chain: leaf.chain(root), now: testNow).get()
        #expect(peer.thumbprint != Thumbprint(ofCertificate: root.der))
        let swapped = try NIOSSLCertificate.list(root) + NIOSSLCertificate.list(leaf)
        #expect(try authorities().verify(chain: swapped, now: testNow) != .success(peer))
    }

    @Test func noCertificateIsRefused() throws {
        #expect(try authorities().verify(chain: [], now: testNow) == .failure(.certificateMissing))
        #expect(try authorities().peer(leaf: nil, now: testNow) == .failure(.certificateMissing))
        #expect(ClientAuthenticator(.any).peer(leaf: nil, now: testNow) == .failure(.certificateMissing))
    }

    @Test func aStrangerIsRefusedAndStaysRefused() throws {
        let stranger = try TestCertificate.authority("Test Root").issue("A")
        let authenticator = try authorities()
        for _ in 1...2 {
            let verdict = authenticator.verify(chain: try stranger.chain(), now: testNow)
            #expect(verdict == .failure(.certificateRefused(.untrusted)))
        }
    }

    // MARK: what is remembered

    /// A resumed session calls no verification and would outlive its certificate (requirements TLS-16).
    @Test func aRememberedPathIsHeldAgainstTheClock() throws {
        let authenticator = try authorities()
        _ = try authenticator.verify(chain: leaf.chain(), now: testNow).get()
        let resumed = try NIOSSLCertificate.list(leaf)[0]
        #expect(throws: Never.self) { try authenticator.peer(leaf: resumed, now: testNow + 100).get() }
        #expect(authenticator.peer(leaf: resumed, now: testNow + 101) == .failure(.certificateRefused(.expired)))
        #expect(authenticator.verify(chain: [resumed], now: testNow + 101) == .failure(.certificateRefused(.expired)))
        #expect(authenticator.peer(leaf: resumed, now: testNow - 2 * day) == .failure(.certificateRefused(.notYetValid)))
        #expect(throws: Never.self) { try authenticator.peer(leaf: resumed, now: testNow).get() }
    }

    @Test func aResumedLeafNeedsNoIntermediatesWhileItsPathIsRemembered() throws {
        let intermediate = try root.issue("I", extensions: TestCertificate.authorityExtensions())
        let leaf = try intermediate.issue("A")
        let resumed = try NIOSSLCertificate.list(leaf)[0]
        let authenticator = try authorities()
        #expect(authenticator.peer(leaf: resumed, now: testNow) == .failure(.certificateRefused(.untrusted)))
        let peer = try authenticator.verify(chain: leaf.chain(intermediate), now: testNow).get()
        #expect(authenticator.peer(leaf: resumed, now: testNow) == .success(peer))
    }

    @Test func aPathIsForgottenAfterEnoughOthers() throws {
        let intermediate = try root.issue("I", extensions: TestCertificate.authorityExtensions())
        let authenticator = try authorities(4)
        let leaf = try intermediate.issue("A")
        _ = try authenticator.verify(chain: leaf.chain(intermediate), now: testNow).get()
        for index in 1...4 {
            _ = try authenticator.verify(chain: root.issue("Other \(index)").chain(), now: testNow).get()
        }
        let resumed = try NIOSSLCertificate.list(leaf)[0]
        #expect(authenticator.peer(leaf: resumed, now: testNow) == .failure(.certificateRefused(.untrusted)))
    }

    @Test("Where a path is forgotten, the intermediates that others of its issuer have shown stand in (TLS-13)")
    func forgottenPath() throws {
        let authority = try CertificatePathValidator(trusting: root)
        let authenticator = ClientAuthenticator(.authorities(authority), rememberedPaths: 2, rememberedIssuers: 4)
        let intermediate = try root.issue("I", extensions: TestCertificate.authorityExtensions())
        let leaf = try intermediate.issue("A")
        let resumed = try NIOSSLCertificate.list(leaf)[0]
        let peer = try authenticator.verify(chain: leaf.chain(intermediate), now: testNow).get()
        for index in 1...10 { _ = try authenticator.verify(chain: intermediate.issue("\(index)").chain(intermediate), now: testNow).get() }
        #expect(authenticator.peer(leaf: resumed, now: testNow) == .success(peer))
        // Of another CA of that name they prove nothing.
        let forged = try TestCertificate.authority("I", extensions: TestCertificate.authorityExtensions()).issue("A")
        let verdict = authenticator.peer(leaf: try NIOSSLCertificate.list(forged)[0], now: testNow)
        #expect(verdict == .failure(.certificateRefused(.untrusted)))
        // Bounded as well: beyond it a full handshake is asked for.
        for index in 1...10 {
            let other = try root.issue("J\(index)", extensions: TestCertificate.authorityExtensions())
            _ = try authenticator.verify(chain: other.issue("a").chain(other), now: testNow).get()
        }
        #expect(authenticator.peer(leaf: resumed, now: testNow) == .failure(.certificateRefused(.untrusted)))
    }

    @Test func whatIsInUseIsNotForgotten() throws {
        let intermediate = try root.issue("I", extensions: TestCertificate.authorityExtensions())
        let authenticator = try authorities(4)
        let leaf = try intermediate.issue("A")
        let resumed = try NIOSSLCertificate.list(leaf)[0]
        let peer = try authenticator.verify(chain: leaf.chain(intermediate), now: testNow).get()
        for index in 1...20 {
            _ = try authenticator.verify(chain: root.issue("Other \(index)").chain(), now: testNow).get()
            #expect(authenticator.peer(leaf: resumed, now: testNow) == .success(peer))
        }
    }

    @Test func aPathOutsideItsTimeIsLookedForAgain() throws {
        let key = TestCertificate.newKey()
        let old = try root.issue("I", key: key, notAfter: testNow + 10, extensions: TestCertificate.authorityExtensions())
        let renewed = try root.issue("I", key: key, notAfter: testNow + 50, extensions: TestCertificate.authorityExtensions())
        let leaf = try old.issue("A")
        let authenticator = try authorities()
        _ = try authenticator.verify(chain: leaf.chain(old), now: testNow).get()
        #expect(
            authenticator.verify(chain: try leaf.chain(old), now: testNow + 20) == .failure(.certificateRefused(.expired)))
        let peer = try authenticator.verify(chain: leaf.chain(renewed), now: testNow + 20).get()
        #expect(peer.validUntil == testNow + 50)
    }

    // MARK: any certificate (MTLS-15, MTLS-16, PKI-12)

    @Test("Any certificate is taken, whatever its dates and issuer (MTLS-15, MTLS-16)")
    func anyCertificateIsTakenWhateverItsDatesAndIssuer() throws {
        let any = ClientAuthenticator(.any)
        let selfSigned = try TestCertificate.authority("S", notAfter: testNow - 1, extensions: TestCertificate.clientExtensions())
        for der in [selfSigned.der, leaf.der, Published.rfc8705] {
            let certificate = try NIOSSLCertificate(bytes: der, format: .der)
            let peer = try any.verify(chain: [certificate], now: testNow).get()
            #expect(peer.thumbprint == Thumbprint(ofCertificate: der))
            #expect(peer.validFrom == -.infinity && peer.validUntil == .infinity)
            #expect(any.peer(leaf: certificate, now: testNow) == .success(peer))
        }
    }

    @Test func anyCertificateStillNeedsAKeyOfSomeStrength() throws {
        let any = ClientAuthenticator(.any)
        let weak = try TestCertificate.authority("W", key: TestKeys.rsa(1024))
        #expect(any.verify(chain: try weak.chain(), now: testNow) == .failure(.certificateRefused(.weak)))
        let enormous = try NIOSSLCertificate(bytes: TestKeys.enormousCertificate, format: .der)
        #expect(any.verify(chain: [enormous], now: testNow) == .failure(.certificateRefused(.weak)))
    }

    @Test func moreCertificatesThanAPathCanNeedAreRefusedInEachMode() throws {
        let chain = try leaf.chain() + Array(repeating: NIOSSLCertificate.list(root)[0], count: 9)
        let authorities = try authorities()
        _ = try authorities.verify(chain: leaf.chain(), now: testNow).get()
        for authenticator in [authorities, ClientAuthenticator(.any)] {
            #expect(authenticator.verify(chain: Array(chain.prefix(9)), now: testNow).isSuccess)
            #expect(authenticator.verify(chain: chain, now: testNow) == .failure(.certificateRefused(.tooLarge)))
        }
    }

    @Test func faultsHaveTheirOwnCodes() {
        #expect(HandshakeFault.certificateMissing.code == "cert_missing")
        #expect(HandshakeFault.certificateRefused(.expired).code == DenialReason.certificateExpired.rawValue)
        #expect(HandshakeFault.certificateRefused(.untrusted).code == DenialReason.certificateUntrusted.rawValue)
        #expect(!HandshakeFault.certificateMissing.meaning.isEmpty)
    }

    @Test("What a stranger plants beside somebody's certificate, without its key, has no say in what becomes of it (MTLS-17)")
    func plantedCertificates() throws {
        let key = TestCertificate.newKey()
        let sent = try root.issue("I", key: key, notAfter: testNow + 50, extensions: TestCertificate.authorityExtensions())
        let planted = try root.issue("I", key: key, notAfter: testNow + 5, extensions: TestCertificate.authorityExtensions())
        let leaf = try sent.issue("A")
        let authenticator = try authorities()
        // The stranger comes first, and his handshake ends before the proof.
        _ = try authenticator.verifyHandshake(chain: leaf.chain(planted), now: testNow).get()
        let resumed = try NIOSSLCertificate.list(leaf)[0]
        #expect(authenticator.peer(leaf: resumed, now: testNow) == .failure(.certificateRefused(.untrusted)))
        #expect(try authenticator.verify(chain: leaf.chain(sent), now: testNow).get().validUntil == testNow + 50)
        // And again, while the holder's path is remembered.
        _ = try authenticator.verifyHandshake(chain: leaf.chain(planted), now: testNow).get()
        #expect(try authenticator.peer(leaf: resumed, now: testNow).get().validUntil == testNow + 50)
        #expect(try authenticator.identify(leaf: resumed, now: testNow).get().certificate.chain == [leaf.der, sent.der])
    }

    @Test("A session resumed is that of its certificate, whatever another handshake was accepted for (MTLS-09)")
    func acceptedForAnother() throws {
        let authenticator = try authorities()
        let other = try authenticator.verifyHandshake(chain: root.issue("B").chain(), now: testNow).get()
        let identity = try authenticator.identify(leaf: NIOSSLCertificate.list(leaf)[0], accepted: other, now: testNow).get()
        #expect(identity.peer.thumbprint == Thumbprint(ofCertificate: leaf.der))
    }

    // MARK: what was sent is kept

    @Test("A live connection goes on by whatever path its client's certificates have, after the root of the first one is dropped (PKI-11)")
    func anotherPathAfterAReload() throws {
        let renewed = try TestCertificate.authority("Renewed Root")
        let key = TestCertificate.newKey()
        let old = try root.issue("I", key: key, extensions: TestCertificate.authorityExtensions())
        let new = try renewed.issue("I", key: key, extensions: TestCertificate.authorityExtensions())
        let leaf = try old.issue("A")
        for sent in [[old, new], [new, old]] {
            let both = ClientAuthenticator(.authorities(try CertificatePathValidator(trusting: root, renewed)))
            let chain = try NIOSSLCertificate.list(leaf) + sent.flatMap { try NIOSSLCertificate.list($0) }
            let accepted = try both.verifyHandshake(chain: chain, now: testNow).get()
            let identity = try both.identify(leaf: chain[0], accepted: accepted, now: testNow).get()
            // The fields for the API tell of the path alone.
            #expect(identity.certificate.chain.count == 2)
            for left in [root, renewed] {
                let next = ClientAuthenticator(.authorities(try CertificatePathValidator(trusting: left)))
                #expect(try next.review(identity.certificate, now: testNow).get().thumbprint == identity.certificate.thumbprint)
            }
            let stranger = ClientAuthenticator(.authorities(try CertificatePathValidator(trusting: TestCertificate.authority("Stranger"))))
            #expect(stranger.review(identity.certificate, now: testNow) == .failure(.certificateRefused(.untrusted)))
        }
    }

    @Test("A client let in without a path goes on where its intermediates lead to an authority that is asked for later (MTLS-15, MTLS-16)")
    func anyThenAuthorities() throws {
        let intermediate = try root.issue("I", extensions: TestCertificate.authorityExtensions())
        let leaf = try intermediate.issue("A")
        let any = ClientAuthenticator(.any)
        let accepted = try any.verifyHandshake(chain: leaf.chain(intermediate), now: testNow).get()
        let identity = try any.identify(leaf: NIOSSLCertificate.list(leaf)[0], accepted: accepted, now: testNow).get()
        #expect(try authorities().review(identity.certificate, now: testNow).get().thumbprint == identity.certificate.thumbprint)
        // Who shows fewer the next time is still known by all of them.
        let again = try any.verifyHandshake(chain: leaf.chain(), now: testNow).get()
        #expect(again.certificate === identity.certificate)
    }

    @Test("What is kept of many handshakes with one certificate has the bound of one (PKI-07)")
    func keptIsBounded() throws {
        let needed = try root.issue("I", extensions: TestCertificate.authorityExtensions())
        let leaf = try needed.issue("A")
        let authenticator = try authorities()
        for index in 0..<20 {
            let other = try root.issue("Other \(index)", extensions: TestCertificate.authorityExtensions())
            let chain = try leaf.chain(needed, other)
            let accepted = try authenticator.verifyHandshake(chain: chain, now: testNow).get()
            let kept = try authenticator.identify(leaf: chain[0], accepted: accepted, now: testNow).get().certificate
            #expect(kept.presented.others.count == min(index + 2, PresentedChain.othersLimit))
            #expect(kept.presented.others.prefix(2) == [needed.der, other.der])
        }
    }
}

extension NIOSSLCertificate {
    static func list(_ certificates: TestCertificate...) throws -> [NIOSSLCertificate] {
        try certificates.map { try NIOSSLCertificate(bytes: $0.der, format: .der) }
    }
}

extension TestCertificate {
    /// As a client would send it.
    func chain(_ issuers: TestCertificate...) throws -> [NIOSSLCertificate] {
        try ([self] + issuers).map { try NIOSSLCertificate(bytes: $0.der, format: .der) }
    }
}

extension Result {
    fileprivate var isSuccess: Bool { (try? get()) != nil }
}

extension ClientAuthenticator {
    fileprivate func verify(chain: [NIOSSLCertificate], now: Double) -> Result<AuthenticatedPeer, HandshakeFault> {
        verifyHandshake(chain: chain, now: now).flatMap { identify(leaf: chain.first, accepted: $0, now: now) }.map(\.peer)
    }

    fileprivate func peer(leaf: NIOSSLCertificate?, now: Double) -> Result<AuthenticatedPeer, HandshakeFault> {
        identify(leaf: leaf, now: now).map(\.peer)
    }
}

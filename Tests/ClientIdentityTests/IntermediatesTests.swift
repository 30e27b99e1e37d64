import BindingPolicy
import Credentials
import NIOSSL
import Testing
import X509

@testable import ClientIdentity

@Suite("Intermediates of the configuration, lent to clients that send only their own certificate (PKI-07)")
struct IntermediatesTests {
    private let root: TestCertificate
    private let intermediate: TestCertificate
    private let leaf: TestCertificate

    init() throws {
        root = try .authority()
        intermediate = try root.issue("I", extensions: TestCertificate.authorityExtensions())
        leaf = try intermediate.issue("A")
    }

    private func issuer(_ name: String, under other: TestCertificate, pathLength: Int? = nil, notAfter: Double = testNow + day) throws
        -> TestCertificate
    {
        try other.issue(name, notAfter: notAfter, extensions: TestCertificate.authorityExtensions(pathLength: pathLength))
    }

    private func read(_ certificates: [TestCertificate]) throws -> Intermediates {
        let file = try TemporaryFile(certificates.map { try $0.pem }.joined())
        return try Intermediates(file: file.path)
    }

    private func anchors(_ authority: TestCertificate, lending lent: TestCertificate...) throws -> TrustAnchors {
        let file = try TemporaryFile(authority.pem)
        let anchors = try TrustAnchors(file: file.path)
        return lent.isEmpty ? anchors : anchors.lending([try read(lent)])
    }

    @Test("The path of a client that sends only its certificate is completed, in whatever order the file has them")
    func completed() throws {
        #expect(try CertificatePathValidator(anchors(root)).fault(leaf) == .untrusted)
        #expect(try CertificatePathValidator(anchors(root, lending: intermediate)).fault(leaf) == nil)
        let second = try issuer("I2", under: intermediate)
        let below = try second.issue("B")
        for validator in [
            try CertificatePathValidator(anchors(root, lending: intermediate, second)),
            try CertificatePathValidator(anchors(root, lending: second, intermediate)),
        ] {
            #expect(validator.fault(below) == nil && validator.fault(below, second) == nil && validator.fault(below, second, intermediate) == nil)
            #expect(validator.fault(leaf, intermediate) == nil)
        }
        #expect(try CertificatePathValidator(anchors(root, lending: second)).fault(below) == .untrusted)
    }

    @Test("None is trusted for standing there: not one of another root, not a root, not a twin")
    func noAnchors() throws {
        let stranger = try TestCertificate.authority("Stranger")
        let other = try issuer("I", under: stranger)
        let lending = try CertificatePathValidator(anchors(root, lending: other, stranger))
        #expect(lending.fault(try other.issue("A")) == .untrusted)
        #expect(lending.fault(try stranger.issue("A")) == .untrusted)
        #expect(lending.fault(leaf) == .untrusted)
    }

    @Test("Two of one name are told apart by their keys")
    func namesakes() throws {
        let twin = try issuer("I", under: root)
        for validator in [
            try CertificatePathValidator(anchors(root, lending: intermediate, twin)),
            try CertificatePathValidator(anchors(root, lending: twin, intermediate)),
        ] {
            #expect(validator.fault(leaf) == nil)
            #expect(validator.fault(try twin.issue("A")) == nil)
            #expect(validator.fault(leaf, twin) == nil)
        }
        #expect(try CertificatePathValidator(anchors(root, lending: twin)).fault(leaf, intermediate) == nil)
    }

    @Test("What is asked of those that clients send is asked of them: their dates, their constraints")
    func constraints() throws {
        let old = try issuer("I3", under: root, notAfter: testNow - 1)
        #expect(try CertificatePathValidator(anchors(root, lending: old)).fault(try old.issue("A")) == .expired)
        let last = try issuer("I4", under: root, pathLength: 0)
        let below = try issuer("I5", under: last)
        let lending = try CertificatePathValidator(anchors(root, lending: last, below))
        #expect(lending.fault(try last.issue("A")) == nil)
        guard case .other = lending.fault(try below.issue("A")) else { return #expect(Bool(false)) }
    }

    @Test("A live connection whose path rests on one that is lent no more has none")
    func lentNoMore() throws {
        let lending = ClientAuthenticator(.authorities(try CertificatePathValidator(anchors(root, lending: intermediate))))
        let other = ClientAuthenticator(.authorities(try CertificatePathValidator(anchors(root))))
        let alone = try lending.verifyHandshake(chain: NIOSSLCertificate.list(leaf), now: testNow).get().certificate
        #expect(alone.chain == [leaf.der, intermediate.der])
        #expect(lending.review(alone, now: testNow).isAccepted && !other.review(alone, now: testNow).isAccepted)
        // Of the same client, another connection.
        let chain = try NIOSSLCertificate.list(leaf) + NIOSSLCertificate.list(intermediate)
        let sent = try lending.verifyHandshake(chain: chain, now: testNow).get().certificate
        #expect(other.review(sent, now: testNow).isAccepted)
    }

    @Test("One that is denied takes those below it along, also where it was lent")
    func denied() throws {
        let thumbprint = Thumbprint(ofCertificate: intermediate.der).base64url
        let denied = try DenyList("thumbprint \(thumbprint)", of: "denied.txt")
        let validator = try CertificatePathValidator(anchors(root, lending: intermediate))
        let verdict = ClientAuthenticator(.authorities(validator), denied: denied).verifyHandshake(
            chain: try NIOSSLCertificate.list(leaf), now: testNow)
        #expect(verdict.refusal == .certificateRefused(.denied))
        #expect(ClientAuthenticator(.authorities(validator)).verifyHandshake(chain: try NIOSSLCertificate.list(leaf), now: testNow).refusal == nil)
    }

    @Test("What could stand in no path is a mistake, and what leads nowhere is told")
    func unusable() throws {
        #expect(throws: CredentialFault.self) { try read([intermediate, leaf]) }
        #expect(throws: CredentialFault.self) {
            try read([root.issue("W", key: TestKeys.rsa(1024), extensions: TestCertificate.authorityExtensions())])
        }
        let below = try issuer("I2", under: intermediate)
        let stranger = try TestCertificate.authority("Stranger")
        func stray(_ lent: TestCertificate...) throws -> [Int] {
            let file = try read(lent)
            return CertificateReview.ofIntermediates(file, among: try anchors(root).lending([file])).map(\.position)
        }
        #expect(try stray(intermediate, below) == [])
        #expect(try stray(below, intermediate) == [])
        #expect(try stray(below) == [1])
        #expect(try stray(intermediate, stranger, issuer("I", under: stranger)) == [2, 3])
        #expect(try stray(root) == [])
    }
}

extension Result where Failure == HandshakeFault {
    fileprivate var refusal: HandshakeFault? { if case .failure(let fault) = self { fault } else { nil } }
    fileprivate var isAccepted: Bool { refusal == nil }
}

import Credentials
import Crypto
import SwiftASN1
import Testing
import X509

@testable import ClientIdentity

@Suite("Revocation lists: a signature is verified once for each issuer, and never on an event loop where the list is large (PKI-08, PKI-10)")
struct RevocationTests {
    private let key = P256.Signing.PrivateKey()
    private let root: TestCertificate

    init() throws { root = try TestCertificate.authority(key: Certificate.PrivateKey(key)) }

    private func lists(_ entries: [TestRevocationList.Entry], signedBy signer: P256.Signing.PrivateKey? = nil) throws -> [RevocationList] {
        try RevocationListFile.lists(
            in: TestRevocationList(of: root.certificate.subject, signedBy: signer ?? key, entries).der, "a test's list")
    }

    private func validator(_ lists: [RevocationList], _ authorities: TestCertificate...) throws -> CertificatePathValidator {
        let file = try TemporaryFile(([root] + authorities).map { try $0.pem }.joined())
        let anchors = try TrustAnchors(file: file.path)
        let policy = RevocationPolicy(lists: lists, scope: .chain, whenStale: .refuse)
        return try CertificatePathValidator(anchors, revocation: Dictionary(uniqueKeysWithValues: anchors.certificates.map { ($0, policy) }))
    }

    private func serial(of certificate: TestCertificate) -> [UInt8] {
        let octets = Array(certificate.certificate.serialNumber.bytes)
        return (octets.first ?? 0) & 0x80 == 0 ? octets : [0] + octets
    }

    /// More than is verified at once anywhere.
    private var many: [TestRevocationList.Entry] {
        (0..<12_000).map { TestRevocationList.Entry(serial: [0x40] + withUnsafeBytes(of: UInt64($0).bigEndian, Array.init) + [7, 7]) }
    }

    @Test("A list is verified once however many are looked up in it")
    func aListIsVerifiedOnceHoweverManyAreLookedUpInIt() throws {
        let clients = try (0..<5).map { try root.issue("client \($0)") }
        let lists = try lists([.init(serial: serial(of: clients[0]))])
        let validator = try validator(lists)
        #expect(lists[0].verifications == 1, "when it is known whose it is")
        #expect(clients.map { validator.fault($0) } == [.revoked, nil, nil, nil, nil])
        #expect(lists[0].verifications == 1)
        _ = try self.validator(lists)
        #expect(lists[0].verifications == 1, "the next generation has it from this one")
    }

    @Test("A list is verified for each key of its issuer")
    func aListIsVerifiedForEachKeyOfItsIssuer() throws {
        let lists = try lists([])
        let twin = try TestCertificate.authority()
        let validator = try validator(lists, twin)
        #expect(lists[0].verifications == 2)
        #expect(validator.fault(try root.issue("client")) == nil)
        guard case .listMissing = validator.fault(try twin.issue("client")) else {
            Issue.record("what another key of that name signed tells nothing")
            return
        }
        #expect(lists[0].verifications == 2)
    }

    @Test("What is signed by a stranger tells nothing however often it is asked")
    func whatIsSignedByAStrangerTellsNothingHoweverOftenItIsAsked() throws {
        let lists = try lists([], signedBy: P256.Signing.PrivateKey())
        let validator = try validator(lists)
        for _ in 0..<2 {
            guard case .listMissing = validator.fault(try root.issue("client")) else {
                Issue.record("accepted")
                return
            }
        }
        #expect(lists[0].verifications == 1)
    }

    @Test("What an authority has revoked no path around its lists makes good, whatever the client sends along")
    func noPathAroundTheLists() throws {
        let issuerKey = P256.Signing.PrivateKey()
        let other = try TestCertificate.authority("Other Root")
        func issued(by authority: TestCertificate) throws -> TestCertificate {
            try authority.issue(
                "Issuer", key: Certificate.PrivateKey(issuerKey), extensions: TestCertificate.authorityExtensions(pathLength: 0))
        }
        let (issuer, cross) = (try issued(by: root), try issued(by: other))
        let (revoked, good) = (try issuer.issue("revoked"), try issuer.issue("good"))
        let list = try RevocationListFile.lists(
            in: TestRevocationList(of: issuer.certificate.subject, signedBy: issuerKey, [.init(serial: serial(of: revoked))]).der, "list")
        let file = try TemporaryFile([root, other, issuer].map { try $0.pem }.joined())
        let anchors = try TrustAnchors(file: file.path)
        for scope in [RevocationPolicy.Scope.leaf, .chain] {
            let policy = RevocationPolicy(lists: list, scope: scope, whenStale: .refuse)
            // Of the roots nobody asks.
            let validator = try CertificatePathValidator(anchors, revocation: [issuer.der: policy])
            for sent in [[], [issuer], [cross], [issuer, cross], [cross, issuer], [issuer, issuer, cross]] {
                #expect(validator.fault(revoked.der, sent.map(\.der)) == .revoked)
                #expect(validator.fault(good.der, sent.map(\.der)) == nil)
            }
        }
    }

    @Test("An event loop leaves a large list of a new issuer undecided")
    func anEventLoopLeavesALargeListOfANewIssuerUndecided() throws {
        let issuerKey = P256.Signing.PrivateKey()
        let issuer = try root.issue(
            "Issuer", key: Certificate.PrivateKey(issuerKey), extensions: TestCertificate.authorityExtensions(pathLength: 0))
        let client = try issuer.issue("client")
        let large = try RevocationListFile.lists(
            in: TestRevocationList(of: issuer.certificate.subject, signedBy: issuerKey, many + [.init(serial: serial(of: client))]).der, "large")
        let validator = try validator(try lists([]) + large)
        let verify = { (patience: CertificatePathValidator.Patience) in
            validator.validate(leaf: client.der, intermediates: [issuer.der], now: testNow, patience: patience)
        }
        #expect(try verify(.loop).get().isUndecided)
        #expect(large[0].verifications == 0)
        #expect(verify(.whatever) == .failure(.revoked))
        #expect(verify(.loop) == .failure(.revoked))
        #expect(large[0].verifications == 1)

        let next = try RevocationListFile.lists(in: TestRevocationList(of: issuer.certificate.subject, signedBy: issuerKey, many).der, "next")
        next[0].prepare(after: large[0])
        #expect(next[0].verifications == 1)
        let later = try self.validator(try lists([]) + next)
        let found = later.validate(leaf: client.der, intermediates: [issuer.der], now: testNow, patience: .loop)
        #expect(try !found.get().isUndecided, "the list that follows is verified with the keys that the one before was")
    }

    @Test("An undecided client is let in until its first request and no further")
    func anUndecidedClientIsLetInUntilItsFirstRequestAndNoFurther() throws {
        let issuerKey = P256.Signing.PrivateKey()
        let issuer = try root.issue(
            "Issuer", key: Certificate.PrivateKey(issuerKey), extensions: TestCertificate.authorityExtensions(pathLength: 0))
        let client = try issuer.issue("client")
        let large = try RevocationListFile.lists(
            in: TestRevocationList(of: issuer.certificate.subject, signedBy: issuerKey, many + [.init(serial: serial(of: client))]).der, "large")
        let authenticator = ClientAuthenticator(.authorities(try validator(try lists([]) + large)))
        let certificate = ClientCertificate(PresentedChain(leaf: client.der, others: [issuer.der]))
        #expect(authenticator.reviewNeedsTime(certificate, now: testNow))
        #expect(authenticator.reviewNeedsTime(certificate, now: testNow), "asking alone decides nothing")
        #expect(authenticator.review(certificate, now: testNow) == .failure(.certificateRefused(.revoked)))
        #expect(!authenticator.reviewNeedsTime(certificate, now: testNow))
        #expect(authenticator.review(certificate, now: testNow) == .failure(.certificateRefused(.revoked)))
    }

    @Test(
        "Serials are numbers",
        arguments: [
            ([0x01], [0x01], true), ([0x01], [0x02], false), ([0x00, 0x80], [0x00, 0x80], true), ([0x80], [0x00, 0x80], false),
            ([0x01, 0x00], [0x01], false), ([0x00, 0xff, 0xff], [0x00, 0xff, 0xff], true),
        ] as [([UInt8], [UInt8], Bool)])
    func serialsAreNumbers(listed: [UInt8], own: [UInt8], isRevoked: Bool) throws {
        let certificate = try root.issue("client", serial: own)
        let validator = try validator(try lists([.init(serial: [0x03]), .init(serial: listed), .init(serial: [0x00, 0xff, 0xff, 0xff])]))
        #expect(validator.fault(certificate) == (isRevoked ? .revoked : nil))
    }

    @Test("Each of many is found in whatever order the list has them")
    func eachOfManyIsFoundInWhateverOrderTheListHasThem() throws {
        let clients = try (1...40).map { try root.issue("client \($0)", serial: Array(repeating: UInt8($0), count: $0 % 20 + 1)) }
        let listed = clients.indices.filter { $0 % 3 != 0 }.shuffled()
        let validator = try validator(try lists(listed.map { .init(serial: serial(of: clients[$0])) }))
        for index in clients.indices { #expect(validator.fault(clients[index]) == (index % 3 == 0 ? nil : .revoked)) }
    }

    /// Codes of RFC 5280 section 5.3.1 and beyond: none of them lets anybody in, but removeFromCRL, which is for deltas.
    @Test("Whatever the reason revoked is revoked", arguments: [0, 1, 6, 7, 9, 10, 11, 127] as [UInt8])
    func whateverTheReasonRevokedIsRevoked(code: UInt8) throws {
        let client = try root.issue("client")
        #expect(try validator(try lists([.init(serial: serial(of: client), reason: code)])).fault(client) == .revoked)
    }

    @Test("An entry twice is revoked where one of them says so")
    func anEntryTwiceIsRevokedWhereOneOfThemSaysSo() throws {
        let client = try root.issue("client")
        let entries: [TestRevocationList.Entry] = [.init(serial: serial(of: client), reason: 8), .init(serial: serial(of: client), reason: 1)]
        for entries in [entries, entries.reversed()] { #expect(try validator(try lists(entries)).fault(client) == .revoked) }
    }

    @Test("No octet of a list can be another one, and none be missing, while its signature holds")
    func noOctetCanBeAnother() throws {
        let entries = [TestRevocationList.Entry(serial: [1], reason: 8), .init(serial: [2, 3]), .init(serial: [0x40, 5, 6], reason: 1)]
        let der = try TestRevocationList(of: root.certificate.subject, signedBy: key, entries).der
        let issuer = try #require(OpenSSLCertificate(der: root.der))
        func isGood(_ der: [UInt8]) -> Bool {
            guard let list = try? RevocationListFile.lists(in: der, "a test's list").first else { return false }
            list.prepare(for: issuer)
            return list.isSigned
        }
        #expect(isGood(der))
        for index in der.indices {
            #expect(!isGood(Array(der.prefix(index))))
            for bit: UInt8 in [1, 0x20, 0x80] {
                var changed = der
                changed[index] ^= bit
                // A signature has more than one spelling of a number or two; what is signed has one.
                #expect(!isGood(changed) || index > der.count - 72)
            }
        }
        #expect(!isGood(der + [0]))
    }

    @Test("Verdicts on more keys than are remembered are right all the same, and a good one is found again")
    func keysBeyondWhatIsRemembered() throws {
        let list = try #require(try lists([]).first)
        let own = try #require(OpenSSLCertificate(der: root.der))
        list.prepare(for: own)
        #expect(list.isSigned)
        for number in 1...130 {
            let other = try #require(OpenSSLCertificate(der: TestCertificate.authority().der))
            list.prepare(for: other)
            #expect(list.verifications == number + 1)
        }
        list.prepare(for: own)
        #expect(list.isSigned && list.verifications <= 132)
    }
}

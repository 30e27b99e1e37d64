import ClientIdentity
import Credentials
import Crypto
import Foundation
import SwiftASN1
import Testing
import X509

@Suite struct CertificatePathTests {
    private let root: TestCertificate
    private let leaf: TestCertificate
    private let validator: CertificatePathValidator

    init() throws {
        root = try .authority()
        leaf = try root.issue("A")
        validator = try CertificatePathValidator(trusting: root)
    }

    private func authority(_ name: String, under issuer: TestCertificate, pathLength: Int? = nil, notAfter: Double = testNow + 100 * day)
        throws -> TestCertificate
    {
        try issuer.issue(
            name, notBefore: testNow - 100 * day, notAfter: notAfter,
            extensions: TestCertificate.authorityExtensions(pathLength: pathLength))
    }

    // MARK: names and signatures (PKI-01, MTLS-22)

    @Test func aClientOfTheAuthorityIsAccepted() throws {
        #expect(validator.fault(leaf) == nil)
        #expect(validator.fault(try root.issue("B")) == nil)
        #expect(validator.fault(try root.issue("A", key: leaf.key)) == nil)
    }

    @Test func aSelfSignedCertificateIsUntrusted() throws {
        #expect(validator.fault(try .authority("A", extensions: TestCertificate.clientExtensions())) == .untrusted)
        #expect(validator.fault(Published.rfc8705) == .untrusted)
    }

    @Test func aTwinOfTheAuthorityIsUntrusted() throws {
        let twin = try TestCertificate.authority("Test Root")
        #expect(validator.fault(try twin.issue("A")) == .untrusted)
        #expect(validator.fault(try twin.issue("A"), twin) == .untrusted)
    }

    @Test func aSignatureThatDoesNotVerifyIsUntrusted() throws {
        var forged = leaf.der
        forged[forged.count - 1] ^= 1
        #expect([.untrusted, .malformed].contains(validator.fault(forged)))
    }

    @Test("The system's authorities are not trusted (MTLS-22)")
    func theSystemsAuthoritiesAreNotTrusted() throws {
        // Any public root that happens to be installed: issued nothing here, and not an anchor.
        let bundle = "/etc/ssl/certs/ca-certificates.crt"
        guard let roots = try? CertificateFile.read(bundle) else { return }
        for root in roots.prefix(20) { #expect(validator.fault(root.der) != nil) }
    }

    // MARK: intermediates (PKI-02, PKI-07)

    @Test func intermediatesAreTakenInAnyOrderWithExtras() throws {
        let first = try authority("I1", under: root)
        let second = try authority("I2", under: first)
        let leaf = try second.issue("A")
        let stranger = try TestCertificate.authority("Stranger")
        #expect(validator.fault(leaf, second, first) == nil)
        #expect(validator.fault(leaf, first, second) == nil)
        #expect(validator.fault(leaf, stranger, first, root, second, leaf) == nil)
        #expect(validator.fault(leaf.der, [[1, 2, 3], second.der, [], first.der]) == nil)
    }

    @Test func aMissingIntermediateIsUntrustedUnlessTheFileHoldsIt() throws {
        let intermediate = try authority("I", under: root)
        let leaf = try intermediate.issue("A")
        #expect(validator.fault(leaf) == .untrusted)
        #expect(try CertificatePathValidator(trusting: root, intermediate).fault(leaf) == nil)
    }

    @Test func anIssuingAuthorityAloneIsAnAnchorAndItsSiblingsAreNot() throws {
        let intermediate = try authority("I", under: root)
        let sibling = try authority("J", under: root)
        let validator = try CertificatePathValidator(trusting: intermediate)
        #expect(validator.fault(try intermediate.issue("A")) == nil)
        #expect(validator.fault(try sibling.issue("A"), sibling, root) == .untrusted)
        #expect(validator.fault(try root.issue("A"), root) == .untrusted)
    }

    @Test func aLeafCannotIssue() throws {
        #expect(validator.fault(try leaf.issue("B"), leaf) == .other(79))
        let bare = try root.issue("No constraints", extensions: Certificate.Extensions())
        #expect(validator.fault(try bare.issue("B"), bare) == .other(79))
        // keyCertSign without basicConstraints satisfies OpenSSL's default mode, not RFC 5280.
        let almost = try root.issue("Almost", extensions: Certificate.Extensions { Critical(KeyUsage(keyCertSign: true)) })
        #expect(validator.fault(try almost.issue("B"), almost) == .other(79))
    }

    @Test func anAuthorityWithoutKeyCertSignCannotIssue() throws {
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            Critical(KeyUsage(digitalSignature: true, cRLSign: true))
        }
        let intermediate = try root.issue("I", extensions: extensions)
        #expect(validator.fault(try intermediate.issue("A"), intermediate) != nil)
    }

    @Test func aPathLengthIsHonoured() throws {
        let last = try authority("Last", under: root, pathLength: 0)
        #expect(validator.fault(try last.issue("A"), last) == nil)
        let below = try authority("Below", under: last)
        #expect(validator.fault(try below.issue("A"), below, last) == .other(25))
    }

    @Test func fourIntermediatesAreEnoughAndFiveTooMany() throws {
        var path = [root]
        for index in 1...5 { path.append(try authority("I\(index)", under: path[index - 1])) }
        #expect(validator.fault(try path[4].issue("A").der, path[1...4].map(\.der)) == nil)
        #expect(validator.fault(try path[5].issue("A").der, path[1...5].map(\.der)) == .tooDeep)
    }

    @Test("A path has as many intermediates as the configuration says, also where names do not tell which", arguments: [0, 1, 8])
    func depth(_ depth: Int) throws {
        var path = [root]
        for index in 1...(depth + 1) { path.append(try authority("I\(index)", under: path[index - 1])) }
        let file = try TemporaryFile(try root.pem)
        let validator = try CertificatePathValidator(TrustAnchors(file: file.path), depth: depth)
        #expect(validator.fault(try path[depth].issue("A").der, path[1...].prefix(depth).map(\.der)) == nil)
        // One more certificate than is taken of a client makes eight and one.
        let longer = validator.fault(try path[depth + 1].issue("A").der, path[1...].map(\.der))
        #expect(longer == (depth < 8 ? .tooDeep : .tooLarge))
        // A second one of the same name makes the search look for every path.
        let twin = try authority("I1", under: root)
        guard depth < 8 else { return }
        #expect(validator.fault(try path[depth + 1].issue("A").der, path[1...].map(\.der) + [twin.der]) != nil)
    }

    @Test func moreThanAPathCanNeedIsRefused() throws {
        let others = try (0..<9).map { try TestCertificate.authority("Stranger \($0)").der }
        #expect(validator.fault(leaf.der, Array(others.prefix(8))) == nil)
        #expect(validator.fault(leaf.der, others) == .tooLarge)
        #expect(validator.fault(leaf.der, [[UInt8](repeating: 0, count: 32_768)]) == .tooLarge)
    }

    @Test func crossSignedAuthoritiesDoNotLoop() throws {
        let key = TestCertificate.newKey(), other = TestCertificate.newKey()
        let a = try TestCertificate.authority("Loop A", key: key), b = try TestCertificate.authority("Loop B", key: other)
        let aByB = try b.issue("Loop A", key: key, extensions: TestCertificate.authorityExtensions())
        let bByA = try a.issue("Loop B", key: other, extensions: TestCertificate.authorityExtensions())
        #expect(validator.fault(try aByB.issue("A"), aByB, bByA) != nil)
    }

    // MARK: usages (PKI-03, PKI-04)

    @Test func aLeafMustBeAllowedToSign() throws {
        func leaf(_ usage: KeyUsage?) throws -> TestCertificate {
            try root.issue("A", extensions: TestCertificate.clientExtensions(usage: usage))
        }
        #expect(validator.fault(try leaf(nil)) == nil)
        #expect(validator.fault(try leaf(KeyUsage(digitalSignature: true, keyEncipherment: true))) == nil)
        #expect(validator.fault(try leaf(KeyUsage(keyEncipherment: true))) == .wrongUsage)
        #expect(validator.fault(try leaf(KeyUsage(keyAgreement: true))) == .wrongUsage)
    }

    @Test func anExtendedKeyUsageMustNameClientAuthentication() throws {
        func leaf(_ extended: [ExtendedKeyUsage.Usage]?) throws -> TestCertificate {
            try root.issue("A", extensions: TestCertificate.clientExtensions(extended: extended))
        }
        #expect(validator.fault(try leaf(nil)) == nil)
        #expect(validator.fault(try leaf([.serverAuth, .clientAuth])) == nil)
        #expect(validator.fault(try leaf([.serverAuth])) == .forServersOnly)
        #expect(validator.fault(try leaf([.any])) == .wrongUsage)
    }

    @Test func anAuthorityLimitedToServersCannotIssueClients() throws {
        var extensions = try TestCertificate.authorityExtensions()
        try extensions.append(Certificate.Extension(ExtendedKeyUsage([.serverAuth]), critical: false))
        let intermediate = try root.issue("I", extensions: extensions)
        #expect(validator.fault(try intermediate.issue("A"), intermediate) != nil)
    }

    // MARK: extensions (PKI-05)

    @Test func anUnknownCriticalExtensionIsRefused() throws {
        func leaf(critical: Bool) throws -> TestCertificate {
            var extensions = try TestCertificate.clientExtensions()
            try extensions.append(Certificate.Extension(oid: [1, 3, 6, 1, 4, 1, 99999, 1], critical: critical, value: [5, 0]))
            return try root.issue("A", extensions: extensions)
        }
        #expect(validator.fault(try leaf(critical: false)) == nil)
        #expect(validator.fault(try leaf(critical: true)) == .other(34))
    }

    @Test func nameConstraintsAreEnforced() throws {
        var extensions = try TestCertificate.authorityExtensions()
        try extensions.append(Certificate.Extension(NameConstraints(permittedDNSDomains: ["example.com"]), critical: true))
        let intermediate = try root.issue("I", extensions: extensions)
        func leaf(_ name: String) throws -> TestCertificate {
            var extensions = try TestCertificate.clientExtensions()
            try extensions.append(Certificate.Extension(SubjectAlternativeNames([.dnsName(name)]), critical: false))
            return try intermediate.issue("A", extensions: extensions)
        }
        #expect(validator.fault(try leaf("client.example.com"), intermediate) == nil)
        #expect(validator.fault(try leaf("client.example.org"), intermediate) == .other(47))
    }

    /// Open Finance Brasil's certificates carry them (lessons, swift-nio-ssl before 2.37.2).
    @Test func anOtherNameInTheAlternativeNamesIsHarmless() throws {
        // SEQUENCE { [0] { OID 2.16.76.1.3.3, [0] { UTF8String "12345678901234" } } }
        let names: [UInt8] = [0x30, 0x1b, 0xa0, 0x19, 0x06, 0x05, 0x60, 0x4c, 0x01, 0x03, 0x03, 0xa0, 0x10, 0x0c, 0x0e] + "12345678901234".utf8
        var extensions = try TestCertificate.clientExtensions()
        try extensions.append(Certificate.Extension(oid: [2, 5, 29, 17], critical: false, value: names[...]))
        #expect(validator.fault(try root.issue("A", extensions: extensions)) == nil)
    }

    // MARK: strength (TLS-12, TLS-20, PKI-13)

    @Test func aSHA1SignatureIsWeakExceptTheAnchorsOwn() throws {
        let old = try TestCertificate.authority("Old", key: TestKeys.rsa(2048), signature: .sha1WithRSAEncryption)
        let validator = try CertificatePathValidator(trusting: old)
        #expect(validator.fault(try old.issue("A")) == nil)
        #expect(validator.fault(try old.issue("A", signature: .sha1WithRSAEncryption)) == .weak)
        let intermediate = try old.issue(
            "I", signature: .sha1WithRSAEncryption, extensions: TestCertificate.authorityExtensions())
        #expect(validator.fault(try intermediate.issue("A"), intermediate) == .weak)
    }

    @Test func rsaKeysBelow2048BitsAreWeak() throws {
        #expect(validator.fault(try root.issue("A", key: TestKeys.rsa(2048))) == nil)
        #expect(validator.fault(try root.issue("A", key: TestKeys.rsa(1024))) == .weak)
        let intermediate = try root.issue("I", key: TestKeys.rsa(1024), extensions: TestCertificate.authorityExtensions())
        #expect(validator.fault(try intermediate.issue("A"), intermediate) != nil)
    }

    /// Its signature is a stranger's, so a look at that first would have said untrusted.
    @Test func anEnormousKeyIsRefusedBeforeAnySignatureIsChecked() throws {
        #expect(validator.fault(TestKeys.enormousCertificate) == .weak)
        let below = try TestCertificate.authority("Enormous").issue("B")
        #expect(validator.fault(below.der, [TestKeys.enormousCertificate]) == .untrusted)
    }

    @Test func theUsualKindsOfKeysAreTaken() throws {
        let curve = Certificate.PrivateKey(Curve25519.Signing.PrivateKey())
        #expect(validator.fault(try root.issue("A", key: curve)) == nil)
        let byCurve = try TestCertificate.authority("Ed", key: curve, signature: .ed25519)
        #expect(try CertificatePathValidator(trusting: byCurve).fault(byCurve.issue("A", signature: .ed25519)) == nil)
    }

    // MARK: time (PKI-06)

    @Test func validityIncludesBothItsEnds() throws {
        let leaf = try root.issue("A", notBefore: testNow - 100, notAfter: testNow + 100)
        #expect(validator.fault(leaf, now: testNow - 101) == .notYetValid)
        #expect(validator.fault(leaf, now: testNow - 100) == nil)
        #expect(validator.fault(leaf, now: testNow + 100) == nil)
        #expect(validator.fault(leaf, now: testNow + 101) == .expired)
    }

    @Test func thePathIsValidOnlyWhileAllOfItIs() throws {
        let intermediate = try authority("I", under: root, notAfter: testNow + 10)
        let result = validator.validate(leaf: try intermediate.issue("A").der, intermediates: [intermediate.der], now: testNow)
        #expect(try result.get().window == ValidityWindow(notBefore: testNow - day, notAfter: testNow + 10))
        let expired = try TestCertificate.authority("Expired", notAfter: testNow - 1)
        #expect(try CertificatePathValidator(trusting: expired).fault(expired.issue("A")) == .expired)
    }

    @Test func ofAnAuthorityAndItsRenewalTheValidOneCounts() throws {
        let expired = try TestCertificate.authority("Renewed", notAfter: testNow - 1)
        let renewed = try TestCertificate.authority("Renewed", key: expired.key)
        let leaf = try expired.issue("A")
        #expect(try CertificatePathValidator(trusting: expired, renewed).fault(leaf) == nil)
        #expect(try CertificatePathValidator(trusting: renewed, expired).fault(leaf) == nil)
    }

    @Test func anExpiredStrangerIsUntrustedBeforeAllElse() throws {
        let stranger = try TestCertificate.authority("Stranger").issue("A", notAfter: testNow - 1)
        #expect(validator.fault(stranger) == .untrusted)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300]) func aTimeThatIsNoneIsNeverValid(_ now: Double) {
        #expect(validator.fault(leaf, now: now) != nil)
    }

    @Test func theExampleOfRFC9440IsValidInItsTime() throws {
        let file = try TemporaryFile(Published.rfc9440Root)
        let validator = try CertificatePathValidator(TrustAnchors(file: file.path))
        let path = [Published.rfc9440Intermediate]
        #expect(validator.fault(Published.rfc9440Leaf, path, now: Published.rfc9440Time) == nil)
        #expect(validator.fault(Published.rfc9440Leaf, path, now: testNow) == .expired)
        #expect(validator.fault(Published.rfc9440Leaf, now: Published.rfc9440Time) == .untrusted)
    }

    // MARK: untrusted bytes

    @Test func mutatedCertificatesNeverPass() throws {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var der = leaf.der
            der[Int.random(in: 0..<der.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            #expect(validator.fault(der) != nil)
            #expect(validator.fault(leaf.der, [der]) == nil)
        }
    }

    @Test func everyFaultHasACodeAndAMeaning() {
        let faults: [PathFault] = [
            .expired, .notYetValid, .untrusted, .wrongUsage, .denied, .revoked, .listMissing(3), .listStale, .statusUnknown, .statusUnavailable,
            .weak, .malformed, .other(22),
        ]
        #expect(Set(faults.map(\.code)).count == faults.count)
        #expect(faults.allSatisfy { !$0.meaning.isEmpty })
        #expect(PathFault.other(22).meaning == "certificate chain too long")
    }
}

import BindingPolicy
import ClientIdentity
import Credentials
import Foundation
import Testing

@Suite struct ThumbprintTests {
    @Test("The certificates of the RFCs have their published thumbprints (MTLS-06)")
    func theCertificatesOfTheRFCsHaveTheirPublishedThumbprints() {
        #expect(Thumbprint(ofCertificate: Published.rfc8705).base64url == "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0")
        #expect(Thumbprint(ofCertificate: Published.rfc8705).hex == "0380ed2f626650c840b2f263e6d2b29fae12ab39ae5db32b25ad27efad72e6fd")
        #expect(Thumbprint(ofCertificate: Published.rfc9440Leaf).base64url == "v68ffgcPn6jdYpBfFY2nP4ShE2Yk-6_Mk5PI9yh6aes")
        #expect(Thumbprint(ofCertificate: Published.rfc9440Intermediate).base64url == "6H31tD6_m4nKKyu_MaTnrVpA1ATPuy_MGkA8JlEoWtw")
        #expect(Thumbprint(ofCertificate: Published.rfc9440Root).base64url == "QjrpXcQc0m2pAhrU5jibqnfghYYHY1qwhekeXR2Ue4M")
    }

    @Test func aSummaryTellsThumbprintSubjectAndDates() throws {
        let summary = try #require(CertificateSummary(der: Published.rfc8705))
        #expect(summary.thumbprint.base64url == "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0")
        #expect(summary.subject == "CN=mtls")
        #expect(summary.window == ValidityWindow(notBefore: 1_539_866_229, notAfter: 1_651_495_029))
    }

    @Test func aSummaryOfAnythingButOneCertificateIsNone() {
        #expect(CertificateSummary(der: []) == nil)
        #expect(CertificateSummary(der: [0x30, 0x82]) == nil)
        #expect(CertificateSummary(der: Published.rfc8705 + [0]) == nil)
        #expect(CertificateSummary(der: Array(Published.rfc8705.dropLast())) == nil)
    }

    @Test func aSubjectCannotBreakALineOfOutput() throws {
        let nasty = try TestCertificate.authority("a\nfake: line\u{1b}[31m,ü")
        let subject = try #require(CertificateSummary(der: nasty.der)).subject
        #expect(subject.utf8.allSatisfy { (0x20...0x7e).contains($0) })
        #expect(subject.hasPrefix("CN=a\\0A"))
    }

    @Test("A certificate renewed with the same key and subject is another one (MTLS-18)")
    func aRenewedCertificateHasAnotherThumbprint() throws {
        let root = try TestCertificate.authority()
        let first = try root.issue("A")
        let renewed = try root.issue("A", key: first.key)
        #expect(Thumbprint(ofCertificate: first.der) != Thumbprint(ofCertificate: renewed.der))
    }
}

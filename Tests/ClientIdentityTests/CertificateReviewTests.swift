import ClientIdentity
import Credentials
import Foundation
import SwiftASN1
import Testing
import X509

@Suite("What others will find wrong with a certificate")
struct CertificateReviewTests {
    private let root: TestCertificate

    init() throws { root = try .authority() }

    private func read(_ chain: TestCertificate...) throws -> [Credentials.Certificate] {
        let file = try TemporaryFile(chain.map { try $0.pem }.joined())
        return try CertificateFile.read(file.path)
    }

    private func server(
        _ names: [GeneralName] = [.dnsName("api.example.com")], extended: [ExtendedKeyUsage.Usage]? = [.serverAuth],
        key: X509.Certificate.PrivateKey = TestCertificate.newKey(), notBefore: Double = testNow - day, notAfter: Double = testNow + day
    ) throws -> TestCertificate {
        var extensions = try TestCertificate.clientExtensions(extended: extended)
        if !names.isEmpty { try extensions.append(Certificate.Extension(SubjectAlternativeNames(names), critical: false)) }
        return try root.issue("server", key: key, notBefore: notBefore, notAfter: notAfter, extensions: extensions)
    }

    private func kinds(_ chain: TestCertificate..., hosts: [String] = []) throws -> [CertificateConcern.Kind] {
        let file = try TemporaryFile(chain.map { try $0.pem }.joined())
        return CertificateReview.ofServer(try CertificateFile.read(file.path), hosts: hosts, now: testNow).map(\.kind)
    }

    @Test("A good one gives no reason to say anything, also with its chain")
    func good() throws {
        #expect(try kinds(server()) == [])
        #expect(try kinds(server(extended: nil), root) == [])
        let loopback = GeneralName.ipAddress(ASN1OctetString(contentBytes: [127, 0, 0, 1]))
        #expect(try kinds(server([.dnsName("*.example.com"), loopback]), hosts: ["api.example.com", "127.0.0.1"]) == [])
    }

    @Test("Its time is told, to the second")
    func time() throws {
        #expect(try kinds(server(notAfter: testNow - 1)) == [.expired(at: testNow - 1)])
        #expect(try kinds(server(notAfter: testNow)) == [])
        #expect(try kinds(server(notBefore: testNow + 1)) == [.notYetValid(before: testNow + 1)])
        let old = try TestCertificate.authority(notAfter: testNow - 1)
        var extensions = try TestCertificate.clientExtensions(extended: [.serverAuth])
        try extensions.append(Certificate.Extension(SubjectAlternativeNames([.dnsName("a")]), critical: false))
        let concerns = CertificateReview.ofServer(try read(old.issue("a", extensions: extensions), old), now: testNow)
        #expect(concerns == [CertificateConcern(position: 2, subject: "CN=Test Root", kind: .expired(at: testNow - 1))])
    }

    @Test("So are names, usages, keys and order")
    func others() throws {
        #expect(try kinds(server([])) == [.namesNoHost])
        #expect(try kinds(server([.rfc822Name("a@example.com")])) == [.namesNoHost])
        #expect(try kinds(server(), hosts: ["api.example.com", "b.example.com", "[::1]"]) == [.otherHosts(["b.example.com", "[::1]"])])
        #expect(try kinds(server(extended: [.clientAuth])) == [.notForServers])
        #expect(try kinds(server(extended: [.clientAuth, .serverAuth])) == [])
        #expect(try kinds(server(key: TestKeys.rsa(1024))) == [.weakKey(.rsa(bits: 1024))])
        #expect(try kinds(server(key: TestKeys.rsa(2048))) == [])
        let stranger = try TestCertificate.authority("Stranger")
        #expect(try kinds(server(), stranger) == [.chainBroken])
        #expect(try kinds(server([]), stranger) == [.namesNoHost, .chainBroken])
    }

    @Test("A client's certificate needs no name, and another usage")
    func client() throws {
        func kinds(_ extended: [ExtendedKeyUsage.Usage]?) throws -> [CertificateConcern.Kind] {
            CertificateReview.ofClient(try read(root.issue("c", extensions: TestCertificate.clientExtensions(extended: extended))), now: testNow).map(
                \.kind)
        }
        #expect(try kinds([.clientAuth]) == [])
        #expect(try kinds(nil) == [])
        #expect(try kinds([.serverAuth]) == [.notForClients])
    }

    @Test("Of authorities only the time counts: their keys are looked at when they are read")
    func authorities() throws {
        let (old, future) = (
            try TestCertificate.authority("Old", notAfter: testNow - 1), try TestCertificate.authority("Future", notBefore: testNow + 1)
        )
        let concerns = CertificateReview.ofAuthorities(try read(root, old, future), now: testNow)
        #expect(
            concerns == [
                CertificateConcern(position: 2, subject: "CN=Old", kind: .expired(at: testNow - 1)),
                CertificateConcern(position: 3, subject: "CN=Future", kind: .notYetValid(before: testNow + 1)),
            ])
    }
}

import BindingPolicy
import Credentials
import SwiftASN1
import Testing
import X509

@testable import ClientIdentity

@Suite("What is read from a certificate about its holder")
struct CertificateFactsTests {
    private let root: TestCertificate

    init() throws { root = try .authority() }

    private func facts(_ type: ASN1ObjectIdentifier, _ contents: [UInt8]...) throws -> CertificateFacts {
        var extensions = try TestCertificate.clientExtensions()
        for content in contents { try? extensions.append(Certificate.Extension(oid: type, critical: false, value: content[...])) }
        return try facts(root.issue("a", extensions: extensions).der)
    }

    private func facts(_ der: [UInt8]) throws -> CertificateFacts { CertificateFacts(try #require(OpenSSLCertificate(der: der))) }

    // MARK: qcStatements

    private static let qcStatements: ASN1ObjectIdentifier = [1, 3, 6, 1, 5, 5, 7, 1, 3]

    private static func roles(of statements: [UInt8]) -> [PaymentRole] { PaymentRoles.read(.content(statements)) }

    /// A `QCStatements` with a statement that a certificate is qualified, and this one.
    private static func statements(_ roles: [UInt8], authority: [UInt8] = DERText.utf8("FCA") + DERText.utf8("GB-FCA")) -> [UInt8] {
        DERText.sequence(DERText.sequence(DERText.type([4, 0, 0x8e, 0x46, 1, 1])) + DERText.psd2(DERText.sequence(roles) + authority))
    }

    @Test("Roles are told by their object identifiers, in whatever order, with whatever statements beside them")
    func roles() throws {
        #expect(Self.roles(of: Self.statements(DERText.role(3) + DERText.role(2))) == [.paymentInitiation, .accountInformation])
        #expect(Self.roles(of: Self.statements((1...4).flatMap { DERText.role($0) })) == PaymentRole.allCases)
        #expect(Self.roles(of: Self.statements(DERText.role(3) + DERText.role(9))) == [.accountInformation])
        #expect(try facts(Self.qcStatements, Self.statements(DERText.role(3))).roles == [.accountInformation])
    }

    @Test("A statement that is absent, malformed, or there twice gives no role")
    func noRoles() throws {
        let good = Self.statements(DERText.role(3))
        #expect(try facts(root.issue("a").der).roles == [] && facts(Self.qcStatements, []).roles == [])
        let bad = [
            [], [0x30], good + [0], Array(good.dropLast()), Self.statements([]), Self.statements(DERText.role(3), authority: []),
            Self.statements(DERText.role(3), authority: DERText.utf8("FCA")),
            Self.statements(DERText.role(3), authority: DERText.utf8("a") + DERText.utf8("b") + DERText.utf8("c")),
            Self.statements(DERText.sequence(DERText.utf8("PSP_AI"))), DERText.sequence(DERText.psd2([])),
            DERText.sequence(DERText.psd2(DERText.sequence(DERText.role(3)) + DERText.utf8("a") + DERText.utf8("b")) + [5, 0]),
            // Twice: which of them holds?
            DERText.sequence((0..<2).flatMap { _ in DERText.psd2(DERText.sequence(DERText.role(3)) + DERText.utf8("a") + DERText.utf8("b")) }),
        ]
        for der in bad { #expect(Self.roles(of: der) == [], "\(der)") }
        #expect(PaymentRoles.read(.repeated) == [] && PaymentRoles.read(.absent) == [])
    }

    @Test("No octets that an issuer could write trap or give a role that is not spelled out in them")
    func mutations() {
        var chance = SystemRandomNumberGenerator()
        let good = Self.statements(DERText.role(3))
        let names = DERText.sequence(
            DERText.tagged(0xa0, DERText.type([42, 3]) + DERText.tagged(0xa0, DERText.utf8("x"))) + DERText.tagged(0x82, [97]))
        for _ in 0..<20_000 {
            var octets = Bool.random(using: &chance) ? good : names
            for _ in 0..<Int.random(in: 1...4, using: &chance) where !octets.isEmpty {
                let place = Int.random(in: octets.indices, using: &chance)
                switch Int.random(in: 0..<4, using: &chance) {
                case 0: octets.remove(at: place)
                case 1: octets.insert(.random(in: .min ... .max, using: &chance), at: place)
                case 2: octets = Array(octets.prefix(place))
                default: octets[place] = .random(in: .min ... .max, using: &chance)
                }
            }
            #expect(Self.roles(of: octets).count <= 1)
            let read = AlternativeNames.read(.content(octets))
            #expect(read.dns.count + read.uris.count + read.others.count <= octets.count)
        }
    }

    // MARK: Names

    @Test("Names beside the subject are read each as its own kind, with their NULs; other kinds are left out")
    func names() throws {
        let upn: [UInt8] = [0x2b, 6, 1, 4, 1, 0x82, 0x37, 20, 2, 3]
        let der = DERText.sequence(
            DERText.tagged(0x82, Array("a\0.evil".utf8)) + DERText.tagged(0x86, Array("spiffe://td/a".utf8)) + DERText.tagged(0x81, [97])
                + DERText.tagged(0xa0, DERText.type(upn) + DERText.tagged(0xa0, DERText.utf8("u@example")))
                + DERText.tagged(0xa0, DERText.type([42, 3]) + DERText.tagged(0xa0, [0x04, 1, 97])))
        let facts = try facts([2, 5, 29, 17], der)
        #expect(facts.dns == [Array("a\0.evil".utf8)] && facts.spiffeID?.text == "spiffe://td/a")
        #expect(facts.otherNames == [.init(type: "1.3.6.1.4.1.311.20.2.3", value: Array("u@example".utf8))])
        for bad in [DERText.sequence(DERText.tagged(0x82, [97]) + [2, 1, 0]), DERText.tagged(0x82, [97]), der + [0], Array(der.dropLast())] {
            #expect(AlternativeNames.read(.content(bad)).dns == [], "\(bad)")
        }
    }

    @Test("The subject's attributes are told by object identifiers, to their last octet (PKI-14)")
    func subject() throws {
        let subject = DistinguishedName([
            .init([.init(type: [2, 5, 4, 3], utf8String: "a\0.evil")]), .init([.init(type: [2, 5, 4, 10], utf8String: "Ä")]),
            .init([.init(type: [2, 5, 4, 97], utf8String: "PSDGB-FCA-1")]), .init([.init(type: [1, 2, 3], utf8String: "own")]),
        ])
        let key = TestCertificate.newKey()
        let now = root.certificate.notValidBefore
        let certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: key.publicKey, notValidBefore: now, notValidAfter: now,
            issuer: root.certificate.subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: .init(), issuerPrivateKey: root.key)
        let facts = try facts(TestCertificate(certificate, key).der)
        #expect(
            facts.subject == [
                .init(type: "2.5.4.3", value: Array("a\0.evil".utf8)), .init(type: "2.5.4.10", value: Array("Ä".utf8)),
                .init(type: "2.5.4.97", value: Array("PSDGB-FCA-1".utf8)), .init(type: "1.2.3", value: Array("own".utf8)),
            ])
        #expect(facts.organization == "PSDGB-FCA-1")
    }

    // MARK: When

    @Test("They come with a path to an authority, where somebody asks, and are remembered with it")
    func vouched() throws {
        let leaf = try root.issue("A")
        let chain = try leaf.chain()
        let validator = try CertificatePathValidator(trusting: root)
        func facts(_ authenticator: ClientAuthenticator) throws -> CertificateFacts? {
            let accepted = try authenticator.verifyHandshake(chain: chain, now: testNow).get()
            let first = try authenticator.identify(leaf: chain.first, accepted: accepted, now: testNow).get().peer.certificate
            #expect(try authenticator.identify(leaf: chain.first, now: testNow).get().peer.certificate === first)
            return first
        }
        #expect(try facts(ClientAuthenticator(.authorities(validator), readsFacts: true))?.subject.first?.value == [65])
        #expect(try facts(ClientAuthenticator(.authorities(validator))) == nil)
        #expect(try facts(ClientAuthenticator(.any, readsFacts: true)) == nil)
    }
}

/// DER in small pieces.
enum DERText {
    static func tagged(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length: [UInt8] = content.count < 128 ? [UInt8(content.count)] : [0x82, UInt8(content.count >> 8), UInt8(content.count & 255)]
        return [tag] + length + content
    }

    static func sequence(_ content: [UInt8]) -> [UInt8] { tagged(0x30, content) }
    static func utf8(_ text: String) -> [UInt8] { tagged(0x0c, Array(text.utf8)) }
    static func type(_ content: [UInt8]) -> [UInt8] { tagged(0x06, content) }

    /// `RoleOfPSP`, 0.4.0.19495.1.`number`.
    static func role(_ number: UInt8) -> [UInt8] { sequence(type([4, 0, 0x81, 0x98, 0x27, 1, number]) + utf8("PSP")) }

    /// The statement 0.4.0.19495.2.
    static func psd2(_ information: [UInt8]) -> [UInt8] { sequence(type([4, 0, 0x81, 0x98, 0x27, 2]) + sequence(information)) }
}

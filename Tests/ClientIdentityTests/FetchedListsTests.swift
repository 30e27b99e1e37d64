import Credentials
import Crypto
import SwiftASN1
import Testing
import X509

@testable import ClientIdentity

@Suite("Fetched revocation lists: what a reload fetches in another way begins with what was fetched before")
struct FetchedListsTests {
    private let key = P256.Signing.PrivateKey()
    private let root: TestCertificate
    private let changes = TrustChanges()

    init() throws { root = try TestCertificate.authority(key: Certificate.PrivateKey(key)) }

    private func lists(_ thisUpdate: String, signedBy signer: P256.Signing.PrivateKey? = nil) throws -> [RevocationList] {
        let list = try TestRevocationList(of: root.certificate.subject, signedBy: signer ?? key, [], thisUpdate: thisUpdate)
        return try RevocationListFile.lists(in: list.der, "a test's list")
    }

    /// Of the root's, from seven in the morning.
    private func fetched() throws -> FetchedLists {
        let fetched = FetchedLists(changes)
        fetched.prepare(for: try #require(OpenSSLCertificate(der: root.der)))
        try fetched.replace(by: lists("270115070000Z"), now: testNow)
        return fetched
    }

    private func identities(_ lists: [RevocationList]) -> [ObjectIdentifier] { lists.map { ObjectIdentifier($0) } }

    @Test("One that follows another has its lists, and another's later ones not")
    func begins() throws {
        let before = try fetched()
        let after = FetchedLists(changes, after: before)
        #expect(!after.lists.isEmpty && identities(after.lists) == identities(before.lists))
        #expect(FetchedLists(changes).lists.isEmpty)
        try before.replace(by: lists("270115073000Z"), now: testNow)
        #expect(identities(after.lists) != identities(before.lists))
    }

    @Test("It takes newer ones of the same key, and neither older ones nor another key's")
    func succession() throws {
        let after = FetchedLists(changes, after: try fetched())
        let count = changes.count
        #expect(throws: FetchedLists.Fault.older(after.lists[0].issuer)) { try after.replace(by: lists("270115060000Z"), now: testNow) }
        #expect(throws: FetchedLists.Fault.unsigned(after.lists[0].issuer)) {
            try after.replace(by: lists("270115073000Z", signedBy: .init()), now: testNow)
        }
        #expect(changes.count == count)
        let newer = try lists("270115073000Z")
        try after.replace(by: newer, now: testNow)
        #expect(identities(after.lists) == identities(newer) && changes.count == count + 1)
        #expect(newer[0].isSigned, "by an issuer that only the first was told of")
    }

    @Test("A list is of no consequence beside a later one of its scope, and only beside that (PKI-11)")
    func supersession() throws {
        let (early, late) = (try lists("270115070000Z")[0], try lists("270115073000Z")[0])
        #expect(late.supersedes(early) && !early.supersedes(late) && !early.supersedes(early))
        let other = try TestRevocationList(
            of: TestCertificate.authority("Other").certificate.subject, signedBy: key, [], thisUpdate: "270115073000Z")
        #expect(try !RevocationListFile.lists(in: other.der, "another's")[0].supersedes(early))
        // Later, and over sooner.
        let short = try TestRevocationList(
            of: root.certificate.subject, signedBy: key, [], thisUpdate: "270115080000Z", nextUpdate: "270115090000Z")
        #expect(try !RevocationListFile.lists(in: short.der, "a short one")[0].supersedes(early))
    }
}

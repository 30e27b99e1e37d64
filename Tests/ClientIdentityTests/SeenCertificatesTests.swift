import BindingPolicy
import Testing

@testable import ClientIdentity

@Suite("Renewal is told from theft by who has been let in")
struct SeenCertificatesTests {
    private let root: TestCertificate
    private let other: TestCertificate

    init() throws {
        root = try .authority("Root")
        other = try .authority("Other")
    }

    private func client(_ certificate: TestCertificate) -> ClientCertificate { ClientCertificate(PresentedChain(leaf: certificate.der, others: [])) }

    @Test("Two certificates of one subject from one issuer are one holder's; of another subject or issuer, or unseen, they are not")
    func holders() throws {
        let (old, new) = (client(try root.issue("A")), client(try root.issue("A")))
        let (stranger, elsewhere, unseen) = (client(try root.issue("B")), client(try other.issue("A")), client(try root.issue("A")))
        let seen = SeenCertificates()
        for certificate in [old, new, stranger, elsewhere] { seen.note(certificate) }
        #expect(seen.isRenewed(old.thumbprint, by: new.thumbprint))
        for one in [stranger, elsewhere, unseen] { #expect(!seen.isRenewed(old.thumbprint, by: one.thumbprint)) }
        #expect(!seen.isRenewed(old.thumbprint, by: old.thumbprint))
    }

    @Test("The memory is bounded, and keeps the latest")
    func bounded() throws {
        let seen = SeenCertificates(limit: 8)
        let first = client(try root.issue("A"))
        seen.note(first)
        for _ in 0..<20 { seen.note(client(try root.issue("A"))) }
        let (one, two) = (client(try root.issue("A")), client(try root.issue("A")))
        seen.note(one)
        seen.note(two)
        #expect(!seen.isRenewed(first.thumbprint, by: one.thumbprint) && seen.isRenewed(one.thumbprint, by: two.thumbprint))
    }
}

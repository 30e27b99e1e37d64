import ClientIdentity
import Credentials
import HTTPWire
import Testing

@testable import HoldfastServer

@Suite("The shelf of revocation lists: a reload keeps what was fetched")
struct RevocationShelfTests {
    private let shelf = RevocationShelf()
    private let url: HTTPURL
    private let other: HTTPURL

    init() throws {
        url = try HTTPURL("https://ca.example.com/ca.crl")
        other = try HTTPURL("https://ca.example.com/other.crl")
    }

    /// A list of nobody whom anybody here trusts.
    private static let list = """
        -----BEGIN X509 CRL-----
        MIGoMFECAQEwCgYIKoZIzj0EAwIwEDEOMAwGA1UEAwwFbGlzdHMXDTI2MTEyNzAy
        NDY1NloYDzIxMjYxMTAzMDI0NjU2WqAOMAwwCgYDVR0UBAMCAQEwCgYIKoZIzj0E
        AwIDRwAwRAIgSLy88D18Yy6hyJwVD852Via/8VsTlXdHvqDF7Xz2eToCIDMJffAj
        T6rIPAXNmndrmmvffDr9shMxbHechdm7WBR+
        -----END X509 CRL-----
        """

    private func fill(_ keeper: ListKeeper) throws {
        try keeper.lists.replace(by: RevocationListFile.lists(in: Array(Self.list.utf8), "a test's list"), now: 0)
    }

    private func lists(_ keeper: ListKeeper) -> [ObjectIdentifier] { keeper.lists.lists.map { ObjectIdentifier($0) } }

    @Test("One that looks the same is the same, with its lists; of another URL it is another, with none")
    func same() throws {
        let keeper = shelf.keeper(of: url, refresh: 60)
        #expect(keeper.isUndecided)
        try fill(keeper)
        #expect(shelf.keeper(of: url, refresh: 60) === keeper && !keeper.isUndecided)
        let stranger = shelf.keeper(of: other, refresh: 60)
        #expect(stranger !== keeper && stranger.isUndecided && lists(stranger).isEmpty)
    }

    @Test("One that looks at another time begins with the lists of its URL, and is waited for no more")
    func otherwise() throws {
        let keeper = shelf.keeper(of: url, refresh: 60)
        let early = shelf.keeper(of: url, refresh: 30)
        #expect(early.isUndecided, "nothing is there yet")
        try fill(keeper)
        let next = shelf.keeper(of: url, refresh: 120)
        #expect(next !== keeper && next.refresh == 120 && !next.isUndecided)
        #expect(!lists(next).isEmpty && lists(next) == lists(keeper))
        let stranger = shelf.keeper(of: other, refresh: 120)
        #expect(stranger.isUndecided && lists(stranger).isEmpty)
    }

    /// As a reload that is refused makes one.
    @Test("One that was made for nothing takes nothing from those in use")
    func dropped() throws {
        let keeper = shelf.keeper(of: url, refresh: 60)
        try fill(keeper)
        weak let unused: ListKeeper? = shelf.keeper(of: url, refresh: 30)
        #expect(unused == nil)
        #expect(shelf.keeper(of: url, refresh: 60) === keeper)
        #expect(lists(shelf.keeper(of: url, refresh: 30)) == lists(keeper) && !lists(keeper).isEmpty)
    }

    @Test("What nobody has any more is gone, its lists too")
    func gone() throws {
        func use() throws { try fill(shelf.keeper(of: url, refresh: 60)) }
        try use()
        #expect(shelf.keeper(of: url, refresh: 60).isUndecided)
    }
}

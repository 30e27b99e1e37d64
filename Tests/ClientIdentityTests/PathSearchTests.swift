import Credentials
import Testing
import X509

@testable import ClientIdentity

@Suite("Rollover: of several authorities of one name each path that exists is found (PKI-01, PKI-07)")
struct PathSearchTests {
    private let old: TestCertificate
    private let new: TestCertificate

    init() throws {
        old = try .authority("CA")
        new = try .authority("CA")
    }

    /// In whatever order the file has them.
    private func validators(_ first: TestCertificate, _ second: TestCertificate) throws -> [CertificatePathValidator] {
        [try CertificatePathValidator(trusting: first, second), try CertificatePathValidator(trusting: second, first)]
    }

    @Test("Two authorities of one name and different keys, without key identifiers")
    func twoAuthorities() throws {
        let leaves = [try old.issue("A"), try new.issue("A")]
        for validator in try validators(old, new) { for leaf in leaves { #expect(validator.fault(leaf) == nil) } }
        let alone = try CertificatePathValidator(trusting: old)
        #expect(alone.fault(leaves[0]) == nil && alone.fault(leaves[1]) == .untrusted)
    }

    @Test("Two authorities of one name with key identifiers, and leaves that name no key")
    func keyIdentifiers() throws {
        func identified() throws -> TestCertificate {
            let key = TestCertificate.newKey()
            var extensions = try TestCertificate.authorityExtensions()
            try extensions.append(Certificate.Extension(SubjectKeyIdentifier(hash: key.publicKey), critical: false))
            return try TestCertificate.authority("CA", key: key, extensions: extensions)
        }
        let (first, second) = (try identified(), try identified())
        for validator in try validators(first, second) {
            #expect(validator.fault(try first.issue("A")) == nil)
            #expect(validator.fault(try second.issue("A")) == nil)
        }
    }

    @Test("Two intermediates of one name that the client sends, in either order, one of them of no use")
    func twoIntermediates() throws {
        let good = try old.issue("I", extensions: TestCertificate.authorityExtensions())
        let useless = try TestCertificate.authority("Stranger").issue("I", extensions: TestCertificate.authorityExtensions())
        let leaf = try good.issue("A")
        for validator in try validators(old, new) {
            #expect(validator.fault(leaf, good, useless) == nil)
            #expect(validator.fault(leaf, useless, good) == nil)
            #expect(validator.fault(leaf, useless) == .untrusted)
        }
    }

    @Test("An intermediate under either of two roots of one name")
    func intermediateUnderEither() throws {
        for root in [old, new] {
            let intermediate = try root.issue("I", extensions: TestCertificate.authorityExtensions())
            let leaf = try intermediate.issue("A")
            for validator in try validators(old, new) { #expect(validator.fault(leaf, intermediate) == nil) }
        }
    }

    @Test("A path outside its time, or one that its constraints forbid, does not hide one that is good")
    func goodBesideBad() throws {
        let key = TestCertificate.newKey()
        let narrow = try TestCertificate.authority("CA", key: key, extensions: TestCertificate.authorityExtensions(pathLength: 0))
        let wide = try TestCertificate.authority("CA", key: key)
        let intermediate = try wide.issue("I", extensions: TestCertificate.authorityExtensions())
        let leaf = try intermediate.issue("A")
        for validator in try validators(narrow, wide) { #expect(validator.fault(leaf, intermediate) == nil) }
        let expired = try old.issue("I", key: key, notAfter: testNow - 1, extensions: TestCertificate.authorityExtensions())
        let renewed = try new.issue("I", key: key, extensions: TestCertificate.authorityExtensions())
        let other = try renewed.issue("A")
        for validator in try validators(old, new) {
            #expect(validator.fault(other, expired, renewed) == nil)
            #expect(validator.fault(other, renewed, expired) == nil)
            #expect(validator.fault(other, expired) == .expired)
        }
    }

    @Test("Somebody else's authority of that name vouches for nobody")
    func stranger() throws {
        let stranger = try TestCertificate.authority("CA")
        let leaf = try stranger.issue("A")
        for validator in try validators(old, new) {
            #expect(validator.fault(leaf) == .untrusted)
            #expect(validator.fault(leaf, stranger) == .untrusted)
        }
    }

    @Test("What a client sends to make many paths is looked at for so many signatures and no more")
    func bounded() throws {
        let key = TestCertificate.newKey()
        let ring = try (0..<PresentedChain.othersLimit).map { _ in
            try TestCertificate.authority("CA", key: key, extensions: TestCertificate.authorityExtensions())
        }
        let leaf = try ring[0].issue("A")
        for validator in try validators(old, new) { #expect(validator.fault(leaf.der, ring.map(\.der)) == .untrusted) }
    }
}

@Suite("Remembered paths are bounded in count and in octets")
struct RecentPathsTests {
    private func entry(_ name: String, _ size: Int) throws -> RecentPaths.Entry {
        let leaf = try TestCertificate.authority(name)
        let presented = PresentedChain(leaf: leaf.der, others: [[UInt8](repeating: 0, count: size)])
        return RecentPaths.Entry(path: ValidatedPath(window: .always), certificate: ClientCertificate(presented))
    }

    @Test("Beyond the octets the oldest half is forgotten, and what is asked for stays")
    func octets() throws {
        var paths = RecentPaths(limit: 1000, octets: 100_000)
        let used = try entry("used", 1000)
        paths.insert(used)
        for index in 0..<300 {
            paths.insert(try entry("\(index)", 1000))
            #expect(paths.entry(of: used.certificate.thumbprint) != nil)
            #expect(paths.octets <= 100_000 + 3000)
        }
        #expect(paths.count < 80)
    }

    @Test("The same leaf is remembered once, with its latest chain")
    func replaced() throws {
        var paths = RecentPaths(limit: 10, octets: 100_000)
        let first = try entry("one", 100)
        paths.insert(first)
        let before = paths.octets
        for _ in 0..<20 { paths.insert(first) }
        #expect(paths.count == 1 && paths.octets == before)
    }
}

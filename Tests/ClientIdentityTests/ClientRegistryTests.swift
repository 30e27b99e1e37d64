import BindingPolicy
import Crypto
import NIOSSL
import SwiftASN1
import Testing
import X509

@testable import ClientIdentity

@Suite("Registered clients: whose a certificate is, and what is left to it")
struct ClientRegistryTests {
    private let root: TestCertificate
    private let other: TestCertificate

    init() throws {
        root = try .authority("Acme")
        other = try .authority("Other")
    }

    private static let type: ASN1ObjectIdentifier = [2, 25, 1_470_839_792, 1]

    private static func limit(_ scopes: String...) -> [UInt8] { DERText.sequence(scopes.flatMap(DERText.utf8)) }

    private static func extended(_ extensions: Certificate.Extensions, _ limits: [UInt8]...) throws -> Certificate.Extensions {
        var extensions = extensions
        for limit in limits { try extensions.append(Certificate.Extension(oid: type, critical: false, value: limit[...])) }
        return extensions
    }

    private func intermediate(_ name: String = "I", of issuer: TestCertificate? = nil, _ limits: [UInt8]...) throws -> TestCertificate {
        var extensions = try TestCertificate.authorityExtensions()
        for limit in limits { extensions = try Self.extended(extensions, limit) }
        return try (issuer ?? root).issue(name, extensions: extensions)
    }

    private func client(_ recognition: ClientRegistry.Client.Recognition, _ id: String = "acme", scopes: [String]? = nil) -> ClientRegistry.Client {
        ClientRegistry.Client(ClientStanding(id: id, scopes: scopes), by: recognition)
    }

    private func authorities(_ certificates: TestCertificate...) -> ClientRegistry.Client.Recognition {
        .authorities(certificates.compactMap { Thumbprint(ofAuthority: $0.der) })
    }

    private func standing(
        _ clients: [ClientRegistry.Client], _ leaf: TestCertificate, _ issuers: TestCertificate..., trusting anchors: [TestCertificate]? = nil
    ) throws -> Result<ClientStanding, PathFault> {
        let file = try TemporaryFile((anchors ?? [root, other]).map { try $0.pem }.joined())
        let validator = try CertificatePathValidator(TrustAnchors(file: file.path))
        let authenticator = ClientAuthenticator(.authorities(validator), clients: ClientRegistry(clients))
        let chain = try ([leaf] + issuers).map { try NIOSSLCertificate(bytes: $0.der, format: .der) }
        switch authenticator.verifyHandshake(chain: chain, now: testNow) {
        case .success(let identity):
            #expect(try authenticator.identify(leaf: chain.first, accepted: identity, now: testNow).get().peer == identity.peer)
            // The same on a session that is resumed.
            #expect(try authenticator.identify(leaf: chain.first, now: testNow).get().peer == identity.peer)
            return .success(try #require(identity.peer.client))
        case .failure(.certificateRefused(let fault)): return .failure(fault)
        case .failure(let fault):
            Issue.record("\(fault)")
            return .failure(.malformed)
        }
    }

    private func key(_ certificate: TestCertificate) throws -> Thumbprint {
        var serializer = DER.Serializer()
        try serializer.serialize(certificate.certificate.publicKey)
        return Thumbprint(ofSHA256: SHA256.hash(data: serializer.serializedBytes))
    }

    @Test("A client is known by its CA, its certificate, its key or what it says; whoever is none is refused")
    func recognition() throws {
        let (leaf, stranger) = (try root.issue("a"), try other.issue("b"))
        let name = CertificateTerms(terms: [.init(.subject("2.5.4.3"), [.exactly([97])])])
        for recognition in [
            authorities(root), .certificates([Thumbprint(ofCertificate: leaf.der)]), .keys([try key(leaf)]), .terms(name),
        ] {
            #expect(try standing([client(recognition)], leaf) == .success(ClientStanding(id: "acme")))
            #expect(try standing([client(recognition)], stranger) == .failure(.unregistered))
        }
        #expect(try standing([client(authorities(root)), client(authorities(other), "other")], stranger) == .success(ClientStanding(id: "other")))
        // The same name from another CA, where the name alone is asked for: that is what a pattern is.
        #expect(try standing([client(.terms(name))], other.issue("a")) == .success(ClientStanding(id: "acme")))
        #expect(try standing([], leaf) == .failure(.unregistered))
    }

    @Test("Whoever would be two clients is refused, whichever stands first")
    func ambiguity() throws {
        let leaf = try root.issue("a")
        let (own, pinned) = (client(authorities(root)), client(.certificates([Thumbprint(ofCertificate: leaf.der)]), "pinned"))
        #expect(try standing([own, pinned], leaf) == .failure(.ambiguousClient) && standing([pinned, own], leaf) == .failure(.ambiguousClient))
        #expect(try standing([own, pinned], root.issue("b")) == .success(ClientStanding(id: "acme")))
        #expect(ClientRegistry([own, pinned]).rivals.isEmpty)
        #expect(ClientRegistry([own, pinned, client(authorities(other, root), "third")]).rivals.map { [$0.0, $0.1] } == [[0, 2]])
        #expect(ClientRegistry([client(.keys([try key(leaf)])), client(.keys([try key(leaf)]), "b")]).rivals.count == 1)
    }

    @Test("The nearest CA that is registered is a client's own")
    func nearest() throws {
        let below = try intermediate()
        let clients = [client(authorities(root)), client(authorities(below), "below")]
        let leaf = try below.issue("a")
        #expect(try standing(clients, leaf, below, trusting: [root, below]) == .success(ClientStanding(id: "below")))
        #expect(try standing(clients, root.issue("b"), trusting: [root, below]) == .success(ClientStanding(id: "acme")))
        // Where that one's own path ends at another's CA, it would be both.
        #expect(try standing(clients, leaf, below, trusting: [root]) == .failure(.ambiguousClient))
        // And no other certificate of its key makes another CA of it.
        let cross = try root.issue("I", key: below.key, extensions: TestCertificate.authorityExtensions())
        #expect(try standing(clients, leaf, cross, trusting: [root]) == .failure(.ambiguousClient))
    }

    @Test("Without a path a client is known by its certificate or key, and by nothing that it says")
    func unvouched() throws {
        let own = try TestCertificate.authority("Self", extensions: TestCertificate.clientExtensions())
        let pinned = client(.certificates([Thumbprint(ofCertificate: own.der)]))
        let named = client(.terms(CertificateTerms(terms: [.init(.subject("2.5.4.3"), [.beginning([])])])), "named")
        let authenticator = ClientAuthenticator(.any, clients: ClientRegistry([pinned, named]))
        #expect(try authenticator.verifyHandshake(chain: own.chain(), now: testNow).get().peer.client?.id == "acme")
        let stranger = authenticator.verifyHandshake(chain: try root.issue("a").chain(), now: testNow).map(\.peer)
        #expect(stranger == .failure(.certificateRefused(.unregistered)))
    }

    @Test("What was let in before is judged again by whoever names clients now")
    func review() throws {
        let leaf = try root.issue("a")
        let validator = try CertificatePathValidator(trusting: root)
        let before = try ClientAuthenticator(.authorities(validator)).verifyHandshake(chain: leaf.chain(), now: testNow).get()
        func now(_ clients: ClientRegistry.Client...) -> Result<AuthenticatedPeer, HandshakeFault> {
            ClientAuthenticator(.authorities(validator), clients: ClientRegistry(clients)).review(before.certificate, now: testNow)
        }
        #expect(try now(client(authorities(root))).get().client?.id == "acme")
        #expect(now(client(authorities(other))) == .failure(.certificateRefused(.unregistered)))
    }

    // MARK: Limits

    @Test("Each certificate below the CA may leave less, in whatever order, and none gives more")
    func limits() throws {
        let registered = [client(authorities(root), scopes: ["a", "b", "c"])]
        func scopes(_ leaf: TestCertificate, _ issuers: TestCertificate...) throws -> [String]? {
            switch issuers.count {
            case 0: try standing(registered, leaf).get().scopes
            case 1: try standing(registered, leaf, issuers[0]).get().scopes
            default: try standing(registered, leaf, issuers[0], issuers[1]).get().scopes
            }
        }
        #expect(try scopes(root.issue("x")) == ["a", "b", "c"])
        let half = try intermediate("half", Self.limit("b", "c", "z"))
        #expect(try scopes(half.issue("x"), half) == ["b", "c"])
        let less = try intermediate("less", of: half, Self.limit("c", "a"))
        #expect(try scopes(less.issue("x"), less, half) == ["c"])
        let leaf = try less.issue("x", extensions: Self.extended(TestCertificate.clientExtensions(), Self.limit("a", "b", "c")))
        #expect(try scopes(leaf, less, half) == ["c"])
        let none = try intermediate("none", Self.limit())
        #expect(try scopes(none.issue("x"), none) == [])
        // Of a client that may use whatever its tokens have, a limit leaves what it names.
        #expect(try standing([client(authorities(root))], half.issue("x"), half).get().scopes == ["b", "c", "z"])
        // Its own CA's certificate is the operator's to limit, by what is registered.
        let limited = try TestCertificate.authority("Limited", extensions: Self.extended(TestCertificate.authorityExtensions(), Self.limit()))
        #expect(try standing([client(authorities(limited), scopes: ["a"])], limited.issue("x"), trusting: [limited]).get().scopes == ["a"])
    }

    @Test("A limit that cannot be understood leaves nothing")
    func malformed() throws {
        let bad: [[UInt8]] = [
            [], [0], [0x30], Self.limit("a") + [0], Array(Self.limit("a").dropLast()), DERText.sequence([0x04, 1, 97]), DERText.utf8("a"),
            Self.limit("a b"), Self.limit(""), Self.limit("a\0"), Self.limit("é"), Self.limit("\""), DERText.sequence(Self.limit("a")),
            DERText.sequence((0..<257).flatMap { DERText.utf8("s\($0)") }),
        ]
        for content in bad {
            #expect(ScopeLimit(.content(content)).scopes == [], "\(content)")
            let below = try intermediate("I", content)
            #expect(try standing([client(authorities(root), scopes: ["a"])], below.issue("x"), below).get().scopes == [])
        }
        #expect(ScopeLimit(.content(DERText.sequence((0..<256).flatMap { DERText.utf8("s\($0)") }))).scopes?.count == 256)
        #expect(ScopeLimit(.repeated).scopes == [] && ScopeLimit(.absent).scopes == nil)
        #expect(ScopeLimit(.content(Self.limit("a", "b"))).scopes == ["a", "b"])
        var chance = SystemRandomNumberGenerator()
        for _ in 0..<10_000 {
            var octets = Self.limit("a", "b")
            for _ in 0..<Int.random(in: 1...3, using: &chance) {
                octets[Int.random(in: octets.indices, using: &chance)] = .random(in: .min ... .max, using: &chance)
            }
            let scopes = try #require(ScopeLimit(.content(octets)).scopes)
            #expect(scopes.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { 0x21...0x7e ~= $0 } })
        }
    }
}

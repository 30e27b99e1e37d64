import BindingPolicy
import Credentials
import HTTPWire
import NIOSSL
import Synchronization
import Testing

@testable import ClientIdentity

@Suite("Responders: who is asked about which certificate, and how often")
struct StatusTests {
    private final class Asked: Sendable {
        let places = Mutex<[String]>([])
        var count: Int { places.withLock { $0.count } }
    }

    private let root: TestCertificate
    private let client: TestCertificate
    private let asked = Asked()

    init() throws {
        root = try TestCertificate.authority()
        client = try root.issue("client")
    }

    private func authenticator(whenUnreachable: RevocationPolicy.Staleness = .refuse, hosts: [String] = []) throws -> ClientAuthenticator {
        let file = try TemporaryFile(root.pem)
        let anchors = try TrustAnchors(file: file.path)
        let settings = StatusDesk.Settings(
            responder: hosts.isEmpty ? try HTTPURL("http://ocsp.example.com") : nil, hosts: hosts, cache: 3600, timeout: 1)
        let desk = StatusDesk(
            settings, TrustChanges(),
            send: { [asked] _, place, _ in
                asked.places.withLock { $0.append(place.host) }
                return .success([0x30, 0x00])
            })
        let policy = RevocationPolicy(asking: desk, scope: .chain, whenUnreachable: whenUnreachable)
        return ClientAuthenticator(.authorities(try CertificatePathValidator(anchors, revocation: [root.der: policy])))
    }

    private var certificate: ClientCertificate { ClientCertificate(PresentedChain(leaf: client.der, others: [])) }

    @Test("A handshake asks nobody, however often a stranger repeats it: its first request does, once its key is proven")
    func afterTheKey() async throws {
        let authenticator = try authenticator()
        let chain = [try NIOSSLCertificate(bytes: client.der, format: .der)]
        for _ in 0..<3 {
            #expect(try authenticator.verifyHandshake(chain: chain, now: testNow).get().peer.reviewTime == -.infinity)
            #expect(try authenticator.identify(leaf: chain[0], now: testNow).get().peer.reviewTime == -.infinity)
        }
        #expect(authenticator.reviewNeedsTime(certificate, now: testNow))
        #expect(asked.count == 0)
        await authenticator.settle(certificate, now: testNow)
        #expect(asked.count == 1)
    }

    @Test("An answer that is none refuses, or lets pass where the file says so, and a verdict without an answer is never left open")
    func unavailable() async throws {
        for (word, fault) in [(RevocationPolicy.Staleness.refuse, PathFault.statusUnavailable), (.accept, nil)] {
            let authenticator = try authenticator(whenUnreachable: word)
            for isSettled in [false, true] {
                if isSettled { await authenticator.settle(certificate, now: testNow) }
                switch authenticator.review(certificate, now: testNow) {
                case .success(let peer): #expect(fault == nil && peer.reviewTime > testNow && peer.reviewTime < testNow + 60)
                case .failure(let found): #expect(fault.map { .certificateRefused($0) } == found)
                }
            }
        }
    }

    @Test("Many that wait for the same answer ask once")
    func once() async throws {
        let authenticator = try authenticator()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { await authenticator.settle(certificate, now: testNow) } }
        }
        #expect(asked.count >= 1 && asked.count < 20)
    }

    @Test("Where a certificate names no responder that is allowed nobody is asked")
    func nobody() async throws {
        let authenticator = try authenticator(hosts: ["ocsp.example.com"])
        await authenticator.settle(certificate, now: testNow)
        #expect(asked.count == 0)
        #expect(authenticator.review(certificate, now: testNow) == .failure(.certificateRefused(.statusUnavailable)))
    }

    @Test("Of an authority's responders 64 questions are asked at once, and one more once one of them is answered")
    func atOnce() async throws {
        let (arrivals, arrived) = AsyncStream.makeStream(of: Void.self)
        let (opening, open) = AsyncStream.makeStream(of: Never.self)
        let settings = StatusDesk.Settings(responder: try HTTPURL("http://ocsp.example.com"), hosts: [], cache: 3600, timeout: 0.1)
        let desk = StatusDesk(
            settings, TrustChanges(),
            send: { [asked] _, place, _ in
                asked.places.withLock { $0.append(place.host) }
                arrived.yield()
                for await _ in opening {}
                return .failure(StatusFault("no answer"))
            })
        let issuer = try #require(OpenSSLCertificate(der: root.der))
        let questions = try (0..<65).map { number in
            let certificate = try #require(OpenSSLCertificate(der: try root.issue("client \(number)").der))
            return try #require(StatusQuestion(about: certificate.pointer, from: issuer.pointer))
        }
        await withTaskGroup(of: Void.self) { group in
            for question in questions.prefix(64) { group.addTask { await desk.settle(question) } }
            var waiting = arrivals.makeAsyncIterator()
            for _ in 0..<64 { await waiting.next() }
            // Given up after the time of one question.
            await desk.settle(questions[64])
            #expect(asked.count == 64)
            open.finish()
        }
        await desk.settle(questions[64])
        #expect(asked.count == 65)
    }
}

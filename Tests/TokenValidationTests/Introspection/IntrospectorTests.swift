import BindingPolicy
import HTTPWire
import Synchronization
import Testing
import TokenValidation

/// Answers as the test says, at once or when it says so; counts what it is asked.
private final class ScriptedTransport: IntrospectionTransport {
    struct Script {
        var answer: Result<[UInt8], FetchFault> = .success([])
        var isHeld = false
        var held: [Int: CheckedContinuation<Void, Never>] = [:]
        var requests: [(request: IntrospectionRequest, url: String, seconds: Double)] = []
        var cancelled = 0
        var isShutDown = false
    }

    let script = Mutex(Script())

    func post(_ request: IntrospectionRequest, to url: HTTPURL, seconds: Double) async throws(FetchFault) -> [UInt8] {
        let number = script.withLock { script in
            script.requests.append((request, url.text, seconds))
            return script.requests.count
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = script.withLock { script in
                    guard script.isHeld, !Task.isCancelled else { return true }
                    script.held[number] = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            script.withLock { script in
                script.cancelled += 1
                return script.held.removeValue(forKey: number)
            }?.resume()
        }
        return try script.withLock { $0.answer }.get()
    }

    func shutdown() async { script.withLock { $0.isShutDown = true } }

    func answer(_ text: String) { script.withLock { $0.answer = .success(Array(text.utf8)) } }
    func fail(_ fault: FetchFault) { script.withLock { $0.answer = .failure(fault) } }
    func hold() { script.withLock { $0.isHeld = true } }

    func release() {
        let held = script.withLock { script in
            defer { (script.isHeld, script.held) = (false, [:]) }
            return script.held.values.map { $0 }
        }
        for continuation in held { continuation.resume() }
    }

    var count: Int { script.withLock { $0.requests.count } }
}

private final class Log<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    func append(_ element: Element) { elements.withLock { $0.append(element) } }
    var all: [Element] { elements.withLock { $0 } }
}

/// What a test wants done at a moment that it does not know yet.
private final class Hook: Sendable {
    private let body = Mutex<@Sendable () -> Void>({})
    func set(_ body: @escaping @Sendable () -> Void) { self.body.withLock { $0 = body } }
    func run() { body.withLock { $0 }() }
}

@Suite("Asking an issuer", .timeLimit(.minutes(10)))
struct IntrospectorTests {
    private let transport = ScriptedTransport()
    private let fetcher = ScriptedFetcher()
    private let clock = ManualTime()
    private let events = Log<Introspector.Event>()
    private let answers = Log<IntrospectionAnswer>()
    private let staleKeys = Log<Int>()
    private let policy = IssuerPolicy.introspecting()

    private func introspector(
        _ settings: IntrospectionSettings = .test(), _ authentication: ClientAuthentication? = nil, onStale: @escaping @Sendable () -> Void = {}
    ) throws -> Introspector {
        var clock = Introspector.Clock()
        clock.time = self.clock.time
        clock.date = { TokenMint.now }
        clock.random = { [UInt8](repeating: 7, count: $0) }
        let (events, staleKeys) = (events, staleKeys)
        return Introspector(
            policy: policy, settings: settings, authentication: try authentication ?? secret(),
            fetcher: fetcher, transport: transport, clock: clock, report: { events.append($0) },
            onStaleKeys: { _, _ in
                staleKeys.append(1)
                onStale()
            })
    }

    @discardableResult
    private func lookUp(_ introspector: Introspector, _ token: String, by client: Int? = 1) -> Introspector.Looked {
        let answers = answers
        return introspector.lookUp(Array(token.utf8), digest(token), for: client.map(thumbprint), octets: 0, now: TokenMint.now) {
            answers.append($0)
        }
    }

    private func reason(_ answer: IntrospectionAnswer?) -> DenialReason? {
        if case .failure(let refusal) = answer?.outcome { refusal.reason } else { nil }
    }

    @Test("A token is asked about once, and its answer then is there at once (INT-06, INT-15)")
    func asks() async throws {
        let introspector = try introspector()
        transport.answer(#"{"active":true,"sub":"user-1"}"#)
        transport.hold()
        for _ in 0..<100 { guard case .pending = lookUp(introspector, "t") else { return #expect(Bool(false)) } }
        #expect(await eventually { transport.count == 1 })
        #expect(introspector.status.inFlight == 1)
        #expect(introspector.status.waiting == 100)
        transport.release()
        #expect(await eventually { answers.all.count == 100 })
        #expect(try answers.all.allSatisfy { try $0.outcome.get().subject == "user-1" && $0.outcome.get().issuer === policy.issuer })
        guard case .answered(let answer) = lookUp(introspector, "t") else { return #expect(Bool(false)) }
        #expect(try answer.outcome.get().subject == "user-1")
        #expect(answer.validUntil == TokenMint.now + 30)
        #expect(transport.count == 1)
        var status = Introspector.Status()
        (status.isReady, status.requests, status.endpoint) = (true, 1, Self.endpoint)
        #expect(introspector.status == status)
        let request = transport.script.withLock { $0.requests[0] }
        #expect(request.url == "https://as.example.com/introspect")
        #expect(request.seconds == 3)
    }

    @Test("An inactive token is refused (INT-04, DT-09)")
    func inactive() async throws {
        let introspector = try introspector()
        transport.answer(#"{"active":false}"#)
        lookUp(introspector, "t")
        #expect(await eventually { answers.all.count == 1 })
        #expect(reason(answers.all.first) == .tokenInactive)
    }

    @Test(
        "An issuer that cannot answer, refuses us or talks nonsense is unavailable, never a verdict (INT-03, INT-08, DT-10)",
        arguments: [
            (.failure(.timeout), .timeout), (.failure(.unreachable(.refused)), .unreachable), (.failure(.interrupted), .interrupted),
            (.failure(.status(401)), .credentialsRefused),
            (.failure(.status(403)), .credentialsRefused), (.failure(.status(400)), .status), (.failure(.status(302)), .status),
            (.failure(.status(500)), .unavailable),
            (.failure(.status(429)), .unavailable), (.failure(.mediaType("text/html")), .contentType), (.failure(.nonsense), .malformed),
            (.failure(.tooLarge), .tooLarge), (.success(Array("<html>".utf8)), .malformed),
            (.success(Array("{}".utf8)), .malformed),
        ] as [(Result<[UInt8], FetchFault>, IntrospectionFailure)])
    func failures(_ answer: Result<[UInt8], FetchFault>, _ failure: IntrospectionFailure) async throws {
        let introspector = try introspector()
        transport.script.withLock { $0.answer = answer }
        lookUp(introspector, "t")
        #expect(await eventually { answers.all.count == 1 })
        #expect(reason(answers.all.first) == .introspectionUnavailable)
        #expect(introspector.status.failures == [failure: 1])
        var fault: FetchFault?
        if case .failure(let found) = answer { fault = found }
        #expect(await eventually { events.all == [.failed(failure, Self.endpoint, fault)] })
        // What the issuer answered, it would answer again: that is held against this token for a moment, and against no other.
        let isHeldAgainst: Set<IntrospectionFailure> = [.unavailable, .status, .contentType, .tooLarge, .malformed]
        lookUp(introspector, "t")
        #expect(await eventually { isHeldAgainst.contains(failure) ? introspector.status.failures[.failedBefore] == 1 : transport.count == 2 })
        lookUp(introspector, "u")
        #expect(await eventually { transport.count == (isHeldAgainst.contains(failure) ? 2 : 3) })
    }

    @Test("An issuer that keeps failing is left alone for a while (INT-15)")
    func circuit() async throws {
        let introspector = try introspector()
        transport.fail(.unreachable(.refused))
        for index in 1...5 {
            lookUp(introspector, "\(index)")
            #expect(await eventually { answers.all.count == index })
        }
        #expect(introspector.status.isCircuitOpen)
        #expect(await eventually { events.all == [.failed(.unreachable, Self.endpoint, .unreachable(.refused)), .circuitOpened] })
        for _ in 0..<1000 {
            guard case .answered(let answer) = lookUp(introspector, "x") else { return #expect(Bool(false)) }
            #expect(reason(answer) == .introspectionUnavailable)
        }
        #expect(transport.count == 5)
        #expect(introspector.status.failures == [.unreachable: 5, .circuitOpen: 1000])
        clock.advance(by: 1)
        transport.answer(#"{"active":true}"#)
        guard case .pending = lookUp(introspector, "x") else { return #expect(Bool(false)) }
        #expect(await eventually { answers.all.count == 6 })
        #expect(!introspector.status.isCircuitOpen)
        #expect(await eventually { events.all.last == .circuitClosed })
    }

    @Test("Who goes is told nothing, and the last takes the request with them (INT-15)")
    func abandon() async throws {
        let introspector = try introspector()
        transport.answer(#"{"active":true}"#)
        transport.hold()
        guard case .pending(let one) = lookUp(introspector, "t"), case .pending(let two) = lookUp(introspector, "t") else {
            return #expect(Bool(false))
        }
        #expect(await eventually { transport.count == 1 })
        introspector.abandon(one)
        #expect(transport.script.withLock { $0.cancelled } == 0)
        introspector.abandon(two)
        introspector.abandon(two)
        #expect(await eventually { transport.script.withLock { $0.cancelled } == 1 })
        #expect(introspector.status.inFlight == 0)
        #expect(introspector.status.waiting == 0)
        transport.release()
        lookUp(introspector, "t")
        #expect(await eventually { answers.all.count == 1 })
        #expect(introspector.status.failures.isEmpty)
    }

    @Test("Beyond the limit of questions the others wait their turn (INT-15)")
    func limit() async throws {
        let introspector = try introspector(.test(maxConcurrent: 2))
        transport.answer(#"{"active":true}"#)
        transport.hold()
        for index in 0..<10 { lookUp(introspector, "\(index)") }
        #expect(await eventually { transport.count == 2 })
        #expect(introspector.status.inFlight == 2)
        #expect(introspector.status.waiting == 10)
        transport.release()
        #expect(await eventually { answers.all.count == 10 })
        #expect(transport.count == 10)
    }

    @Test("A signed answer is held against the issuer's keys, and a bad one fetches them anew (INT-10, INT-11)")
    func signed() async throws {
        let onStale = Hook()
        let introspector = try introspector(.test(signed: [.es256]), onStale: { onStale.run() })
        #expect(!introspector.status.isReady)
        guard case .answered(let early) = lookUp(introspector, "t") else { return #expect(Bool(false)) }
        #expect(reason(early) == .introspectionUnavailable)
        introspector.replaceKeys(keySet(SigningKey.p256.jwk()))
        #expect(introspector.status.isReady)
        var mint = TokenMint()
        mint.header("typ", #""token-introspection+jwt""#)
        mint.claims = [
            ("iss", "\"\(TokenMint.issuer)\""), ("aud", #""gateway""#), ("iat", "1900000000"), ("token_introspection", #"{"active":true}"#),
        ]
        transport.answer(mint.token)
        lookUp(introspector, "t")
        #expect(await eventually { answers.all.count == 1 })
        #expect(reason(answers.all.last) == nil)
        #expect(staleKeys.all.isEmpty)
        mint.key = .otherP256
        transport.answer(mint.token)
        lookUp(introspector, "u")
        #expect(await eventually { answers.all.count == 2 })
        #expect(reason(answers.all.last) == .introspectionUnavailable)
        #expect(staleKeys.all.count == 1)
        #expect(introspector.status.failures == [.endpointUnknown: 1, .signature: 1])
        // The look may bring the key: the same answer then holds.
        onStale.set { introspector.replaceKeys(keySet(SigningKey.otherP256.jwk())) }
        lookUp(introspector, "w")
        #expect(await eventually { answers.all.count == 3 })
        #expect(reason(answers.all.last) == nil)
        #expect(staleKeys.all.count == 2)
        transport.answer(#"{"active":true}"#)
        lookUp(introspector, "v")
        #expect(await eventually { answers.all.count == 4 })
        #expect(reason(answers.all.last) == .introspectionUnavailable)
    }

    @Test("What one client's tokens make the issuer answer shuts out that client and nobody else (INT-15)")
    func oneClientOfTwo() async throws {
        let introspector = try introspector()
        transport.fail(.status(503))
        for index in 1...8 {
            lookUp(introspector, "bad \(index)", by: 1)
            #expect(await eventually { answers.all.count == min(index, 5) })
        }
        #expect(!introspector.status.isCircuitOpen)
        #expect(introspector.status.clientsLeftAlone == 1)
        #expect(introspector.status.failures == [.unavailable: 5, .clientCircuitOpen: 3])
        transport.answer(#"{"active":true}"#)
        lookUp(introspector, "good", by: 2)
        #expect(await eventually { answers.all.count == 6 })
        #expect(reason(answers.all.last) == nil)
    }

    // MARK: Running

    private func running(_ introspector: Introspector, _ body: () async throws -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await introspector.run() }
            do { try await body() } catch { Issue.record(error) }
            group.cancelAll()
        }
    }

    private static let metadata = "https://as.example.com/.well-known/oauth-authorization-server"
    private static let endpoint = url("https://as.example.com/introspect")
    private static let unreachable = KeySetKeeper.Fault.metadata([.init(address: url(metadata), failure: .fetch(.unreachable(.refused)))])
    private static let mismatch = KeySetKeeper.Fault.metadata([
        .init(address: url(metadata), failure: .document(.issuerMismatch(found: "https://as.example.com/"))),
        .init(address: url("https://as.example.com/.well-known/openid-configuration"), failure: .fetch(.status(404))),
    ])

    private func metadata(_ endpoint: String) -> String { #"{"issuer":"\#(TokenMint.issuer)","introspection_endpoint":"\#(endpoint)"}"# }

    @Test("The endpoint is found by the metadata, and kept while that cannot be had (ASM-01, MTLS-20)")
    func discovery() async throws {
        let introspector = try introspector(.test(endpoint: nil))
        transport.answer(#"{"active":true}"#)
        guard case .answered(let early) = lookUp(introspector, "t") else { return #expect(Bool(false)) }
        #expect(reason(early) == .introspectionUnavailable)
        fetcher.fail(Self.metadata, .unreachable(.refused))
        await running(introspector) {
            #expect(await eventually { events.all == [.endpointNotFound(Self.unreachable)] })
            await clock.settle()
            fetcher.answer(Self.metadata, metadata("https://as.example.com/i1"))
            clock.advance(by: 1)
            #expect(await eventually { introspector.status.isReady })
            lookUp(introspector, "t")
            #expect(await eventually { answers.all.count == 1 })
            await clock.settle()
            fetcher.answer(Self.metadata, metadata("https://as.example.com/i2"))
            clock.advance(by: 3600)
            #expect(await eventually { events.all.last == .endpointFound("https://as.example.com/i2") })
            await clock.settle()
            fetcher.fail(Self.metadata, .unreachable(.refused))
            clock.advance(by: 1e6)
            #expect(await eventually { events.all.last == .endpointNotFound(Self.unreachable) })
            #expect(introspector.status.isReady)
            lookUp(introspector, "u")
            #expect(await eventually { answers.all.count == 2 })
            #expect(transport.script.withLock { $0.requests.map { $0.url } } == ["https://as.example.com/i1", "https://as.example.com/i2"])
        }
    }

    @Test("Metadata of another issuer names no endpoint (ASM-02)")
    func otherMetadata() async throws {
        let introspector = try introspector(.test(endpoint: nil))
        fetcher.answer(Self.metadata, #"{"issuer":"https://as.example.com/","introspection_endpoint":"https://as.example.com/i"}"#)
        await running(introspector) {
            #expect(await eventually { events.all == [.endpointNotFound(Self.mismatch)] })
            #expect(!introspector.status.isReady)
        }
    }

    @Test("Whoever waits when it ends is told so (DT-10)")
    func end() async throws {
        let introspector = try introspector()
        transport.hold()
        await running(introspector) {
            lookUp(introspector, "t")
            #expect(await eventually { transport.count == 1 })
        }
        #expect(answers.all.count == 1)
        #expect(reason(answers.all.first) == .introspectionUnavailable)
        #expect(transport.script.withLock { $0.isShutDown })
        guard case .answered(let late) = lookUp(introspector, "t") else { return #expect(Bool(false)) }
        #expect(reason(late) == .introspectionUnavailable)
    }

    @Test func aThousandThreadsOfLookupsEachGetOneAnswer() async throws {
        let introspector = try introspector(.test(cache: 0, maxConcurrent: 8))
        transport.answer(#"{"active":true}"#)
        await withTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for index in 0..<125 {
                        if case .pending(let ticket) = self.lookUp(introspector, "\(task) \(index % 10)"), index % 5 == 0 {
                            introspector.abandon(ticket)
                            self.answers.append(.init(outcome: .failure(TokenRefusal(.tokenInactive)), validUntil: 0))
                        }
                    }
                }
            }
        }
        #expect(await eventually { answers.all.count >= 1000 })
        #expect(introspector.status.waiting == 0)
        #expect(introspector.status.inFlight == 0)
    }
}

import AccessControl
import BindingPolicy
import Foundation
import HTTPWire
import NIOCore
import NIOEmbedded
import NIOSSL
import Telemetry

@testable import ProxyEngine

/// What stands around a loop: its upstreams, its judge, and time that passes by hand.
final class EngineSurroundings {
    let eventLoop = EmbeddedEventLoop()
    let counters = LoopCounters()
    let judge = FakeJudge()
    let gate = FakeGate()
    let time = ManualTime()
    /// In the order in which they were opened.
    fileprivate(set) var upstreams: [FakeUpstream] = []
    /// Fails attempts to connect where set.
    var connectFault: UpstreamFault?
    /// Addresses that refuse connections.
    var refusing: Set<Int> = []
    /// What others have found of each address.
    let health: [AddressHealth]
    fileprivate(set) var upstreamFaults: [UpstreamFault] = []
    /// Of each upstream.
    let limits: UpstreamLimits
    /// Of their answers.
    fileprivate let compression: CompressionTerms?
    fileprivate let replacesHost: Bool

    init(_ limits: UpstreamLimits, addresses: Int, _ compression: CompressionTerms?, replacesHost: Bool) {
        self.limits = limits
        self.compression = compression
        self.replacesHost = replacesHost
        health = (0..<addresses).map { _ in AddressHealth() }
    }

    func addresses(of name: UpstreamName, _ numbers: Range<Int>) -> [UpstreamAddress] {
        numbers.map { number in
            UpstreamAddress("\(number)", health: health[number], connect: { [unowned self] in open($0, name, at: number) })
        }
    }

    func generation(
        _ number: Int, judge: (any RequestJudge)? = nil, keeping: LoopGeneration? = nil, gate: FakeGate? = nil,
        _ change: (inout EngineSettings) -> Void = { _ in }
    ) throws -> LoopGeneration {
        guard
            let rewrite = RequestRewrite(
                pseudonym: "holdfast-test", removesAuthorization: false, defaultHost: replacesHost ? "api.internal" : "api",
                replacesHost: replacesHost)
        else {
            throw ChannelError.operationUnsupported
        }
        var settings = EngineSettings.usual()
        change(&settings)
        var terms = UpstreamTerms(rewrite: rewrite, response: settings.responseTimeout)
        terms.compression = compression
        let upstreams = [UpstreamName.default, FakeJudge.payments].map { name in
            let pool = UpstreamPool(
                eventLoop: eventLoop, addresses: addresses(of: name, health.indices), limits: limits, counters: counters, clock: time.clock,
                onFault: { [unowned self] in upstreamFaults.append($0) })
            return LoopUpstream(
                name, keeping?.upstreams[name]?.tenure ?? UpstreamTenure(pool, likeness: name),
                terms, under: settings, counters)
        }
        return LoopGeneration(
            number: number, settings: settings,
            strips: try StripList(trustedHeader: settings.thumbprintHeader, continuesTraces: settings.continuesTraces),
            judge: judge ?? self.judge, gate: gate ?? self.gate, upstreams: upstreams)
    }

    private func open(_ eventLoop: any EventLoop, _ name: UpstreamName, at address: Int) -> EventLoopFuture<any Channel> {
        if refusing.contains(address) { return eventLoop.makeFailedFuture(UpstreamFault.connectTimeout) }
        if let connectFault { return eventLoop.makeFailedFuture(connectFault) }
        do {
            let upstream = try FakeUpstream(self.eventLoop, name, at: address)
            upstreams.append(upstream)
            return eventLoop.makeSucceededFuture(upstream.wire.channel)
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }
}

/// A loop with clients and as many upstream connections as it opens, all in memory.
@dynamicMemberLookup
final class EngineBench {
    let loop: EngineLoop
    private let surroundings: EngineSurroundings
    private let log: AccessLogFile

    init(
        connections: Int = 4, addresses: Int = 1, _ terms: AddressTerms = AddressTerms(), isolates: Bool = false,
        compression: CompressionTerms? = nil, replacesHost: Bool = false, protocol: UpstreamProtocol = .http1,
        _ change: (inout EngineSettings) -> Void = { _ in }
    ) throws {
        log = try AccessLogFile()
        let around = EngineSurroundings(
            UpstreamLimits(
                connections: connections, connectionsPerClient: connections, connectTimeout: .seconds(5), idleTimeout: .seconds(30),
                queueTimeout: .seconds(1), addresses: terms, isolates: isolates, protocol: `protocol`), addresses: addresses, compression,
            replacesHost: replacesHost)
        surroundings = around
        loop = EngineLoop(
            eventLoop: around.eventLoop, generation: try around.generation(1, change), counters: around.counters, sink: log.sink,
            clock: around.time.clock, onUpstreamFault: { [unowned around] _, fault in around.upstreamFaults.append(fault) })
    }

    subscript<Value>(dynamicMember path: ReferenceWritableKeyPath<EngineSurroundings, Value>) -> Value {
        get { surroundings[keyPath: path] }
        set { surroundings[keyPath: path] = newValue }
    }

    subscript<Value>(dynamicMember path: KeyPath<EngineSurroundings, Value>) -> Value { surroundings[keyPath: path] }

    func addresses(of name: UpstreamName, _ numbers: Range<Int>) -> [UpstreamAddress] { surroundings.addresses(of: name, numbers) }

    func generation(
        _ number: Int, judge: (any RequestJudge)? = nil, keeping: LoopGeneration? = nil, gate: FakeGate? = nil,
        _ change: (inout EngineSettings) -> Void = { _ in }
    ) throws -> LoopGeneration { try surroundings.generation(number, judge: judge, keeping: keeping, gate: gate, change) }

    var embedded: EmbeddedEventLoop { surroundings.eventLoop }

    func connect(as peer: AuthenticatedPeer = .anonymous, from address: String = "192.0.2.1") throws -> FakeClient {
        let remote = try SocketAddress(ipAddress: address, port: 50_000)
        let client = ConnectedClient(IdentifiedClient(peer, nil), at: remote, under: loop.generation, trustChanges: 0)
        let connection = HTTP1Connection(loop: loop, client: client)
        loop.register(connection)
        return FakeClient(connection, try Wire(surroundings.eventLoop, connection))
    }

    /// In steps of the wheel's.
    func passes(_ amount: TimeAmount) {
        var left = amount
        while left > .nanoseconds(0) {
            let step = min(left, TimingWheel.interval)
            surroundings.time.pass(step)
            surroundings.eventLoop.advanceTime(by: step)
            loop.tick()
            left = left - step
        }
    }

    /// What of each request is told in the log: `status outcome reason`.
    func logged() throws -> [String] {
        loop.tick()
        return try log.lines()
    }
}

final class ManualTime {
    private var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private var seconds = 1_700_000_000.0

    var clock: EngineClock { EngineClock(now: { self.now }, seconds: { self.seconds }) }

    func pass(_ amount: TimeAmount) {
        now = now + amount
        seconds += Double(amount.nanoseconds) / 1e9
    }
}

/// The lines of an access log, read back.
private final class AccessLogFile {
    private let path: String
    private let descriptor: CInt
    let sink: LogSink

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-engine-\(UUID().uuidString)").path
        descriptor = open(path, O_CREAT | O_WRONLY | O_APPEND, 0o600)
        sink = LogSink(descriptor: descriptor)
    }

    /// What is still to be written must not reach whoever has the descriptor next.
    deinit {
        sink.drain(seconds: 600)
        close(descriptor)
        try? FileManager.default.removeItem(atPath: path)
    }

    func lines() throws -> [String] {
        sink.drain(seconds: 600)
        return try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
            let members = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] ?? [:]
            return ["status", "outcome", "reason"].compactMap { members[$0].map { "\($0)" } }.joined(separator: " ")
        }
    }
}

extension EngineSettings {
    static func usual() -> EngineSettings {
        EngineSettings(
            limits: .request, handshakeTimeout: .seconds(10), headTimeout: .seconds(10), idleTimeout: .seconds(60),
            bodyTimeout: .seconds(30), minimumBodyRate: 500, responseTimeout: .seconds(20),
            forwarded: [], thumbprintHeader: "X-Client-Thumbprint", challenge: ChallengeTerms(realm: "api", metadata: nil),
            accessLog: AccessForm(), webSocketAccept: { key in Array("of-\(String(decoding: key, as: UTF8.self))".utf8) })
    }
}

/// Decides by the path: `/denied` is, `/later` waits for a lookup, `/payments` is for an upstream of its own, `/nowhere` for none that
/// there is, `/token`, `/reported` and `/ws`, which may be upgraded, pass by a token that expires soon; everything else may pass.
final class FakeJudge: RequestJudge {
    private(set) var lookups: [FakeLookup] = []
    var afterLookup = Decision.deny(Denial(.tokenExpired))

    static let payments = UpstreamName("payments")
    static let permit = RoutePolicy(requirement: .nothing).decideWithoutToken(shownBy: nil)
    private static let paying = RoutePolicy(requirement: .nothing, upstream: payments).decideWithoutToken(shownBy: nil)
    private static let lost = RoutePolicy(requirement: .nothing, upstream: UpstreamName("none")).decideWithoutToken(shownBy: nil)

    func judge(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double, for client: any LookupClient
    ) -> Judgement {
        switch String(decoding: bytes[head.path], as: UTF8.self) {
        case "/denied": return .decided(.deny(Denial(.tokenExpired)))
        case "/later":
            let lookup = FakeLookup(client)
            lookups.append(lookup)
            return .later(lookup)
        case "/ws": return .decided(decide(on: RoutePolicy(requirement: .boundToken, upgrade: .webSocket), now: now))
        case "/payments": return .decided(Self.paying)
        case "/token": return .decided(decide(on: RoutePolicy(requirement: .boundToken), now: now))
        case "/reported": return .decided(decide(on: RoutePolicy(requirement: .boundToken, reportOnly: ReportOnly(until: nil)), now: now))
        case let path where path.hasPrefix("/of/"):
            return .decided(decide(on: RoutePolicy(requirement: .boundToken), of: String(path.dropFirst(4)), now: now))
        case "/nowhere": return .decided(Self.lost)
        default: return .decided(Self.permit)
        }
    }

    /// Of a client's certificate that its token is bound to.
    static let thumbprint = Thumbprint(ofSHA256: [UInt8](repeating: 7, count: 32))

    /// How long tokens are good, in seconds, beside a leeway of one.
    var tokenLife = 2.0

    private func decide(on route: RoutePolicy, of clientID: String? = nil, now: Double) -> Decision {
        let issuer = Issuer(name: "https://as.test", terms: TokenTerms(audiences: ["api"], leeway: 1))
        let token = VerifiedToken(
            issuer: issuer, subject: nil, clientID: clientID, expiresAt: now + tokenLife, notBefore: nil, audiences: ["api"], scopes: [],
            confirmation: .certificate(Self.thumbprint))
        return route.decide(token, shownBy: Self.thumbprint, now: now)
    }

    func conclude(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double,
        after lookup: any PendingLookup, for client: any LookupClient
    ) -> Judgement { .decided(afterLookup) }
}

final class FakeLookup: PendingLookup {
    private var client: (any LookupClient)?
    private(set) var isAbandoned = false

    init(_ client: any LookupClient) { self.client = client }

    func ends() {
        let told = client
        client = nil
        told?.lookupEnded()
    }

    func abandon() {
        client = nil
        isAbandoned = true
    }
}

/// Lets everybody in; tells what it is told to of who is let in already.
final class FakeGate: ClientGate {
    func identify(shown chain: [[UInt8]]?, asking serverName: String?, now: Double) -> IdentifiedClient {
        guard let leaf = chain?.first else {
            return IdentifiedClient(AuthenticatedPeer(withdrawn: .certificateMissing, thumbprint: nil), nil, asking: serverName)
        }
        // What matters is that each certificate has another.
        let thumbprint = Thumbprint(ofSHA256: leaf.prefix(32) + Array(repeating: 0, count: max(0, 32 - leaf.count)))
        return IdentifiedClient(AuthenticatedPeer(thumbprint: thumbprint, validFrom: 0, validUntil: .infinity), nil, asking: serverName)
    }

    var trustChanges = 0
    var reviewed = AuthenticatedPeer.anonymous
    /// Reviews take time.
    var asks = false
    private(set) var questions: [FakeLookup] = []

    func site(for serverName: String?) -> SiteIndex? { .listeners }
    func makeTLS(for site: SiteIndex, asking serverName: String?) throws -> any ClientTLS { throw ChannelError.operationUnsupported }
    func review(_ certificate: (any ProvenCertificate)?, asking serverName: String?, now: Double) -> AuthenticatedPeer { reviewed }
    func question(
        about certificate: (any ProvenCertificate)?, asking serverName: String?, now: Double, for client: any LookupClient
    ) -> (any PendingLookup)? {
        guard asks else { return nil }
        let question = FakeLookup(client)
        questions.append(question)
        return question
    }
}

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

    init(_ limits: UpstreamLimits, addresses: Int) {
        self.limits = limits
        health = (0..<addresses).map { _ in AddressHealth() }
    }

    func addresses(of name: UpstreamName, _ numbers: Range<Int>) -> [UpstreamAddress] {
        numbers.map { number in
            UpstreamAddress("\(number)", health: health[number], connect: { [unowned self] in open($0, name, at: number) })
        }
    }

    func generation(
        _ number: Int, judge: (any RequestJudge)? = nil, keeping: LoopGeneration? = nil, _ change: (inout EngineSettings) -> Void = { _ in }
    ) throws -> LoopGeneration {
        guard let rewrite = RequestRewrite(pseudonym: "holdfast-test", removesAuthorization: false, defaultHost: "api") else {
            throw ChannelError.operationUnsupported
        }
        var settings = EngineSettings.usual()
        change(&settings)
        let upstreams = [UpstreamName.default, FakeJudge.payments].map { name in
            let pool = UpstreamPool(
                eventLoop: eventLoop, addresses: addresses(of: name, health.indices), limits: limits, counters: counters, clock: time.clock,
                onFault: { [unowned self] in upstreamFaults.append($0) })
            return LoopUpstream(
                name, keeping?.upstreams[name]?.tenure ?? UpstreamTenure(pool, likeness: name),
                UpstreamTerms(rewrite: rewrite, response: settings.responseTimeout), under: settings, counters)
        }
        return LoopGeneration(
            number: number, settings: settings, strips: try StripList(trustedHeader: settings.thumbprintHeader),
            judge: judge ?? self.judge, gate: NoGate(), upstreams: upstreams)
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
        _ change: (inout EngineSettings) -> Void = { _ in }
    ) throws {
        log = try AccessLogFile()
        let around = EngineSurroundings(
            UpstreamLimits(
                connections: connections, connectionsPerClient: connections, connectTimeout: .seconds(5), idleTimeout: .seconds(30),
                queueTimeout: .seconds(1), addresses: terms, isolates: isolates), addresses: addresses)
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
        _ number: Int, judge: (any RequestJudge)? = nil, keeping: LoopGeneration? = nil, _ change: (inout EngineSettings) -> Void = { _ in }
    ) throws -> LoopGeneration { try surroundings.generation(number, judge: judge, keeping: keeping, change) }

    func connect(from address: String = "192.0.2.1") throws -> FakeClient {
        let client = ConnectedClient(IdentifiedClient(.anonymous, nil), address: address, under: loop.generation, trustChanges: 0)
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
            addsForwardedFor: false, thumbprintHeader: "X-Client-Thumbprint", challenge: ChallengeTerms(realm: "api", metadata: nil),
            accessLog: true)
    }
}

/// Decides by the path: `/denied` is, `/later` waits for a lookup, `/payments` is for an upstream of its own, `/nowhere` for none that
/// there is; everything else may pass.
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
        case "/payments": return .decided(Self.paying)
        case "/nowhere": return .decided(Self.lost)
        default: return .decided(Self.permit)
        }
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

private final class NoGate: ClientGate {
    let trustChanges = 0
    func site(for serverName: String?) -> SiteIndex? { .listeners }
    func makeTLSHandler(for site: SiteIndex, onRefusal: @escaping (GateRefusal) -> Void) throws -> NIOSSLServerHandler {
        throw ChannelError.operationUnsupported
    }
    func identify(leaf: NIOSSLCertificate?, asking serverName: String?, now: Double) -> Result<IdentifiedClient, GateRefusal> {
        .success(IdentifiedClient(.anonymous, nil))
    }
    func review(_ certificate: (any ProvenCertificate)?, asking serverName: String?, now: Double) -> AuthenticatedPeer { .anonymous }
    func question(
        about certificate: (any ProvenCertificate)?, asking serverName: String?, now: Double, for client: any LookupClient
    ) -> (any PendingLookup)? { nil }
}

import AccessControl
import BindingPolicy
import HTTPWire
import NIOCore
import NIOEmbedded
import NIOSSL
import NIOTLS
import ProxyEngine
import Telemetry

/// An event loop in memory with the product's own handlers: a judge that decides by the path, upstreams that answer when they are told to,
/// and time that passes by hand.
final class HTTP2Stage {
    let loop: EngineLoop
    let judge: PathJudge
    let upstreams: MemoryUpstreams
    private let eventLoop: EmbeddedEventLoop
    private let time: HandTime
    private let seats = ConnectionSeats(ConnectionSeats.Bounds(connections: 1 << 20, unproved: 1 << 20, descriptors: 1 << 20))
    private let listener: EmbeddedChannel

    init(_ names: StripList, _ rewrite: RequestRewrite, _ change: (inout EngineSettings) -> Void = { _ in }) throws {
        let eventLoop = EmbeddedEventLoop(), time = HandTime(), counters = LoopCounters(), judge = PathJudge()
        let upstreams = MemoryUpstreams(eventLoop, names)
        var settings = EngineSettings(
            limits: .request, handshakeTimeout: .seconds(10), headTimeout: .seconds(10), idleTimeout: .seconds(60), bodyTimeout: .seconds(30),
            minimumBodyRate: 500, responseTimeout: .seconds(20), forwarded: [], thumbprintHeader: "X-Client-Cert-SHA256",
            challenge: ChallengeTerms(realm: "api", metadata: nil), accessLog: nil)
        change(&settings)
        let limits = UpstreamLimits(
            connections: 6, connectionsPerClient: 6, connectTimeout: .seconds(5), idleTimeout: .seconds(30), queueTimeout: .seconds(5))
        let pool = UpstreamPool(
            eventLoop: eventLoop, addresses: [UpstreamAddress("0", connect: { _ in upstreams.connect() })], limits: limits, counters: counters,
            clock: time.clock, onFault: { _ in })
        let upstream = LoopUpstream(
            .default, UpstreamTenure(pool, likeness: 1), UpstreamTerms(rewrite: rewrite, response: settings.responseTimeout), under: settings,
            counters)
        let generation = LoopGeneration(
            number: 1, settings: settings, strips: names, judge: judge, gate: try OpenGate(), upstreams: [upstream])
        loop = EngineLoop(
            eventLoop: eventLoop, generation: generation, counters: counters, sink: LogSink(descriptor: -1), clock: time.clock)
        listener = EmbeddedChannel(handler: AcceptGate(seats: seats, notify: { _ in }), loop: eventLoop)
        self.eventLoop = eventLoop
        self.time = time
        self.judge = judge
        self.upstreams = upstreams
    }

    var limits: HTTP2Limits { loop.generation.settings.http2 }

    /// A connection whose handshake has just ended.
    func connect() throws -> MemoryWire {
        let wire = try MemoryWire(eventLoop)
        // Taken out again: it would keep each of them.
        listener.pipeline.fireChannelRead(wire.channel as any Channel)
        _ = try listener.readInbound(as: (any Channel).self)
        let handshake = HandshakeHandler(loop: loop, seats: seats)
        _ = try handshake.makeTLS(for: nil)
        try wire.channel.pipeline.syncOperations.addHandler(handshake)
        wire.channel.pipeline.fireUserInboundEventTriggered(TLSUserEvent.handshakeCompleted(negotiatedProtocol: "h2"))
        run()
        return wire
    }

    func run() { eventLoop.run() }

    func passes(_ amount: TimeAmount) {
        time.pass(amount)
        eventLoop.advanceTime(by: amount)
        loop.tick()
        eventLoop.run()
    }
}

private final class HandTime {
    private var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    var clock: EngineClock { EngineClock(now: { self.now }, seconds: { 1_700_000_000 + Double(self.now.uptimeNanoseconds / 1_000_000_000) }) }

    func pass(_ amount: TimeAmount) { now = now + amount }
}

/// `/denied` is, `/later` waits for a lookup first; everything else may pass.
final class PathJudge: RequestJudge {
    private var lookups: [MemoryLookup] = []
    private static let permit = RoutePolicy(requirement: .nothing).decideWithoutToken(shownBy: nil)

    func judge(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double, for client: any LookupClient
    ) -> Judgement {
        switch String(decoding: bytes[head.path], as: UTF8.self) {
        case "/denied": return .decided(.deny(Denial(.tokenExpired)))
        case "/later":
            lookups.append(MemoryLookup(client))
            return .later(lookups[lookups.count - 1])
        default: return .decided(Self.permit)
        }
    }

    func conclude(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double,
        after lookup: any PendingLookup, for client: any LookupClient
    ) -> Judgement { .decided(Self.permit) }

    func endLookups() {
        let ended = lookups
        lookups = []
        for lookup in ended { lookup.ends() }
    }
}

private final class MemoryLookup: PendingLookup {
    private var client: (any LookupClient)?

    init(_ client: any LookupClient) { self.client = client }

    func ends() {
        let told = client
        client = nil
        told?.lookupEnded()
    }

    func abandon() { client = nil }
}

private final class OpenGate: ClientGate {
    func identify(shown chain: [[UInt8]]?, asking serverName: String?, now: Double) -> IdentifiedClient {
        IdentifiedClient(.anonymous, nil, asking: serverName)
    }
    let trustChanges = 0
    private let tls: OpenTLS

    init() throws { tls = try OpenTLS() }

    func site(for serverName: String?) -> SiteIndex? { .listeners }
    func makeTLS(for site: SiteIndex, asking serverName: String?) throws -> any ClientTLS { tls }
    func review(_ certificate: (any ProvenCertificate)?, asking serverName: String?, now: Double) -> AuthenticatedPeer { .anonymous }
    func question(
        about certificate: (any ProvenCertificate)?, asking serverName: String?, now: Double, for client: any LookupClient
    ) -> (any PendingLookup)? { nil }
}

/// Of every connection, since its octets are in clear.
private final class OpenTLS: ClientTLS {
    /// In no pipeline.
    let handler: NIOSSLServerHandler
    let refusal: GateRefusal? = nil

    init() throws {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([])
        handler = NIOSSLServerHandler(context: try NIOSSLContext(configuration: configuration))
    }

    func identify(now: Double) -> Result<IdentifiedClient, GateRefusal> { .success(IdentifiedClient(.anonymous, nil)) }
}

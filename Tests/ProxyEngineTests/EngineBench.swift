import AccessControl
import BindingPolicy
import Foundation
import HTTPWire
import NIOCore
import NIOEmbedded
import NIOSSL
@testable import ProxyEngine
import Telemetry

/// A loop with one client and as many upstream connections as it opens, all in memory, and time that passes by hand.
final class EngineBench {
    let eventLoop = EmbeddedEventLoop()
    let counters = LoopCounters()
    let judge = FakeJudge()
    private(set) var loop: EngineLoop!
    private let time = ManualTime()
    private let log: AccessLogFile
    /// In the order in which they were opened.
    private(set) var upstreams: [FakeUpstream] = []
    /// Fails attempts to connect where set.
    var connectFault: UpstreamFault?
    private(set) var upstreamFaults: [UpstreamFault] = []

    init(_ change: (inout EngineSettings) -> Void = { _ in }) throws {
        log = try AccessLogFile()
        loop = EngineLoop(
            eventLoop: eventLoop, generation: try generation(1, change), counters: counters, sink: log.sink, clock: time.clock,
            onUpstreamFault: { [unowned self] in upstreamFaults.append($0) })
    }

    func generation(_ number: Int, judge: (any RequestJudge)? = nil, _ change: (inout EngineSettings) -> Void = { _ in }) throws -> LoopGeneration {
        var settings = try EngineSettings.usual()
        change(&settings)
        let pool = UpstreamPool(
            eventLoop: eventLoop, settings: settings, counters: counters, clock: time.clock,
            onFault: { [unowned self] in upstreamFaults.append($0) }, connect: { [unowned self] in open($0) })
        return LoopGeneration(
            number: number, settings: settings, strips: try StripList(trustedHeader: settings.thumbprintHeader), judge: judge ?? self.judge,
            gate: NoGate(), pool: pool)
    }

    private func open(_ eventLoop: any EventLoop) -> EventLoopFuture<any Channel> {
        if let connectFault { return eventLoop.makeFailedFuture(connectFault) }
        do {
            let upstream = try FakeUpstream(self.eventLoop)
            upstreams.append(upstream)
            return eventLoop.makeSucceededFuture(upstream.wire.channel)
        } catch {
            return eventLoop.makeFailedFuture(error)
        }
    }

    func connect() throws -> FakeClient {
        let peer = AuthenticatedPeer.anonymous
        let client = ConnectedClient(peer, address: "192.0.2.1", share: loop.shares.enter(peer, at: "192.0.2.1"))
        let connection = HTTP1Connection(loop: loop, client: client)
        loop.register(connection)
        return FakeClient(connection, try Wire(eventLoop, connection))
    }

    /// In steps of the wheel's.
    func passes(_ amount: TimeAmount) {
        var left = amount
        while left > .nanoseconds(0) {
            let step = min(left, TimingWheel.interval)
            time.pass(step)
            eventLoop.advanceTime(by: step)
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

private final class ManualTime {
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
    static func usual() throws -> EngineSettings {
        guard let rewrite = RequestRewrite(pseudonym: "holdfast-test", removesAuthorization: false, defaultHost: "api") else {
            throw ChannelError.operationUnsupported
        }
        return EngineSettings(
            limits: .request, rewrite: rewrite, handshakeTimeout: .seconds(10), headTimeout: .seconds(10), idleTimeout: .seconds(60),
            bodyTimeout: .seconds(30), minimumBodyRate: 500, responseTimeout: .seconds(20), connectTimeout: .seconds(5),
            upstreamIdleTimeout: .seconds(30), upstreamConnectionsPerLoop: 4, upstreamConnectionsPerClient: 4, queueTimeout: .seconds(1),
            addsForwardedFor: false, thumbprintHeader: "X-Client-Thumbprint", challenge: ChallengeTerms(realm: "api", metadata: nil),
            accessLog: true)
    }
}

/// Decides by the path: `/denied` is, `/later` waits for a lookup, everything else may pass.
final class FakeJudge: RequestJudge {
    private(set) var lookups: [FakeLookup] = []
    var afterLookup = Decision.deny(Denial(.tokenExpired))

    static let permit = RoutePolicy(requirement: .nothing).decideWithoutToken(shownBy: nil)

    func judge(
        _ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double, for client: any LookupClient
    ) -> Judgement {
        switch String(decoding: bytes[head.path], as: UTF8.self) {
        case "/denied": return .decided(.deny(Denial(.tokenExpired)))
        case "/later":
            let lookup = FakeLookup(client)
            lookups.append(lookup)
            return .later(lookup)
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
    func makeTLSHandler() throws -> NIOSSLServerHandler { throw ChannelError.operationUnsupported }
    func identify(leaf: NIOSSLCertificate?, now: Double) -> Result<AuthenticatedPeer, GateRefusal> { .success(.anonymous) }
    func takeLastRefusal() -> String? { nil }
}

import ClientIdentity
import HoldfastConfiguration
import NIOCore
import ProxyEngine
import Telemetry
import TokenValidation

/// A loop's state, held from outside: it is reached only by going to that loop.
struct LoopHandle: Sendable {
    struct State {
        let engine: EngineLoop
        let judge: TokenJudge
    }

    let eventLoop: any EventLoop
    private let state: NIOLoopBound<State>

    /// Makes everything the loop owns, on the loop.
    static func make(
        on eventLoop: any EventLoop, _ blueprint: Blueprint, contexts: ServerTLSContexts, authenticator: ClientAuthenticator,
        introspectors: [Introspector?], keys: KeyDesk, sink: LogSink, notice: UpstreamNotice
    ) async throws -> LoopHandle {
        let bound = try await eventLoop.submit {
            let counters = LoopCounters()
            let judge = TokenJudge(
                policies: blueprint.policies, cacheCapacity: blueprint.configuration.verificationCache,
                access: blueprint.access, introspectors: introspectors, keys: keys, counters: counters, eventLoop: eventLoop)
            let gate = ConnectionGate(
                contexts: contexts, authenticator: authenticator, certificateIsOptional: blueprint.tls.certificateIsOptional)
            let onFault: (UpstreamFault) -> Void = { notice.failed($0, now: EngineLoop.wallClock()) }
            let pool = UpstreamPool(
                eventLoop: eventLoop, target: blueprint.target, settings: blueprint.settings, counters: counters, onFault: onFault)
            let generation = LoopGeneration(
                number: 1, settings: blueprint.settings, strips: blueprint.strips, judge: judge, gate: gate, pool: pool)
            let engine = EngineLoop(
                eventLoop: eventLoop, generation: generation, counters: counters, sink: sink, onUpstreamFault: onFault)
            engine.start()
            return NIOLoopBound(State(engine: engine, judge: judge), eventLoop: eventLoop)
        }.get()
        return LoopHandle(eventLoop: eventLoop, state: bound)
    }

    private init(eventLoop: any EventLoop, state: NIOLoopBound<State>) {
        self.eventLoop = eventLoop
        self.state = state
    }

    /// On the loop only.
    var engine: EngineLoop { state.value.engine }

    func replaceKeys(_ keys: KeySet?, ofIssuerAt index: Int) {
        eventLoop.execute { state.value.judge.replaceKeys(keys, ofIssuerAt: index) }
    }

    func metrics() async throws -> MetricsSnapshot {
        try await eventLoop.submit { state.value.engine.counters.metrics }.get()
    }

    /// From now on each answer closes its connection.
    func announceEnd() async throws {
        try await eventLoop.submit { state.value.engine.announceEnd() }.get()
    }

    /// Completes when no client connection is left.
    func drain() async throws {
        try await eventLoop.flatSubmit { state.value.engine.drain() }.get()
    }

    func stop() async throws {
        try await eventLoop.submit { state.value.engine.stop() }.get()
    }
}

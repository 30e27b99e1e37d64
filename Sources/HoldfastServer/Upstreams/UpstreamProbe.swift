import BindingPolicy
import Logging
import NIOCore
import NIOSSL
import ProxyEngine
import ServiceLifecycle
import Synchronization
import Telemetry

/// Knows whether requests would reach each upstream, by opening a connection to each of its addresses now and then the way they do, and
/// why not. Loops leave alone what it finds down, where there are other addresses.
///
/// Unless a `path` is configured it sends nothing: what a request to a legacy API would do, nobody knows. But it stays for a moment, since
/// some only say no once the connection is there: in TLS 1.3 a server that demands a client certificate tells so after the client's side
/// of the handshake is done, and proxies in front of nothing accept connections and close them.
final class UpstreamProbe: Service {
    private let upstreams: Upstreams
    private let group: any EventLoopGroup
    private let logger: Logger

    enum Finding: Equatable, Sendable {
        case untried
        case reachable
        case failed(UpstreamFault)
    }

    /// Those that there are now, and the number of the generation that says so.
    typealias Upstreams = @Sendable () -> (generation: Int, all: [UpstreamPlan])

    private static let intervalWhileUp = Duration.seconds(5)
    private static let intervalWhileDown = Duration.milliseconds(500)
    /// How soon a reload is seen.
    private static let step = Duration.milliseconds(500)
    private static let patience = TimeAmount.seconds(2)

    init(group: any EventLoopGroup, logger: Logger, upstreams: @escaping Upstreams) {
        self.upstreams = upstreams
        self.group = group
        self.logger = logger
    }

    func run() async throws { await cancelWhenGracefulShutdown { await self.watch() } }

    private func watch() async {
        while !Task.isCancelled {
            let (generation, all) = upstreams()
            await withTaskGroup(of: Void.self) { watches in
                for plan in all { watches.addTask { await self.watch(plan, in: generation) } }
            }
        }
    }

    private func watch(_ plan: UpstreamPlan, in generation: Int) async {
        var lookedUp: ContinuousClock.Instant?
        repeat {
            if let every = plan.resolveEvery, case .host(let host, let port) = plan.target.address, lookedUp.map({ $0 + every <= .now }) ?? true {
                plan.watched.adopt(await NameLookup.addresses(of: host, port: port, on: group.next()))
                lookedUp = .now
            }
            await withTaskGroup(of: Void.self) { probes in
                for entry in plan.watched.list.entries { probes.addTask { await self.look(at: entry, of: plan) } }
            }
            let isUp = plan.watched.each.allSatisfy { $0.finding == .reachable }
            let usual = plan.check?.interval ?? (isUp ? Self.intervalWhileUp : Self.intervalWhileDown)
            await pause(plan.resolveEvery.map { min($0, usual) } ?? usual, unlessAfter: generation)
        } while upstreams().generation == generation && !Task.isCancelled
    }

    private func look(at entry: UpstreamAddressList.Entry, of plan: UpstreamPlan) async {
        let finding = await probe(plan.target.at(entry.address), plan.check)
        if Task.isCancelled { return }
        if plan.watched.note(finding, at: entry) != finding { tell(finding, of: plan, at: entry) }
    }

    private func pause(_ duration: Duration, unlessAfter generation: Int) async {
        let end = ContinuousClock.now + duration
        while ContinuousClock.now < end, upstreams().generation == generation, !Task.isCancelled {
            try? await Task.sleep(for: min(Self.step, end - .now))
        }
    }

    private func tell(_ finding: Finding, of plan: UpstreamPlan, at entry: UpstreamAddressList.Entry) {
        var which: Logger.Metadata = plan.name == .default ? [:] : ["upstream": "\(plan.name.text)"]
        if plan.watched.list.entries.count > 1 { which["address"] = "\(entry.address.text)" }
        switch finding {
        case .untried: break
        case .reachable: logger.log(.upstreamReachable, metadata: which)
        case .failed(let fault):
            let why: Logger.Metadata = ["reason": "\(fault.reason)", "cause": "\(fault.cause)"]
            logger.log(.upstreamUnreachable, metadata: why.merging(which) { own, _ in own })
        }
    }

    private func probe(_ target: UpstreamTarget, _ check: UpstreamCheck?) async -> Finding {
        let connector = UpstreamConnector(target, patience: Self.patience)
        let eventLoop = group.next()
        let began = NIODeadline.now()
        let finding = try? await eventLoop.flatSubmit {
            let finding = eventLoop.makePromise(of: Finding.self)
            // In the same turn of the loop: what the other end says right behind its handshake must not be missed.
            connector.connect(on: eventLoop).assumeIsolated().whenComplete { result in
                switch result {
                case .success(let channel):
                    if let check { check.ask(channel, finding) } else { Self.stay(on: channel, since: began, finding) }
                case .failure(let error): finding.succeed(.failed(UpstreamFault(connecting: error)))
                }
            }
            return finding.futureResult
        }.get()
        // Only a loop that is being shut down finds nothing.
        return finding ?? .untried
    }

    private static func stay(on channel: any Channel, since began: NIODeadline, _ finding: EventLoopPromise<Finding>) {
        let watch = UpstreamProbeHandler(finding)
        guard (try? channel.pipeline.syncOperations.addHandler(watch)) != nil else { return finding.succeed(.failed(.closed)) }
        let isEncrypted = (try? channel.pipeline.syncOperations.handler(type: NIOSSLClientHandler.self)) != nil
        let window = UpstreamProbeWindow.after(.now() - began, isEncrypted: isEncrypted)
        channel.eventLoop.assumeIsolated().scheduleTask(in: window) {
            watch.end(.reachable)
            channel.closeAbruptly()
        }
    }
}

/// How long the other end has to say no.
enum UpstreamProbeWindow {
    /// An answer to what we sent last takes one way there and back, and opening the connection took at least one, over TLS two: four times
    /// that leaves room for a server that thinks.
    static func after(_ opening: TimeAmount, isEncrypted: Bool) -> TimeAmount {
        let least = isEncrypted ? TimeAmount.milliseconds(250) : .milliseconds(50)
        return min(max(opening * 4, least), .seconds(1))
    }
}

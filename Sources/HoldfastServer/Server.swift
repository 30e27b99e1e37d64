import ClientIdentity
import HTTPWire
import HoldfastConfiguration
package import Logging
import NIOCore
import NIOPosix
import ProxyEngine
import ServiceLifecycle
import Synchronization
package import Telemetry
import Timekeeping

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Puts the rooms together and runs them until a signal says to end.
package enum Server {
    /// Returns after a graceful shutdown; throws where a part could not start or failed.
    ///
    /// - Parameters:
    ///   - inherited: descriptors that were open before this process opened any; sockets that were passed are among them.
    ///   - sandbox: what this process has given up.
    ///   - environment: of the process: what a service manager has to say.
    ///   - resource: what a collector is told of this process.
    package static func run(
        _ blueprint: Blueprint, inherited: Int, sandbox: Sandbox, environment: [String: String], resource: ExportResource, logger: Logger,
        sinks: LogSinks
    ) async throws {
        let configuration = blueprint.configuration
        let descriptors = blueprint.descriptors
        guard descriptors.isEnough else { throw DescriptorShortage(plan: descriptors) }
        logger.log(
            .descriptors,
            metadata: [
                "limit": "\(descriptors.limit)", "clients": "\(descriptors.clients)", "handshakes": "\(descriptors.handshakes)",
                "upstream": "\(descriptors.upstream * configuration.loopCount)", "reserve": "\(descriptors.reserve)",
            ])
        sandbox.tell(logger)
        let places = try PassedSockets(environment: environment, process: Int(getpid())).places(configuration)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: configuration.loopCount)
        let control = ControlPlane.start()
        let signals = ShutdownSignals()
        let draining = Atomic<Bool>.Reference()
        let generations = try Generations(blueprint, now: WallClock.seconds(), logger: logger)
        let notice = UpstreamNotice(logger: logger)
        let refusals = RefusalNotice(logger: logger)
        var loops: [LoopHandle] = []
        for eventLoop in group.makeIterator() {
            loops.append(
                try await LoopHandle.make(
                    on: eventLoop, generations.current, among: configuration.loopCount, sink: sinks.access, notice: notice, refusals: refusals))
        }
        let ready = loops
        let probe = UpstreamProbe(group: control, logger: logger) {
            let current = generations.current
            return (current.number, current.blueprint.upstreams)
        }
        let reloads = ReloadRecord()
        let readiness: @Sendable () -> Readiness = {
            let desks = generations.current.desks
            return Readiness(
                keys: desks.keysAvailable, introspection: desks.introspectionAvailable,
                lists: generations.current.blueprint.listKeepers.map { ($0.url.shown, !$0.lists.lists.isEmpty) },
                upstreams: generations.current.blueprint.upstreams.map { ($0.name, $0.watched.finding) },
                draining: draining.value.load(ordering: .relaxed))
        }
        let manager = ServiceManager(environment: environment) {
            let state = reloads.state
            return ServiceStatus(
                generation: generations.current.number, problems: readiness().problems, mistakes: state.mistakes,
                waitingForRestart: state.waitingForRestart)
        }
        let reloader = Reloader(generations, record: reloads, inherited: inherited, manager: manager, sandbox: sandbox, logger: logger) {
            generation in
            for loop in ready { try await loop.publish(generation, notice: notice) }
        }

        let seats = ConnectionSeats(
            ConnectionSeats.Bounds(
                connections: configuration.listener.maxConnections, unproved: descriptors.handshakes, descriptors: descriptors.sockets))
        var services: [any Service] = [
            Supervision(
                manager, watchdog: Watchdog(environment: environment, process: Int(getpid())), loops: ready.map(\.eventLoop)),
            probe, generations.issuers,
            MemoryReturn(loops: ready) {
                let current = generations.current
                return current.number + current.blueprint.shelf.changes.count
            }, reloader,
            LogLossNotice(sinks: sinks, logger: logger),
            ExpiryNotice(generations: generations, logger: logger),
            ReportOnlyNotice(generations: generations, loops: ready, logger: logger),
        ]
        let exports = ExportCounts()
        let pages = AdminPages(
            generations, reloads: reloads, readiness: readiness, loops: ready, seats: seats, sinks: sinks, refusals: refusals, exports: exports)
        // Shut down last of all: it takes what the last requests left.
        services.insert(
            OTLPExporter(
                loops: ready, resource: resource, counts: exports, logger: logger, plan: { generations.current.blueprint.export },
                metrics: pages.export), at: 0)
        if let place = places.admin {
            let admin = try await PageServer(
                "admin", at: place, group: control, connections: descriptors.pages, tls: nil,
                absence: "not found; there are /livez, /readyz, /metrics, /status and /status.json, and /context/jwks with forward.context\n",
                logger: logger,
                pages: pages.page)
            logger.log(.adminListening, metadata: ["address": "\(admin.address.map(NetworkAddress.text) ?? "")"])
            services.append(admin)
        }
        if let metadata = blueprint.metadata, let place = places.metadata {
            let server = try await MetadataServer.start(
                metadata, at: place, of: generations, group: control, connections: descriptors.pages, logger: logger)
            logger.log(.metadataListening, metadata: ["address": "\(server.address.map(NetworkAddress.text) ?? "")"])
            services.append(server)
        }
        let listener = try await Listener.bind(
            to: places.listener, group: group, seats: seats,
            loops: ready.map { loop in (loop.eventLoop, { loop.engine }) }, notify: { logger.tell($0, of: "listener") })
        logger.log(
            .listening,
            metadata: [
                "address": "\(listener.channel.localAddress.map(NetworkAddress.text) ?? "")", "loops": "\(ready.count)",
                "thumbprint": "\(blueprint.serverCertificate.thumbprint)",
            ])
        let decisions = try await Self.listenForDecisions(configuration, group: group, loops: ready, logger: logger)
        services.append(
            ProxyService(
                listener: listener, decisions: decisions, loops: ready, timing: { generations.current.blueprint.configuration.shutdown },
                signals: signals, draining: draining, isReady: { readiness().isReady }, manager: manager, logger: logger))

        // Shut down in reverse order: the proxy drains while the admin endpoint still tells that it does.
        try await signals.run(ServiceGroup(configuration: .init(services: services.map { .init(service: $0) }, logger: logger)))
        sinks.access.drain()
        try await group.shutdownGracefully()
        logger.log(.stopped)
    }
}

extension Server {
    /// Where other proxies ask; nil where none do.
    private static func listenForDecisions(
        _ configuration: HoldfastConfiguration, group: any EventLoopGroup, loops: [LoopHandle], logger: Logger
    ) async throws -> Listener? {
        guard let decisions = configuration.decisions else { return nil }
        let count = decisions.maxConnections
        let address: DecisionAddress =
            switch decisions.place {
            case .unix(let path): .unix(path)
            case .network(let address, _, _): .network(host: address.host, port: address.port)
            }
        let listener = try await Listener.bindForDecisions(
            address, group: group, seats: ConnectionSeats(ConnectionSeats.Bounds(connections: count, unproved: count, descriptors: count)),
            loops: loops.map { loop in (loop.eventLoop, { loop.engine }) }, notify: { logger.tell($0, of: "decision") })
        // Connecting takes the right to write: the owner and its group have it.
        if case .unix(let path) = address, chmod(path, 0o660) != 0 { throw SocketRights(path: path, errno: errno) }
        let shown = if case .network = address { listener.channel.localAddress.map(NetworkAddress.text) ?? "" } else { "\(decisions.place)" }
        logger.log(.decisionsListening, metadata: ["address": "\(shown)"])
        return listener
    }
}

/// Whoever can reach it could have whatever he likes decided.
private struct SocketRights: Error, CustomStringConvertible {
    let path: String
    let errno: CInt
    var description: String { "the rights of \(path) could not be set: \(String(cString: strerror(errno)))" }
}

extension NetworkAddress {
    /// `127.0.0.1:8443` or `[::1]:8443`.
    static func text(_ address: SocketAddress) -> String {
        let host = address.addressText
        return host.contains(":") ? "[\(host)]:\(address.port ?? 0)" : "\(host):\(address.port ?? 0)"
    }
}

extension HoldfastConfiguration {
    /// Event loops: as configured, else one a core this process may use.
    var loopCount: Int { threads ?? System.coreCount }
}

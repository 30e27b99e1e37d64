import BindingPolicy
import ClientIdentity
import HTTPWire
import HoldfastConfiguration
import NIOHTTP1
import ProxyEngine
import Telemetry
import Timekeeping
import TokenValidation

/// What the admin endpoint answers. Machines go by the status alone; the words are for people.
struct AdminPages: Sendable {
    let readiness: @Sendable () -> Readiness
    let loops: [LoopHandle]
    let seats: ConnectionSeats
    let refusals: RefusalNotice
    let reloads: ReloadRecord
    let exports: ExportCounts
    private let sinks: LogSinks
    private let generations: Generations

    init(
        _ generations: Generations, reloads: ReloadRecord, readiness: @escaping @Sendable () -> Readiness, loops: [LoopHandle],
        seats: ConnectionSeats, sinks: LogSinks, refusals: RefusalNotice, exports: ExportCounts
    ) {
        self.exports = exports
        self.refusals = refusals
        self.generations = generations
        self.reloads = reloads
        self.readiness = readiness
        self.loops = loops
        self.seats = seats
        self.sinks = sinks
    }

    var generation: Generation { generations.current }

    var isReportOnly: Bool {
        ReportOnlyNotice.modes(generation.blueprint.configuration).contains { $0.isOn(at: WallClock.seconds()) }
    }

    /// How many routes ask for less than a bound token, by what they ask for.
    private var weakerRoutes: [(require: String, count: Int)] {
        let routes = generation.blueprint.configuration.routes
        return [RoutePolicy.Requirement.certificate, .nothing].map { requirement in
            (requirement.rawValue, routes.count { $0.policy.requirement == requirement })
        }
    }

    @Sendable func page(_ question: PageServer.Question) async -> PageServer.Page? {
        switch question.path {
        // Liveness depends on nothing else, or an issuer's outage would restart every proxy.
        case "/livez": return PageServer.Page(body: "ok\n")
        case "/readyz":
            return readyPage(isVerbose: question.query == "verbose")
        case "/context/jwks":
            let keys = generation.contextKeys
            guard !keys.isEmpty else { return nil }
            return PageServer.Page(contentType: "application/jwk-set+json", body: "{\"keys\":[\(keys.joined(separator: ","))]}\n")
        case "/metrics": return await metrics(MetricsExposition.Format(accept: question.accept))
        case "/status":
            let report = await status()
            return PageServer.Page(contentType: "text/html; charset=utf-8", fields: StatusPage.fields, body: StatusPage.html(report))
        case "/status.json": return PageServer.Page(contentType: "application/json", body: await status().json)
        default: return nil
        }
    }

    /// - Parameter isVerbose: with what people want to know and what does not make us less ready.
    private func readyPage(isVerbose: Bool) -> PageServer.Page {
        let readiness = readiness()
        let note = isReportOnly ? "report_only: requests that should be refused are forwarded\n" : ""
        let warnings = isVerbose ? generation.blueprint.review.warnings(now: WallClock.seconds()).map { "warning: \($0)\n" } : []
        let notes = isVerbose ? ((generationNotes + issuerNotes).map { "\($0)\n" } + warnings).joined() : ""
        if readiness.isReady { return PageServer.Page(body: "ok\n" + note + notes) }
        return PageServer.Page(
            status: .serviceUnavailable, body: readiness.problems.map { "not ready: \($0)\n" }.joined() + notes)
    }

    /// What is in force since when, and what is not though the files say it.
    private var generationNotes: [String] {
        let generation = generation
        let state = reloads.state
        return ["generation: \(generation.number) \(generation.blueprint.digest), \(Int(age(of: generation))) s old"]
            + state.mistakes.map { "reload refused: \($0)" } + state.waitingForRestart.map { "needs a restart: \($0)" }
    }

    func age(of generation: Generation) -> Double { max(0, WallClock.seconds() - generation.made).rounded() }

    private var issuerNotes: [String] {
        generation.desks.all.flatMap(\.keyNotes) + generation.desks.all.flatMap(\.introspectionNotes)
            + generation.blueprint.listKeepers.flatMap(\.notes)
            + generation.blueprint.statusDesks.compactMap { file, desk in
                desk.counts.lastFault.map { "warning: revocation of certificates of \(file): \($0)" }
            }
    }

    private var snapshots: [MetricsSnapshot] {
        get async {
            var snapshots = [outsideOfLoops]
            for loop in loops {
                if let snapshot = try? await loop.metrics() { snapshots.append(snapshot) }
            }
            return snapshots
        }
    }

    /// The same for a collector.
    @Sendable func export() async -> MetricsExport {
        var export = MetricsExport()
        export.add(await snapshots)
        export.add([processMetrics])
        export.add([SystemMetrics.current()])
        return export
    }

    private func metrics(_ format: MetricsExposition.Format) async -> PageServer.Page {
        var exposition = MetricsExposition(format: format)
        exposition.add(await snapshots)
        exposition.add([processMetrics])
        exposition.add([SystemMetrics.current()])
        return PageServer.Page(contentType: format.contentType, body: exposition.finish())
    }

    /// Connections that no loop was given; and zeros, since `increase` sees no event that makes its counter.
    private var outsideOfLoops: MetricsSnapshot {
        var snapshot = MetricsSnapshot()
        snapshot.connectionsRefused = seats.counts.refused
        for code in RefusalCause.codes { snapshot.refusals[code] = 0 }
        for kind in UpstreamFault.Kind.allCases { snapshot.upstreamFailures[kind.rawValue] = 0 }
        return snapshot
    }

    private var processMetrics: ProcessMetrics {
        var metrics = ProcessMetrics()
        metrics.isReady = readiness().isReady
        metrics.isReportOnly = isReportOnly
        let state = reloads.state
        metrics.generation = generation.number
        metrics.generationAge = age(of: generation)
        metrics.reloads = ["applied": state.applied, "refused": state.refused]
        metrics.isReloadRefused = !state.mistakes.isEmpty
        let (review, now) = (generation.blueprint.review, WallClock.seconds())
        metrics.certificateExpiry = review.secondsToExpiry(now: now)
        metrics.revocationListUpdate = review.secondsToNextUpdate(now: now)
        for keeper in generation.blueprint.listKeepers {
            metrics.listFetches[keeper.url.shown] = keeper.status.fetches
            metrics.listFetchFailures[keeper.url.shown] = keeper.status.failures
        }
        for (file, desk) in generation.blueprint.statusDesks {
            let counts = desk.counts
            metrics.statusQuestions[file] = counts.questions
            metrics.statusFailures[file] = counts.failures
            metrics.statusAnswers[file] = counts.remembered
        }
        for plan in generation.blueprint.upstreams {
            for (address, finding) in plan.watched.each { metrics.upstreamUp[LabelPair(plan.name.text, address)] = finding == .reachable }
        }
        for routes in weakerRoutes { metrics.weakerRoutes[routes.require] = routes.count }
        metrics.accessLogDropped = sinks.access.lostLines
        metrics.messagesDropped = sinks.messages.lostLines
        metrics.spansExported = exports.exported
        metrics.spansDropped = exports.dropped
        addSeats(to: &metrics)
        addKeys(to: &metrics)
        addIntrospection(to: &metrics)
        return metrics
    }

    private func addSeats(to metrics: inout ProcessMetrics) {
        let counts = seats.counts
        metrics.connectionsLimit = min(seats.bounds.connections, seats.bounds.descriptors)
        metrics.connectionsHandshaking = counts.unproved
        metrics.connectionsCrowdedOut = counts.dismissed
        metrics.isAcceptPaused = counts.isPaused
        metrics.acceptPauses = counts.pauses
    }

    private func addKeys(to metrics: inout ProcessMetrics) {
        for desk in generation.desks.all {
            guard let keeper = desk.keeper else { continue }
            let (issuer, status) = (desk.issuer.name, keeper.status)
            metrics.keys[issuer] = status.keys
            metrics.keysAge[issuer] = status.lastSuccess.map { (keeper.time.now() - $0).rounded() }
            metrics.keyFetches[issuer] = status.fetches
            metrics.keyFetchFailures[issuer] = status.failures
            metrics.keyLookupsWaiting[issuer] = status.waiting
            metrics.keyLooksRefused[issuer] = status.refusedLooks
        }
    }

    private func addIntrospection(to metrics: inout ProcessMetrics) {
        for desk in generation.desks.all {
            guard let status = desk.introspector?.status else { continue }
            let issuer = desk.issuer.name
            metrics.introspections[issuer] = status.requests
            for (failure, count) in status.failures { metrics.introspectionFailures[LabelPair(issuer, failure.rawValue)] = count }
            metrics.introspectionsInFlight[issuer] = status.inFlight
            metrics.introspectionsWaiting[issuer] = status.waiting
            metrics.isIntrospectionCircuitOpen[issuer] = status.isCircuitOpen
            metrics.introspectionClientsLeftAlone[issuer] = status.clientsLeftAlone
        }
    }
}

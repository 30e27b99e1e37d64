import BindingPolicy
import HoldfastConfiguration
import NIOHTTP1
import ProxyEngine
import Telemetry
import TokenValidation

/// What the admin endpoint answers. Machines go by the status alone; the words are for people.
struct AdminPages: Sendable {
    private let readiness: @Sendable () -> Readiness
    private let loops: [LoopHandle]
    private let seats: ConnectionSeats
    private let sinks: LogSinks
    private let keys: KeyKeeping
    private let introspection: Introspection
    private let review: CredentialReview
    private let reportOnly: [ReportOnly]
    /// How many routes ask for less than a bound token, by what they ask for.
    private let weakerRoutes: [(require: String, count: Int)]

    init(
        _ configuration: HoldfastConfiguration, readiness: @escaping @Sendable () -> Readiness, loops: [LoopHandle], seats: ConnectionSeats,
        keys: KeyKeeping, introspection: Introspection, review: CredentialReview, sinks: LogSinks
    ) {
        self.review = review
        self.readiness = readiness
        self.loops = loops
        self.seats = seats
        self.sinks = sinks
        self.keys = keys
        self.introspection = introspection
        reportOnly = ReportOnlyNotice.modes(configuration)
        weakerRoutes = [RoutePolicy.Requirement.certificate, .nothing].map { requirement in
            (requirement.rawValue, configuration.routes.count { $0.policy.requirement == requirement })
        }
    }

    private var isReportOnly: Bool { reportOnly.contains { $0.isOn(at: EngineLoop.wallClock()) } }

    @Sendable func page(_ question: PageServer.Question) async -> PageServer.Page? {
        switch question.path {
        // Liveness depends on nothing else, or an issuer's outage would restart every proxy.
        case "/livez": return PageServer.Page(body: "ok\n")
        case "/readyz":
            return readyPage(isVerbose: question.query == "verbose")
        case "/metrics": return await metrics(MetricsExposition.Format(accept: question.accept))
        default: return nil
        }
    }

    /// - Parameter isVerbose: with what people want to know and what does not make us less ready.
    private func readyPage(isVerbose: Bool) -> PageServer.Page {
        let readiness = readiness()
        let note = isReportOnly ? "report_only: requests that should be refused are forwarded\n" : ""
        let warnings = isVerbose ? review.warnings(now: EngineLoop.wallClock()).map { "warning: \($0)\n" } : []
        let notes = isVerbose ? ((keys.notes + introspection.notes).map { "\($0)\n" } + warnings).joined() : ""
        if readiness.isReady { return PageServer.Page(body: "ok\n" + note + notes) }
        return PageServer.Page(
            status: .serviceUnavailable, body: readiness.problems.map { "not ready: \($0)\n" }.joined() + notes)
    }

    private func metrics(_ format: MetricsExposition.Format) async -> PageServer.Page {
        var total = MetricsSnapshot()
        for loop in loops {
            if let snapshot = try? await loop.metrics() { total.merge(snapshot) }
        }
        let counts = seats.counts
        total.connectionsRefused += counts.refused
        let ready = readiness().isReady
        var exposition = MetricsExposition(format: format)
        exposition.add(total)
        exposition.gauge("holdfast_ready", "Whether the readiness probe answers 200.", [([], ready ? 1 : 0)])
        exposition.gauge("holdfast_report_only", "Whether requests that should be refused are forwarded.", [([], isReportOnly ? 1 : 0)])
        exposition.gauge(
            "holdfast_weaker_routes", "Routes that ask for less than a bound token, by what they ask for.",
            weakerRoutes.map { ([("require", $0.require)], Double($0.count)) })
        addSeats(counts, to: &exposition)
        addLogs(to: &exposition)
        addKeys(to: &exposition)
        addIntrospection(to: &exposition)
        return PageServer.Page(contentType: format.contentType, body: exposition.finish())
    }

    private func addSeats(_ counts: ConnectionSeats.Counts, to exposition: inout MetricsExposition) {
        exposition.gauge(
            "holdfast_connections_limit", "Client connections that may be open at once; fewer than configured where descriptors are short.",
            [([], Double(min(seats.bounds.connections, seats.bounds.descriptors)))])
        exposition.gauge("holdfast_connections_handshaking", "Client connections whose handshake is not done.", [([], Double(counts.unproved))])
        exposition.counter(
            "holdfast_connections_crowded_out", "Connections closed before the end of their handshake, to make room for newer ones.",
            [([], counts.dismissed)])
        exposition.gauge(
            "holdfast_accept_paused", "Whether no connection is accepted, since no descriptor is left for one.", [([], counts.isPaused ? 1 : 0)])
        exposition.counter("holdfast_accept_pauses", "How often accepting was paused.", [([], counts.pauses)])
    }

    private func addLogs(to exposition: inout MetricsExposition) {
        let help = "that were lost: nobody read them in time, or the log was closed or full."
        exposition.counter("holdfast_access_log_dropped", "Access log lines \(help)", [([], sinks.access.lostLines)])
        exposition.counter("holdfast_messages_dropped", "Lines of Holdfast's own messages \(help)", [([], sinks.messages.lostLines)])
    }

    private func addKeys(to exposition: inout MetricsExposition) {
        let states = keys.kept.map { (issuer: $0.issuer, keeper: $0.keeper, status: $0.keeper.status) }
        exposition.gauge(
            "holdfast_keys", "Usable keys of an issuer.", states.map { ([("issuer", $0.issuer)], Double($0.status.keys)) })
        exposition.gauge(
            "holdfast_keys_age_seconds", "Since the last good look at an issuer's keys.",
            states.compactMap { state in
                state.status.lastSuccess.map { ([("issuer", state.issuer)], (state.keeper.time.now() - $0).rounded()) }
            })
        exposition.counter(
            "holdfast_key_fetches", "Looks at an issuer's keys.", states.map { ([("issuer", $0.issuer)], $0.status.fetches) })
        exposition.counter(
            "holdfast_key_fetch_failures", "Looks at an issuer's keys that failed.",
            states.map { ([("issuer", $0.issuer)], $0.status.failures) })
        exposition.gauge(
            "holdfast_key_lookups_waiting", "Requests that wait for a look at an issuer's keys, since their tokens may be signed with a new one.",
            states.map { ([("issuer", $0.issuer)], Double($0.status.waiting)) })
        exposition.counter(
            "holdfast_key_looks_refused", "Requests that were judged by the keys there were, since the budget of looks was used up.",
            states.map { ([("issuer", $0.issuer)], $0.status.refusedLooks) })
    }

    private func addIntrospection(to exposition: inout MetricsExposition) {
        let states = introspection.asked.map { (issuer: $0.issuer, status: $0.introspector.status) }
        exposition.counter(
            "holdfast_introspections", "Questions to an issuer about a token.", states.map { ([("issuer", $0.issuer)], $0.status.requests) })
        exposition.counter(
            "holdfast_introspection_failures", "Lookups that nothing could be said about, by what kept it from being said.",
            states.flatMap { state in
                state.status.failures.sorted { $0.key.rawValue < $1.key.rawValue }
                    .map { ([("issuer", state.issuer), ("fault", $0.key.rawValue)], $0.value) }
            })
        exposition.gauge(
            "holdfast_introspections_in_flight", "Questions under way.", states.map { ([("issuer", $0.issuer)], Double($0.status.inFlight)) })
        exposition.gauge(
            "holdfast_introspections_waiting", "Requests that wait for an answer about their token.",
            states.map { ([("issuer", $0.issuer)], Double($0.status.waiting)) })
        exposition.gauge(
            "holdfast_introspection_circuit_open", "Whether the issuer is left alone since it failed too often.",
            states.map { ([("issuer", $0.issuer)], $0.status.isCircuitOpen ? 1 : 0) })
        exposition.gauge(
            "holdfast_introspection_clients_left_alone", "Clients with whose tokens the issuer is left alone, since it failed on too many of them.",
            states.map { ([("issuer", $0.issuer)], Double($0.status.clientsLeftAlone)) })
    }
}

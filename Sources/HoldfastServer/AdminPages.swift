import NIOHTTP1
import Telemetry
import TokenValidation

/// What the admin endpoint answers. Machines go by the status alone; the words are for people.
struct AdminPages: Sendable {
    let readiness: @Sendable () -> Readiness
    let loops: [LoopHandle]
    let keys: KeyKeeping

    @Sendable func page(_ path: String, _ accept: String?) async -> AdminEndpoint.Page? {
        switch path {
        // Liveness depends on nothing else, or an issuer's outage would restart every proxy.
        case "/livez": return AdminEndpoint.Page(body: "ok\n")
        case "/readyz":
            let readiness = readiness()
            if readiness.isReady { return AdminEndpoint.Page(body: "ok\n") }
            return AdminEndpoint.Page(status: .serviceUnavailable, body: readiness.problems.map { "not ready: \($0)\n" }.joined())
        case "/metrics": return await metrics(MetricsExposition.Format(accept: accept))
        default: return nil
        }
    }

    private func metrics(_ format: MetricsExposition.Format) async -> AdminEndpoint.Page {
        var total = MetricsSnapshot()
        for loop in loops {
            if let snapshot = try? await loop.metrics() { total.merge(snapshot) }
        }
        let ready = readiness().isReady
        var exposition = MetricsExposition(format: format)
        exposition.add(total)
        let states = zip(keys.availability, keys.keepers).map { (issuer: $0.issuer, keeper: $1, status: $1.status) }
        exposition.gauge("holdfast_ready", "Whether the readiness probe answers 200.", [([], ready ? 1 : 0)])
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
        return AdminEndpoint.Page(contentType: format.contentType, body: exposition.finish())
    }
}

/// Renders counts for a scraper, as OpenMetrics 1.0 or in Prometheus' classic text form.
package struct MetricsExposition {
    package enum Format: Sendable {
        case openMetrics
        case classic

        /// What the scraper's `Accept` field asks for; classic unless it names OpenMetrics.
        package init(accept: String?) {
            self = accept?.contains("application/openmetrics-text") == true ? .openMetrics : .classic
        }

        package var contentType: String {
            switch self {
            case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            case .classic: "text/plain; version=0.0.4; charset=utf-8"
            }
        }
    }

    private let format: Format
    private var text = ""

    package init(format: Format) { self.format = format }

    /// A counter; `name` without the `_total` that both formats want on the samples.
    package mutating func counter(_ name: String, _ help: String, _ samples: [(labels: [(String, String)], value: Int)]) {
        head(name, "counter", help, suffix: "_total")
        for sample in samples { line(name + "_total", sample.labels, String(sample.value)) }
    }

    package mutating func gauge(_ name: String, _ help: String, _ samples: [(labels: [(String, String)], value: Double)]) {
        head(name, "gauge", help, suffix: "")
        for sample in samples { line(name, sample.labels, number(sample.value)) }
    }

    package mutating func histogram(_ name: String, _ help: String, _ histogram: Histogram) {
        head(name, "histogram", help, suffix: "")
        var total = 0
        for (bound, count) in zip(Histogram.bounds.map(number) + ["+Inf"], histogram.counts) {
            total += count
            line(name + "_bucket", [("le", bound)], String(total))
        }
        line(name + "_count", [], String(total))
        line(name + "_sum", [], number(histogram.sum))
    }

    package mutating func finish() -> String {
        if format == .openMetrics { text += "# EOF\n" }
        return text
    }

    /// The classic format names the family after its samples, OpenMetrics without their suffix.
    private mutating func head(_ name: String, _ type: String, _ help: String, suffix: String) {
        let family = format == .classic ? name + suffix : name
        text += "# HELP \(family) \(help)\n# TYPE \(family) \(type)\n"
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
        let inner = labels.map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",")
        text += inner.isEmpty ? "\(name) \(value)\n" : "\(name){\(inner)} \(value)\n"
    }

    private func escaped(_ value: String) -> String {
        var out = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": out += "\\\\"
            case "\"": out += "\\\""
            case "\n": out += "\\n"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }

    private func number(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
    }
}

extension MetricsExposition {
    /// The data path's families. Every name is given here, once.
    package mutating func add(_ metrics: MetricsSnapshot) {
        counter("holdfast_connections_accepted", "TCP connections accepted.", [([], metrics.connectionsAccepted)])
        counter("holdfast_connections_refused", "TCP connections closed at once: over the limit.", [([], metrics.connectionsRefused)])
        gauge("holdfast_connections_active", "Client connections open now.", [([], Double(metrics.connectionsActive))])
        counter("holdfast_handshakes", "TLS handshakes completed with an accepted certificate.", [([], metrics.handshakes)])
        counter("holdfast_handshake_failures", "Connections that ended in the TLS handshake, by reason.", byLabel("reason", metrics.handshakeFailures))
        counter(
            "holdfast_responses", "Answers to clients, by status code.",
            metrics.responses.enumerated().filter { $0.element > 0 }.map { ([("code", String($0.offset + 100))], $0.element) })
        histogram("holdfast_request_duration_seconds", "From the last byte of a request's head to the end of its answer.", metrics.requestSeconds)
        counter("holdfast_request_body_bytes", "Octets of request bodies received.", [([], metrics.requestBodyOctets)])
        counter("holdfast_response_body_bytes", "Octets of response bodies forwarded.", [([], metrics.responseBodyOctets)])
        counter("holdfast_refusals", "Requests refused by Holdfast itself, by reason code.", byLabel("reason", metrics.refusals))
        counter(
            "holdfast_would_refuse", "Requests forwarded under report_only that would have been refused, by reason code.",
            byLabel("reason", metrics.wouldRefuse))
        counter(
            "holdfast_requests_without_token", "Requests let through on routes weaker than the default, by what those ask for.",
            byLabel("require", metrics.withoutToken))
        counter("holdfast_stripped_fields", "Identity fields a client sent and Holdfast removed: an attack signal.", byLabel("field", metrics.stripped))
        counter("holdfast_upstream_connections", "Connections opened to the upstream.", [([], metrics.upstreamConnections)])
        counter("holdfast_upstream_failures", "Exchanges the upstream failed, by reason.", byLabel("reason", metrics.upstreamFailures))
        counter(
            "holdfast_upstream_failure_causes", "The same, by reason and precise cause.",
            metrics.upstreamCauses.sorted { ($0.key.reason, $0.key.cause) < ($1.key.reason, $1.key.cause) }
                .map { ([("reason", $0.key.reason), ("cause", $0.key.cause)], $0.value) })
        counter("holdfast_verdict_cache_hits", "Tokens whose signature was remembered.", [([], metrics.verdictHits)])
        counter("holdfast_verdict_cache_misses", "Tokens whose signature had to be verified.", [([], metrics.verdictMisses)])
    }

    private func byLabel(_ label: String, _ counts: [String: Int]) -> [(labels: [(String, String)], value: Int)] {
        counts.sorted { $0.key < $1.key }.map { ([(label, $0.key)], $0.value) }
    }
}

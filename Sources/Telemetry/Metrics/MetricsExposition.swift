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

    /// The families of one set, added up over all that have it. The first set says which there are.
    package mutating func add<Set: MetricSet>(_ sets: [Set]) {
        let all = sets.map(\.metrics)
        guard let first = all.first else { return }
        for (position, metric) in first.enumerated() { add(metric.merged(with: all.dropFirst().map { $0[position] })) }
    }

    package mutating func finish() -> String {
        if format == .openMetrics { text += "# EOF\n" }
        return text
    }

    /// The classic format names a counter's family after its samples, OpenMetrics without their suffix.
    private mutating func add(_ metric: any DefinedMetric) {
        let definition = metric.definition
        let suffix = definition.kind.suffix
        let family = format == .classic ? definition.name + suffix : definition.name
        text += "# HELP \(family) \(definition.help)\n# TYPE \(family) \(definition.kind.rawValue)\n"
        for sample in metric.samples {
            let labels = zip(definition.labels, sample.labels).map { "\($0)=\"\(escaped($1))\"" }.joined(separator: ",")
            text += "\(definition.name)\(suffix)\(sample.suffix)\(labels.isEmpty ? "" : "{\(labels)}") \(sample.text)"
            // The classic format has no place for them.
            if format == .openMetrics, let exemplar = sample.exemplar { text += " # \(exemplar)" }
            text += "\n"
        }
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
}

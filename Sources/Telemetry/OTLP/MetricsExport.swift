package import NIOCore
import ProtocolBuffers

/// Metrics as OTLP has them (opentelemetry.proto.metrics.v1): cumulative sums, gauges and histograms, under the names that Prometheus sees, without
/// the suffix of counters.
package struct MetricsExport {
    private var metrics: [any DefinedMetric] = []

    package init() {}

    /// Those of one set, added up over all that have it.
    package mutating func add<Set: MetricSet>(_ sets: [Set]) {
        let all = sets.map(\.metrics)
        guard let first = all.first else { return }
        for (position, metric) in first.enumerated() { metrics.append(metric.merged(with: all.dropFirst().map { $0[position] })) }
    }

    /// - Parameters:
    ///   - start: when counting began.
    ///   - now: both in nanoseconds since 1970.
    package func octets(of resource: ExportResource, start: UInt64, now: UInt64) -> ByteBuffer {
        ByteBuffer.otlpExport(of: resource) { scope in
            for metric in metrics where !metric.samples.isEmpty { scope.writeProtobuf(2) { write(metric, start, now, to: &$0) } }
        }
    }

    private func write(_ metric: any DefinedMetric, _ start: UInt64, _ now: UInt64, to out: inout ByteBuffer) {
        let definition = metric.definition
        out.writeProtobuf(1, text: definition.name)
        out.writeProtobuf(2, text: definition.help)
        out.writeProtobuf(3, text: definition.name.hasSuffix("_seconds") ? "s" : definition.name.hasSuffix("_bytes") ? "By" : "1")
        switch definition.kind {
        case .gauge: out.writeProtobuf(5) { writePoints(metric, nil, now, to: &$0) }
        case .counter:
            out.writeProtobuf(7) { sum in
                writePoints(metric, start, now, to: &sum)
                sum.writeProtobuf(2, varint: 2)  // CUMULATIVE
                sum.writeProtobuf(3, varint: 1)
            }
        case .histogram:
            guard let histogram = (metric as? Metric<Histogram>)?.wrappedValue else { return }
            out.writeProtobuf(9) { message in
                message.writeProtobuf(1) { write(histogram, start, now, to: &$0) }
                message.writeProtobuf(2, varint: 2)
            }
        }
    }

    private func writePoints(_ metric: any DefinedMetric, _ start: UInt64?, _ now: UInt64, to out: inout ByteBuffer) {
        for sample in metric.samples {
            out.writeProtobuf(1) { point in
                for (name, value) in zip(metric.definition.labels, sample.labels) { point.writeAttribute(7, name, value) }
                if let start { point.writeProtobuf(2, fixed64: start) }
                point.writeProtobuf(3, fixed64: now)
                point.writeProtobuf(4, double: Double(sample.text) ?? 0)
            }
        }
    }

    private func write(_ histogram: Histogram, _ start: UInt64, _ now: UInt64, to point: inout ByteBuffer) {
        point.writeProtobuf(2, fixed64: start)
        point.writeProtobuf(3, fixed64: now)
        point.writeProtobuf(4, fixed64: UInt64(histogram.counts.reduce(0, +)))
        point.writeProtobuf(5, double: histogram.sum)
        for count in histogram.counts { point.writeProtobuf(6, fixed64: UInt64(count)) }
        for bound in Histogram.bounds { point.writeProtobuf(7, double: bound) }
    }
}

/// Durations in fixed buckets, in seconds: those that Prometheus' clients have, and three below them for what is fast.
package struct Histogram: MetricValue, Equatable {
    package static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// One count per bound and one for what lies beyond the last; not cumulative.
    package private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    package private(set) var sum = 0.0
    /// The latest of each bucket.
    private var exemplars = [Exemplar?](repeating: nil, count: bounds.count + 1)

    /// One request, for whoever wants to see where its time went.
    private struct Exemplar: Equatable {
        /// 32 hexadecimal digits.
        let traceID: [UInt8]
        let seconds: Double
        /// Seconds since 1970.
        let time: Double

        /// OpenMetrics 1.0 section "Exemplars": the labels have 39 of the 128 characters that they may have.
        var text: String { "{trace_id=\"\(String(decoding: traceID, as: UTF8.self))\"} \(seconds.metricText) \(time.metricText)" }
    }

    package init() {}

    package mutating func observe(_ seconds: Double) { count(seconds) }

    /// - Parameters:
    ///   - traceID: of a request whose trace is recorded.
    ///   - time: seconds since 1970.
    package mutating func observe(_ seconds: Double, traceID: [UInt8], at time: Double) {
        exemplars[count(seconds)] = Exemplar(traceID: traceID, seconds: seconds, time: time)
    }

    @discardableResult
    private mutating func count(_ seconds: Double) -> Int {
        var position = 0
        while position < Self.bounds.count, seconds > Self.bounds[position] { position += 1 }
        counts[position] &+= 1
        sum += seconds
        return position
    }

    package mutating func merge(_ other: Histogram) {
        for position in counts.indices {
            counts[position] &+= other.counts[position]
            guard let theirs = other.exemplars[position] else { continue }
            if let ours = exemplars[position], ours.time >= theirs.time { continue }
            exemplars[position] = theirs
        }
        sum += other.sum
    }

    package var samples: [MetricSample] {
        var total = 0
        var samples: [MetricSample] = []
        for (position, bound) in (Self.bounds.map(\.metricText) + ["+Inf"]).enumerated() {
            total &+= counts[position]
            samples.append(
                MetricSample(suffix: "_bucket", labels: [bound], text: String(total), exemplar: exemplars[position]?.text))
        }
        return samples + [MetricSample(suffix: "_count", text: String(total)), MetricSample(suffix: "_sum", text: sum.metricText)]
    }
}

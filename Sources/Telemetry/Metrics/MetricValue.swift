/// What a metric may hold.
package protocol MetricValue: Sendable {
    mutating func merge(_ other: Self)
    var samples: [MetricSample] { get }
}

/// One line of an exposition.
package struct MetricSample: Sendable {
    /// Behind the family's name.
    var suffix = ""
    /// Values of the labels, in the order in which the definition names those.
    package var labels: [String] = []
    let text: String
}

/// What one sample holds.
package protocol MetricNumber: MetricValue {
    var metricText: String { get }
}

extension MetricNumber {
    package var samples: [MetricSample] { [MetricSample(text: metricText)] }
}

extension Int: MetricNumber {
    package mutating func merge(_ other: Int) { self &+= other }
    package var metricText: String { String(self) }
}

extension Double: MetricNumber {
    package mutating func merge(_ other: Double) { self += other }
    package var metricText: String { self == rounded() && abs(self) < 1e15 ? String(Int(self)) : "\(self)" }
}

extension Bool: MetricNumber {
    package mutating func merge(_ other: Bool) { self = self || other }
    package var metricText: String { self ? "1" : "0" }
}

/// The values of a sample's labels.
package protocol MetricLabels: Hashable, Sendable {
    var labelValues: [String] { get }
}

extension String: MetricLabels {
    package var labelValues: [String] { [self] }
}

package struct LabelPair: MetricLabels {
    package let first: String
    package let second: String

    package init(_ first: String, _ second: String) {
        self.first = first
        self.second = second
    }

    package var labelValues: [String] { [first, second] }
}

extension Dictionary: MetricValue where Key: MetricLabels, Value: MetricNumber {
    package mutating func merge(_ other: Self) {
        merge(other) { own, others in
            var sum = own
            sum.merge(others)
            return sum
        }
    }

    /// Sorted by their labels.
    package var samples: [MetricSample] {
        map { MetricSample(labels: $0.key.labelValues, text: $0.value.metricText) }.sorted { $0.labels.lexicographicallyPrecedes($1.labels) }
    }
}

/// Answers by their status: one array, so that counting is an addition.
package struct StatusCounts: MetricValue {
    /// Position 0 is 100, position 899 is 999: an API may use numbers that HTTP has no class for.
    private var counts = [Int](repeating: 0, count: 900)

    package init() {}

    package subscript(_ status: Int) -> Int { counts.indices.contains(status - 100) ? counts[status - 100] : 0 }

    /// Numbers without three digits are not counted.
    package mutating func count(_ status: Int) {
        let position = status &- 100
        if counts.indices.contains(position) { counts[position] &+= 1 }
    }

    package mutating func merge(_ other: StatusCounts) { for position in counts.indices { counts[position] &+= other.counts[position] } }

    package var samples: [MetricSample] {
        counts.enumerated().filter { $0.element > 0 }.map { MetricSample(labels: [String($0.offset + 100)], text: String($0.element)) }
    }
}

/// Durations in fixed buckets, in seconds.
package struct Histogram: MetricValue, Equatable {
    package static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// One count per bound and one for what lies beyond the last; not cumulative.
    package private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    package private(set) var sum = 0.0

    package init() {}

    package mutating func observe(_ seconds: Double) {
        var position = 0
        while position < Self.bounds.count, seconds > Self.bounds[position] { position += 1 }
        counts[position] &+= 1
        sum += seconds
    }

    package mutating func merge(_ other: Histogram) {
        for position in counts.indices { counts[position] &+= other.counts[position] }
        sum += other.sum
    }

    package var samples: [MetricSample] {
        var total = 0
        var samples: [MetricSample] = []
        for (bound, count) in zip(Self.bounds.map(\.metricText) + ["+Inf"], counts) {
            total &+= count
            samples.append(MetricSample(suffix: "_bucket", labels: [bound], text: String(total)))
        }
        return samples + [MetricSample(suffix: "_count", text: String(total)), MetricSample(suffix: "_sum", text: sum.metricText)]
    }
}

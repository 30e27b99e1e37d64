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
    /// A request that is counted in it, as OpenMetrics writes that: `{labels} value timestamp`.
    var exemplar: String?
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

    /// Those that there were.
    package var each: [(status: Int, count: Int)] { counts.enumerated().filter { $0.element > 0 }.map { ($0.offset + 100, $0.element) } }

    package var samples: [MetricSample] { each.map { MetricSample(labels: [String($0.status)], text: String($0.count)) } }
}

/// What one event loop has counted. Owned and changed by that loop alone, without locks; others get a `MetricsSnapshot`.
///
/// Label values are closed sets of ours (reason codes, status codes, names of the strip list): nothing a peer sends
/// becomes a label.
package final class LoopCounters {
    package var metrics = MetricsSnapshot()

    package init() {}

    package func countResponse(status: Int, seconds: Double) {
        let position = status - 100
        if metrics.responses.indices.contains(position) { metrics.responses[position] &+= 1 }
        metrics.requestSeconds.observe(seconds)
    }

    package func countRefusal(_ reason: String) { metrics.refusals[reason, default: 0] &+= 1 }
    package func countWouldRefuse(_ reason: String) { metrics.wouldRefuse[reason, default: 0] &+= 1 }
    package func countWithoutToken(_ requirement: String) { metrics.withoutToken[requirement, default: 0] &+= 1 }
    package func countHandshakeFailure(_ reason: String) { metrics.handshakeFailures[reason, default: 0] &+= 1 }
    package func countUpstreamFailure(_ reason: String, cause: String) {
        metrics.upstreamFailures[reason, default: 0] &+= 1
        metrics.upstreamCauses[.init(reason: reason, cause: cause), default: 0] &+= 1
    }
    package func countStripped(_ name: String) { metrics.stripped[name, default: 0] &+= 1 }
}

/// Cumulative counts, immutable once taken and mergeable over loops.
package struct MetricsSnapshot: Sendable, Equatable {
    package var connectionsAccepted = 0
    package var connectionsRefused = 0
    package var connectionsActive = 0
    package var handshakes = 0
    package var handshakeFailures: [String: Int] = [:]
    /// Answers sent to clients, by status: position 0 is 100, position 499 is 599.
    package var responses = [Int](repeating: 0, count: 500)
    package var requestSeconds = Histogram()
    /// Octets of bodies, as they came from clients and as they came from the upstream.
    package var requestBodyOctets = 0
    package var responseBodyOctets = 0
    package var refusals: [String: Int] = [:]
    /// Requests forwarded under `report_only`, by the reason they would have been refused for.
    package var wouldRefuse: [String: Int] = [:]
    /// Requests let through on routes that ask for no token, by what those ask for.
    package var withoutToken: [String: Int] = [:]
    package var stripped: [String: Int] = [:]
    package var upstreamConnections = 0
    package var upstreamFailures: [String: Int] = [:]
    /// The same, by what precisely was wrong.
    package var upstreamCauses: [Cause: Int] = [:]
    package var verdictHits = 0
    package var verdictMisses = 0

    /// A reason and what was behind it, both from closed sets of ours.
    package struct Cause: Hashable, Sendable {
        package let reason: String
        package let cause: String
    }

    package init() {}

    package mutating func merge(_ other: MetricsSnapshot) {
        connectionsAccepted += other.connectionsAccepted
        connectionsRefused += other.connectionsRefused
        connectionsActive += other.connectionsActive
        handshakes += other.handshakes
        handshakeFailures.merge(other.handshakeFailures, uniquingKeysWith: +)
        for position in responses.indices { responses[position] += other.responses[position] }
        requestSeconds.merge(other.requestSeconds)
        requestBodyOctets += other.requestBodyOctets
        responseBodyOctets += other.responseBodyOctets
        refusals.merge(other.refusals, uniquingKeysWith: +)
        wouldRefuse.merge(other.wouldRefuse, uniquingKeysWith: +)
        withoutToken.merge(other.withoutToken, uniquingKeysWith: +)
        stripped.merge(other.stripped, uniquingKeysWith: +)
        upstreamConnections += other.upstreamConnections
        upstreamFailures.merge(other.upstreamFailures, uniquingKeysWith: +)
        upstreamCauses.merge(other.upstreamCauses, uniquingKeysWith: +)
        verdictHits += other.verdictHits
        verdictMisses += other.verdictMisses
    }
}

/// Durations in fixed buckets, in seconds.
package struct Histogram: Sendable, Equatable {
    package static let bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    /// One count a bound and one for what lies beyond the last; not cumulative.
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
        for position in counts.indices { counts[position] += other.counts[position] }
        sum += other.sum
    }
}

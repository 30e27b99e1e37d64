/// What one event loop has counted. Owned and changed by that loop alone, without locks; others get a `MetricsSnapshot`.
///
/// Label values are closed sets of ours (reason codes, status codes, names of the strip list): nothing a peer sends
/// becomes a label.
package final class LoopCounters {
    package var metrics = MetricsSnapshot()
    private var upstreams: [String: UpstreamCounts] = [:]

    package init() {}

    /// Those of an upstream by this name, whatever generation has it. Names are the configuration's.
    package func upstream(_ name: String) -> UpstreamCounts {
        let counts = upstreams[name] ?? UpstreamCounts()
        upstreams[name] = counts
        return counts
    }

    /// With what was counted by upstream.
    package var snapshot: MetricsSnapshot {
        var snapshot = metrics
        for (name, counts) in upstreams {
            snapshot.upstreamRequests[name] = counts.requests
            snapshot.upstreamRetries[name] = counts.retries
            for (reason, count) in counts.failures { snapshot.upstreamFailuresByName[LabelPair(name, reason)] = count }
        }
        return snapshot
    }

    /// - Parameters:
    ///   - traceID: where somebody records its trace.
    ///   - now: seconds since 1970; asked for only then.
    package func countResponse(status: Int, seconds: Double, traceID: [UInt8]? = nil, now: @autoclosure () -> Double = 0) {
        metrics.responses.count(status)
        if let traceID { metrics.requestSeconds.observe(seconds, traceID: traceID, at: now()) } else { metrics.requestSeconds.observe(seconds) }
    }

    package func countCheck(_ front: String) { metrics.checks[front, default: 0] &+= 1 }
    package func countRefusal(_ reason: String) { metrics.refusals[reason, default: 0] &+= 1 }
    package func countRightEnded(_ reason: String) { metrics.rightsEnded[reason, default: 0] &+= 1 }
    package func countWouldRefuse(_ reason: String) { metrics.wouldRefuse[reason, default: 0] &+= 1 }
    package func countWithoutToken(_ requirement: String) { metrics.withoutToken[requirement, default: 0] &+= 1 }
    package func countHandshakeFailure(_ reason: String) { metrics.handshakeFailures[reason, default: 0] &+= 1 }
    package func countHTTP2Fault(_ reason: String) { metrics.http2Faults[reason, default: 0] &+= 1 }
    package func countUpstreamFailure(_ reason: String, cause: String) {
        metrics.upstreamFailures[reason, default: 0] &+= 1
        metrics.upstreamCauses[LabelPair(reason, cause), default: 0] &+= 1
    }
    package func countStripped(_ name: String) { metrics.stripped[name, default: 0] &+= 1 }
    package func countCertificateFieldLeftOut(_ dialect: String) { metrics.certificateFieldsLeftOut[dialect, default: 0] &+= 1 }
}

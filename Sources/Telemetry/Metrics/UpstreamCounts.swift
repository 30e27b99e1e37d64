/// What one loop has counted of one upstream. Kept at hand by whoever sends there, so that counting is an addition.
package final class UpstreamCounts {
    package var requests = 0
    /// Requests that were sent a second time.
    package var retries = 0
    /// By reason code.
    package var failures: [String: Int] = [:]

    init() {}
}

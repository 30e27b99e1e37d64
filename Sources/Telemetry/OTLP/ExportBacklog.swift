import NIOCore

/// What a collector has not taken yet, the oldest first, and when it is tried again. A value: time and chance are arguments.
package struct ExportBacklog: Sendable {
    /// Octets.
    package static let limit = 8 << 20
    /// Seconds until the second attempt; twice as long before each further one.
    private static let firstPause = 1.0, longestPause = 30.0

    package private(set) var exported = 0
    package private(set) var dropped = 0
    private var batches: [SpanBatch] = []
    private var size = 0
    private var failures = 0
    private var pausedUntil = -Double.infinity

    package init() {}

    package var room: Int { max(0, Self.limit - size) }
    /// The next to be sent; nil where there is none.
    package var first: SpanBatch? { batches.first }

    /// Not while the first is under way: what is small goes with what came before it.
    package mutating func add(_ more: [SpanBatch]) {
        for batch in more {
            size += batch.octets.readableBytes
            if let last = batches.last, last.octets.readableBytes + batch.octets.readableBytes <= SpanBuffer.batch {
                batches.removeLast()
                var octets = last.octets
                octets.writeImmutableBuffer(batch.octets)
                batches.append(SpanBatch(octets: octets, count: last.count + batch.count))
            } else {
                batches.append(batch)
            }
        }
    }

    /// - Parameter now: seconds of any clock that does not jump.
    package func mayTry(now: Double) -> Bool { now >= pausedUntil }

    /// - Parameter rejected: spans of the first batch that the collector did not want.
    package mutating func taken(rejected: Int) {
        let count = removeFirst()
        exported += max(0, count - max(0, rejected))
        dropped += min(count, max(0, rejected))
        answered()
    }

    /// The collector does not want the first batch, and would not want it again.
    package mutating func refused() {
        dropped += removeFirst()
        answered()
    }

    /// There is somebody, so that nothing is waited for.
    package mutating func answered() { (failures, pausedUntil) = (0, -.infinity) }

    /// It may be taken later.
    /// - Parameter chance: from 0 to 1, so that many processes do not come back at one time.
    package mutating func failed(now: Double, chance: Double) {
        failures += 1
        let pause = min(Self.longestPause, Self.firstPause * Double(1 << min(failures - 1, 5)))
        pausedUntil = now + pause * (0.5 + chance / 2)
    }

    /// Nobody is to have it any more.
    package mutating func clear() { while !batches.isEmpty { dropped += removeFirst() } }

    private mutating func removeFirst() -> Int {
        guard !batches.isEmpty else { return 0 }
        let batch = batches.removeFirst()
        size -= batch.octets.readableBytes
        return batch.count
    }
}

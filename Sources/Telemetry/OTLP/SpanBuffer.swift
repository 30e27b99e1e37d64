package import NIOCore

/// Spans as they are sent in one message.
package struct SpanBatch: Sendable {
    /// Fields `spans` of a `ScopeSpans` (opentelemetry.proto.trace.v1).
    package let octets: ByteBuffer
    package let count: Int

    package init(octets: ByteBuffer, count: Int) { (self.octets, self.count) = (octets, count) }
}

/// The spans of a loop since somebody took them last. Bounded: where nobody takes them they are dropped, and counted.
package struct SpanBuffer {
    /// Octets from which on a batch is whole: collectors take some megabytes in one message.
    package static let batch = 448 << 10

    /// Octets.
    package let limit: Int
    /// Of all that is held.
    package private(set) var size = 0
    /// Of all time.
    package private(set) var dropped = 0
    private var whole: [SpanBatch] = []
    private var octets = ByteBuffer()
    private var count = 0

    package init(limit: Int = 4 << 20) { self.limit = limit }

    /// - Parameter isKnown: the client has shown who it is. Others have no more than half the room.
    /// - Returns: whether somebody should take what there is now.
    package mutating func add(_ request: FinishedRequest, isKnown: Bool = true) -> Bool {
        let spans = request.upstream == nil ? 1 : 2
        guard size < (isKnown ? limit : limit / 2) else {
            dropped &+= spans
            return false
        }
        let before = octets.readableBytes
        request.writeSpans(to: &octets)
        size += octets.readableBytes - before
        count += spans
        guard octets.readableBytes >= Self.batch else { return false }
        endBatch()
        return true
    }

    /// The oldest of what there is, which is then another's.
    /// - Parameter room: octets that it may have.
    package mutating func take(room: Int = .max) -> [SpanBatch] {
        if count > 0 { endBatch() }
        var taken: [SpanBatch] = []
        var octets = 0
        for batch in whole {
            guard octets + batch.octets.readableBytes <= room else { break }
            taken.append(batch)
            octets += batch.octets.readableBytes
        }
        whole.removeFirst(taken.count)
        size -= octets
        return taken
    }

    private mutating func endBatch() {
        whole.append(SpanBatch(octets: octets, count: count))
        (octets, count) = (ByteBuffer(), 0)
    }
}

import NIOCore

/// What waits to be written to one channel: one write is under way at a time, and whatever comes meanwhile is gathered in one buffer.
///
/// The channel itself would keep each write as it came, with its storage and its bookkeeping: a peer that does not read, fed octet by
/// octet, could make a hundred times the memory of what it counts. What is held here is what is counted.
struct Outbox {
    /// Octets gathered beyond which nothing more should be put in.
    static let bound = 64 << 10

    var isBusy: Bool { inFlight > 0 }
    /// Octets of the write that is under way.
    private var inFlight = 0
    private var held = ByteBuffer()

    var hasRoom: Bool { held.readableBytes < Self.bound }
    var octets: Int { inFlight + held.readableBytes }

    /// - Parameter bytes: not empty.
    /// - Returns: what is to be written now; nil where it has to wait.
    mutating func put(_ bytes: ByteBuffer) -> ByteBuffer? {
        guard isBusy else {
            inFlight = bytes.readableBytes
            return bytes
        }
        held.writeImmutableBuffer(bytes)
        return nil
    }

    /// The write that was under way is done.
    /// - Returns: the next one.
    mutating func written() -> ByteBuffer? {
        guard held.readableBytes > 0 else {
            inFlight = 0
            return nil
        }
        let next = held
        inFlight = next.readableBytes
        held = ByteBuffer()
        return next
    }
}

import NIOCore

/// What waits to be written to one channel: one write is under way at a time, and whatever comes meanwhile is gathered in one buffer.
///
/// The channel itself would keep each write as it came, with its storage and its bookkeeping: a peer that does not read, fed octet by
/// octet, could make a hundred times the memory of what it counts. What is held here is what is counted.
struct Outbox {
    /// Octets gathered beyond which nothing more should be put in.
    static let bound = 64 << 10

    private(set) var isBusy = false
    private var held = ByteBuffer()

    var hasRoom: Bool { held.readableBytes < Self.bound }

    /// - Returns: what is to be written now; nil where it has to wait.
    mutating func put(_ bytes: ByteBuffer) -> ByteBuffer? {
        guard isBusy else {
            isBusy = true
            return bytes
        }
        held.writeImmutableBuffer(bytes)
        return nil
    }

    /// The write that was under way is done.
    /// - Returns: the next one.
    mutating func written() -> ByteBuffer? {
        guard held.readableBytes > 0 else {
            isBusy = false
            return nil
        }
        let next = held
        held = ByteBuffer()
        return next
    }
}

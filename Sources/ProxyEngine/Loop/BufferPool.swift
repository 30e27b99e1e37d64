import NIOCore

/// Storage that a loop uses again, so that a request allocates none. Bounded in count and in octets.
struct BufferPool {
    private static let capacity = 64
    private static let largest = 64 << 10
    private var buffers: [ByteBuffer] = []

    /// An empty buffer whose storage is used again once nothing else refers to it.
    mutating func take() -> ByteBuffer {
        guard var buffer = buffers.popLast() else { return ByteBufferAllocator().buffer(capacity: 2048) }
        buffer.clear()
        return buffer
    }

    /// Large storage is let go, so that one long answer does not stay in memory.
    mutating func giveBack(_ buffer: ByteBuffer) {
        if buffers.count < Self.capacity, buffer.storageCapacity <= Self.largest { buffers.append(buffer) }
    }
}

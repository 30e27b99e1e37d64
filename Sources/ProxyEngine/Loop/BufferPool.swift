import NIOCore

/// Storage that a loop uses again, so that a request allocates none. Bounded in octets: one long answer does not stay in memory.
struct BufferPool {
    private static let capacity = 64
    private static let octets = 512 << 10
    private static let largest = 128 << 10
    private var buffers: [ByteBuffer] = []
    private var held = 0

    /// An empty buffer whose storage is used again once nothing else refers to it.
    mutating func take() -> ByteBuffer {
        guard var buffer = buffers.popLast() else { return ByteBufferAllocator().buffer(capacity: 2048) }
        held -= buffer.storageCapacity
        buffer.clear()
        return buffer
    }

    mutating func giveBack(_ buffer: ByteBuffer) {
        let size = buffer.storageCapacity
        guard buffers.count < Self.capacity, size <= Self.largest, held + size <= Self.octets else { return }
        held += size
        buffers.append(buffer)
    }
}

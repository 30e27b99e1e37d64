package import NIOCore

/// Sizes the buffer of each read by what came before. A channel keeps one small buffer; larger ones, which only bodies need, live for one
/// read, so that an idle connection is as small after a megabyte as before.
///
/// NIO's own adaptive allocator decides the sizes. Its pool keeps a buffer at the greatest size it ever had, for as long as the channel
/// lives: telling it no size for the next buffer, and that it may have grown, makes it ask for a new one each time.
package struct ReceiveAllocator: RecvByteBufferAllocator {
    private static let kept = 2048

    private let maximum: Int
    private var sizes: AdaptiveRecvByteBufferAllocator
    private var isLarge: Bool { (sizes.nextBufferSize() ?? 0) > Self.kept }

    /// - Parameter maximum: octets of one read.
    package init(maximum: Int) {
        self.maximum = maximum
        sizes = AdaptiveRecvByteBufferAllocator(minimum: Self.kept, initial: Self.kept, maximum: maximum)
    }

    /// Storage comes in powers of two; where that is more than may be read, the buffer is a slice of it.
    package func buffer(allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = sizes.buffer(allocator: allocator)
        guard buffer.writableBytes > maximum else { return buffer }
        buffer.moveWriterIndex(to: maximum)
        guard var slice = buffer.readSlice(length: maximum) else { return buffer }
        slice.moveWriterIndex(to: 0)
        return slice
    }

    package mutating func record(actualReadBytes: Int) -> Bool {
        _ = sizes.record(actualReadBytes: actualReadBytes)
        return isLarge
    }

    package func nextBufferSize() -> Int? { isLarge ? nil : Self.kept }
}

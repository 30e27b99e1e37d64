import CZlib
import NIOCore

/// One answer's compression (RFC 1952, by zlib): takes octets as they come, gives back what is to be sent.
///
/// Its state is made once and used again for one answer after the other. A window of 16 KiB and tables to match hold half of what zlib takes by default,
/// for answers that are some hundredths longer.
final class GzipStream {
    enum Flush {
        /// Whatever is not worth sending yet is kept.
        case none
        /// All that was put in can be read by the client.
        case all
        /// Nothing more comes.
        case end
    }

    /// Octets that one holds, by zlib's own formula, and some for its struct.
    static let memory = 1 << (window + 2) + 1 << (memoryLevel + 9) + 8 << 10
    private static let window = 14
    private static let memoryLevel = 7

    /// Zlib keeps its address.
    private let stream: UnsafeMutablePointer<z_stream>
    private var level: Int32
    /// Octets were put in that the client may not be able to read yet.
    private(set) var isHolding = false

    /// Nil where there is no memory.
    init?(level: Int32) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        self.level = level
        guard holdfast_gzip_init(stream, level, CInt(Self.window), CInt(Self.memoryLevel)) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Nothing of the answer before is left.
    func begin(level: Int32) -> Bool {
        isHolding = false
        guard deflateReset(stream) == Z_OK else { return false }
        guard level != self.level else { return true }
        self.level = level
        return deflateParams(stream, level, Z_DEFAULT_STRATEGY) == Z_OK
    }

    /// - Returns: false where zlib cannot go on, which it gives no reason for by itself.
    func write(_ input: UnsafeRawBufferPointer, _ flush: Flush, to out: inout ByteBuffer) -> Bool {
        isHolding = flush == .none && (isHolding || !input.isEmpty)
        let mode =
            switch flush {
            case .none: Z_NO_FLUSH
            case .all: Z_SYNC_FLUSH
            case .end: Z_FINISH
            }
        stream.pointee.next_in = input.bindMemory(to: UInt8.self).baseAddress.map { UnsafeMutablePointer(mutating: $0) }
        stream.pointee.avail_in = UInt32(clamping: input.count)
        var status = Z_OK
        repeat {
            let space = max(Self.leastSpace, min(input.count, Self.mostSpace))
            out.writeWithUnsafeMutableBytes(minimumWritableBytes: space) { memory in
                stream.pointee.next_out = memory.bindMemory(to: UInt8.self).baseAddress
                stream.pointee.avail_out = UInt32(clamping: memory.count)
                let room = Int(stream.pointee.avail_out)
                status = deflate(stream, mode)
                return room - Int(stream.pointee.avail_out)
            }
        } while stream.pointee.avail_out == 0 && status == Z_OK
        let isDone = stream.pointee.avail_in == 0
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        // Nothing to do is no error of the stream's.
        return isDone && (flush == .end ? status == Z_STREAM_END : status == Z_OK || status == Z_BUF_ERROR)
    }

    private static let leastSpace = 512
    private static let mostSpace = 16 << 10
}

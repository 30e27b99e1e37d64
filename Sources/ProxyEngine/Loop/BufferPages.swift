import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The memory behind a buffer that NIOSSL keeps for the next read or write of the same connection at its greatest size, for as long as the
/// connection lives. After a long body it is of no use to an idle connection, and there is no switch that shrinks it.
///
/// 1. It is done where nothing of it is of any worth any more, while the storage is certainly alive, and only after more than a request or two.
/// 2. After a read has been dealt with: NIOSSL takes it for empty, and what we kept was copied out. What an upstream was given may be a part
///    of it until that is sent: then nothing is given back. An upstream connection that is let go of before has been cut, and sends no more.
/// 3. The pages are given back to the system, and come back as zeroes when they are written next. The memory stays allocated.
struct BufferPages {
    /// Octets read after which it is worth a system call.
    static let worthwhile = 16 << 10

    let count: Int
    private let buffer: ByteBuffer

    init(_ buffer: ByteBuffer) {
        self.buffer = buffer
        count = buffer.readableBytes
    }

    func giveBack() {
        buffer.withVeryUnsafeBytes { storage in
            guard let base = storage.baseAddress else { return }
            let page = UInt(sysconf(CInt(_SC_PAGESIZE)))
            guard page > 0 else { return }
            let first = (UInt(bitPattern: base) + page - 1) / page * page
            let end = (UInt(bitPattern: base) + UInt(storage.count)) / page * page
            guard end > first, let pages = UnsafeMutableRawPointer(bitPattern: first) else { return }
            _ = madvise(pages, Int(end - first), CInt(MADV_DONTNEED))
        }
    }
}

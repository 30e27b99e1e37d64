private import Dispatch
package import NIOCore
private import Synchronization

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Writes whole lines to a file descriptor from a thread of its own, so that a reader who stalls stalls no event loop.
///
/// What waits is bounded: past `limit` bytes new lines are dropped, never waited for. These, and lines that cannot be written since the
/// log is closed or full, are counted.
package final class LogSink: Sendable {
    private let descriptor: CInt
    private let limit: Int
    private let queue = DispatchQueue(label: "holdfast.log")
    private let waiting = Mutex(0)
    private let lost = Atomic(0)
    /// Part of a line was written and its end was lost.
    private let isTorn = Atomic(false)

    package init(descriptor: CInt, limit: Int = 8 << 20) {
        self.descriptor = descriptor
        self.limit = limit
    }

    /// Lines that nobody will read.
    package var lostLines: Int { lost.load(ordering: .relaxed) }

    /// Takes over `lines`, each ended by a line feed; past the bound they are lost.
    package func submit(_ lines: ByteBuffer) {
        let count = lines.readableBytes
        let taken = waiting.withLock { waiting in
            guard waiting + count <= limit else { return false }
            waiting += count
            return true
        }
        guard taken else { return lose(lines.readableBytesView) }
        queue.async { [self] in
            writeAll(lines)
            waiting.withLock { $0 -= count }
        }
    }

    /// Returns once everything taken so far has been written, or after some seconds: a reader who stalls does not keep the process.
    package func drain(seconds: Double = 2) {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + seconds)
    }

    // MARK: On the queue

    private func writeAll(_ lines: ByteBuffer) {
        lines.withUnsafeReadableBytes { bytes in
            if isTorn.load(ordering: .relaxed) {
                guard withUnsafeBytes(of: UInt8(ascii: "\n"), put) == 1 else { return lose(bytes) }
                isTorn.store(false, ordering: .relaxed)
            }
            let written = put(bytes)
            guard written < bytes.count else { return }
            if written > 0, bytes[written - 1] != UInt8(ascii: "\n") { isTorn.store(true, ordering: .relaxed) }
            lose(UnsafeRawBufferPointer(rebasing: bytes[written...]))
        }
    }

    /// - Returns: how many octets were written: fewer than there are where the log is closed or full. Losing log lines must not stop the proxy.
    private func put(_ bytes: UnsafeRawBufferPointer) -> Int {
        var position = 0
        while position < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[position...])
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count > 0 {
                position += count
            } else if errno == EAGAIN {
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&ready, 1, 1000)
            } else if errno != EINTR {
                break
            }
        }
        return position
    }

    private func lose(_ lines: some Sequence<UInt8>) {
        lost.add(lines.count { $0 == UInt8(ascii: "\n") }, ordering: .relaxed)
    }
}

/// Where the two logs go: a line per request, and what Holdfast says of itself.
package struct LogSinks: Sendable {
    package let access: LogSink
    package let messages: LogSink

    package init(access: LogSink, messages: LogSink) {
        self.access = access
        self.messages = messages
    }

    /// Standard output and standard error.
    ///
    /// Where one of the three standard descriptors is closed, the next socket would get its number, and log lines would be written to a peer.
    /// So its place is taken, by something that cannot be written to.
    package static func standard() -> LogSinks {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 && errno == EBADF {
            _ = open("/dev/null", O_RDONLY)
        }
        // A reader that went away is an error of a write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        return LogSinks(access: LogSink(descriptor: STDOUT_FILENO), messages: LogSink(descriptor: STDERR_FILENO))
    }
}

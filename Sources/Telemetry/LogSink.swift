package import NIOCore
private import Dispatch
private import NIOConcurrencyHelpers

#if canImport(Glibc)
private import Glibc
#elseif canImport(Musl)
private import Musl
#endif

/// Writes whole lines to a file descriptor from a thread of its own, so that a reader who stalls stalls no event loop.
///
/// What waits is bounded: past `limit` bytes new lines are dropped and counted, never waited for.
package final class LogSink: Sendable {
    private let descriptor: CInt
    private let limit: Int
    private let queue = DispatchQueue(label: "holdfast.log")
    private let waiting = NIOLockedValueBox(0)

    package init(descriptor: CInt, limit: Int = 8 << 20) {
        self.descriptor = descriptor
        self.limit = limit
    }

    /// Takes over `lines`, each ended by a line feed.
    /// - Returns: false where the bound was reached and nothing was taken.
    package func submit(_ lines: ByteBuffer) -> Bool {
        let count = lines.readableBytes
        let taken = waiting.withLockedValue { waiting in
            guard waiting + count <= limit else { return false }
            waiting += count
            return true
        }
        guard taken else { return false }
        queue.async { [self] in
            writeAll(lines)
            waiting.withLockedValue { $0 -= count }
        }
        return true
    }

    /// Returns once everything taken so far has been written, or after some seconds: a reader who stalls does not keep the process.
    package func drain(seconds: Double = 2) {
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + seconds)
    }

    private func writeAll(_ lines: ByteBuffer) {
        lines.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno == EAGAIN {
                    var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    _ = poll(&ready, 1, 1000)
                } else if errno != EINTR {
                    return  // Nobody reads any more: losing log lines must not stop the proxy.
                }
            }
        }
    }
}

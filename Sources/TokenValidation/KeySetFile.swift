#if canImport(Glibc)
import Glibc
private let systemRead = Glibc.read
#elseif canImport(Musl)
import Musl
private let systemRead = Musl.read
#else
import Darwin
private let systemRead = Darwin.read
#endif

/// A key set kept in a file, read again when the file is another or has changed.
package struct KeySetFile {
    package enum Fault: Error, Equatable, Sendable { case unreadable, tooLarge }

    private struct Identity: Equatable {
        let device, inode: UInt64
        let size: Int64
        let seconds, nanoseconds: Int64
    }

    private let path: String
    private var known: Identity?

    package init(path: String) { self.path = path }

    /// The content, or nil where it is what was read last.
    package mutating func readIfChanged() throws(Fault) -> [UInt8]? {
        // O_NONBLOCK: a path that turns out to be a pipe must not hold the reader.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .unreadable }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { throw .unreadable }
        let identity = Identity(
            device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
            seconds: Int64(status.st_mtim.tv_sec), nanoseconds: Int64(status.st_mtim.tv_nsec))
        guard identity != known else { return nil }
        guard identity.size <= KeySet.maximumLength else { throw .tooLarge }
        let content = try Self.read(descriptor)
        known = identity
        return content
    }

    /// Forgets what was read, so that the next look reads again.
    mutating func forget() { known = nil }

    private static func read(_ descriptor: CInt) throws(Fault) -> [UInt8] {
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = chunk.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress, $0.count) }
            guard count >= 0 else { throw .unreadable }
            guard count > 0 else { return content }
            content.append(contentsOf: chunk[..<count])
            guard content.count <= KeySet.maximumLength else { throw .tooLarge }
        }
    }
}

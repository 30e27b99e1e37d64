#if canImport(Glibc)
import Glibc
private let systemRead = Glibc.read
private let systemClose = Glibc.close
#elseif canImport(Musl)
import Musl
private let systemRead = Musl.read
private let systemClose = Musl.close
#endif

/// A regular file, opened for reading: the one way by which files that the configuration or a command names are read.
///
/// Anything else at the path is refused without being opened: a pipe would hold the reader for ever, and some devices act when they are
/// opened.
package struct RegularFile: ~Copyable {
    /// Tells one state of a file from another without reading it.
    package struct Identity: Equatable, Sendable {
        let device, inode: UInt64
        package let size: Int64
        let seconds, nanoseconds: Int64

        fileprivate init(_ status: stat) {
            (device, inode, size) = (UInt64(status.st_dev), UInt64(status.st_ino), Int64(status.st_size))
            (seconds, nanoseconds) = (Int64(status.st_mtim.tv_sec), Int64(status.st_mtim.tv_nsec))
        }
    }

    /// No certificate, key or bundle of authorities comes near to this.
    package static let usualLimit = 4 << 20
    /// Of whatever file there is one that may be as large: revocation lists.
    package static let greatestLimit = 64 << 20

    private let descriptor: CInt
    package let identity: Identity

    package init(opening path: String) throws(FileFault) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Self.fault(errno) }
        if let fault = Self.fault(ofKind: status) { throw fault }
        // What stands there may have been replaced meanwhile, so it is opened as something that could hold us, and looked at again.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw Self.fault(errno) }
        guard fstat(descriptor, &status) == 0, Self.fault(ofKind: status) == nil else {
            _ = systemClose(descriptor)
            throw Self.fault(ofKind: status) ?? .unreadable("its state cannot be asked for")
        }
        self.descriptor = descriptor
        identity = Identity(status)
    }

    deinit { _ = systemClose(descriptor) }

    /// The whole of it, which is not empty.
    ///
    /// - Parameter limit: octets. One more is a fault.
    package borrowing func contents(limit: Int) throws(FileFault) -> [UInt8] {
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { systemRead(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.fault(errno) }
            guard count > 0 else { break }
            contents += chunk.prefix(count)
            guard contents.count <= limit else { throw .tooLarge(limit: limit) }
        }
        guard !contents.isEmpty else { throw .empty }
        return contents
    }

    package static func read(_ path: String, limit: Int = usualLimit) throws(FileFault) -> [UInt8] {
        try RegularFile(opening: path).contents(limit: limit)
    }

    private static func fault(_ number: CInt) -> FileFault {
        switch number {
        case ENOENT, ENOTDIR: .absent
        case EACCES, EPERM: .notPermitted
        // A socket cannot be opened.
        case ENXIO: .notRegular(.socket)
        default: .unreadable(String(cString: strerror(number)))
        }
    }

    private static func fault(ofKind status: stat) -> FileFault? {
        switch status.st_mode & S_IFMT {
        case S_IFREG: nil
        case S_IFDIR: .notRegular(.folder)
        case S_IFIFO: .notRegular(.pipe)
        case S_IFSOCK: .notRegular(.socket)
        default: .notRegular(.device)
        }
    }
}

extension RegularFile {
    /// Of the regular file at a path, which is not opened; nil where there is none.
    package static func identity(of path: String) -> Identity? {
        var status = stat()
        guard stat(path, &status) == 0, fault(ofKind: status) == nil else { return nil }
        return Identity(status)
    }

    /// What users other than the owner and the owner's group may do with a file; nil where it cannot be asked.
    package static func isOpenToOthers(_ path: String) -> Bool? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return status.st_mode & (S_IROTH | S_IWOTH) != 0
    }
}

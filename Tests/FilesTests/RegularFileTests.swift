import Files
import Foundation
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A folder of its own for a test, which is removed again.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-files-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ name: String, _ contents: some Sequence<UInt8>) throws -> String {
        try Data(contents).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
        return "\(path)/\(name)"
    }
}

@Suite("Only regular files of bounded size are read")
struct RegularFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func fault(_ path: String, limit: Int = 1000) -> FileFault? {
        do throws(FileFault) {
            _ = try RegularFile.read(path, limit: limit)
            return nil
        } catch {
            return error
        }
    }

    @Test("A file is read whole, also through a link, and up to its limit")
    func whole() throws {
        let octets = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let file = try folder.write("a", octets)
        #expect(try RegularFile.read(file, limit: 200_000) == octets)
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: file)
        #expect(try RegularFile.read(folder.path + "/link") == octets)
        #expect(fault(file, limit: 199_999) == .tooLarge(limit: 199_999))
    }

    @Test("Whatever else stands at the path is refused at once, and nothing waits for a writer")
    func others() throws {
        let pipe = folder.path + "/pipe"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(fault(pipe) == .notRegular(.pipe))
        #expect(fault(folder.path) == .notRegular(.folder))
        #expect(fault("/dev/zero") == .notRegular(.device))
        #expect(fault("/dev/null") == .notRegular(.device))
        #expect(fault(folder.path + "/absent") == .absent)
        #expect(fault(try folder.write("file", [1]) + "/below") == .absent)
        #expect(fault(try folder.write("empty", [])) == .empty)
        #expect(fault("") == .absent)
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/circle", withDestinationPath: folder.path + "/circle")
        guard case .unreadable = fault(folder.path + "/circle") else { return #expect(Bool(false), "a link to itself") }
    }

    @Test("A socket is named as what it is")
    func socket() throws {
        let path = folder.path + "/s"
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(100)) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
        }
        guard bound == 0 else { return }
        #expect(fault(path) == .notRegular(.socket))
    }

    @Test("A changed file is another, an unchanged one is not")
    func identity() throws {
        let path = try folder.write("a", [1])
        let first = try RegularFile(opening: path).identity
        #expect(try RegularFile(opening: path).identity == first)
        _ = try folder.write("a", [1, 2])
        #expect(try RegularFile(opening: path).identity != first)
    }

    @Test("What others may do with a file is known", arguments: [(0o600, false), (0o640, false), (0o644, true), (0o602, true), (0o400, false)])
    func others(mode: Int, isOpen: Bool) throws {
        let path = try folder.write("key", [1])
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
        #expect(RegularFile.isOpenToOthers(path) == isOpen)
        #expect(RegularFile.isOpenToOthers(path + ".absent") == nil)
    }

    @Test("Each fault is a clause in plain words")
    func words() {
        let faults: [(FileFault, String)] = [
            (.absent, "does not exist"), (.notPermitted, "may not be read by this user"), (.notRegular(.folder), "is a folder, not a file"),
            (.notRegular(.pipe), "is a pipe, not a regular file"), (.empty, "is empty"), (.tooLarge(limit: 1 << 22), "is larger than 4 MiB"),
            (.tooLarge(limit: 1 << 16), "is larger than 64 KiB"), (.unreadable("X"), "cannot be read: X"),
        ]
        for (fault, words) in faults { #expect(fault.problem == words) }
    }

    @Test("A byte order mark is no part of the text; one that is not at its beginning is")
    func byteOrderMark() {
        #expect(ByteOrderMark.removed(from: [0xef, 0xbb, 0xbf, 1, 2]) == [1, 2])
        #expect(ByteOrderMark.removed(from: [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf]) == [0xef, 0xbb, 0xbf])
        #expect(ByteOrderMark.removed(from: [1, 0xef, 0xbb, 0xbf]) == [1, 0xef, 0xbb, 0xbf])
        #expect(ByteOrderMark.removed(from: [0xef, 0xbb]) == [0xef, 0xbb])
        #expect(ByteOrderMark.isUTF16([0xff, 0xfe, 0x41, 0]) && ByteOrderMark.isUTF16([0xfe, 0xff]) && !ByteOrderMark.isUTF16([0xef, 0xbb, 0xbf]))
    }
}

import Files
import Foundation
import Testing

@Suite("Changes of files are seen through renames and links, and acted upon once they stand still")
struct FileWatchTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

    init() throws { try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true) }

    private func path(_ name: String) -> String { folder.appendingPathComponent(name).path }
    private func write(_ text: String, _ name: String) throws { try text.write(toFile: path(name), atomically: false, encoding: .utf8) }
    private func states(_ names: String...) -> FileStates { FileStates(of: names.map(path)) }

    @Test("Nothing that stays as it is is a change")
    func still() throws {
        try write("a", "file")
        var watch = FileWatch(states("file", "absent"))
        func look() -> Bool { watch.look(states("file", "absent")) }
        for _ in 0..<3 { #expect(!look()) }
    }

    @Test("A change counts at the second look that finds it alike, once")
    func settled() throws {
        try write("a", "file")
        var watch = FileWatch(states("file"))
        func look() -> Bool { watch.look(states("file")) }
        try write("ab", "file")
        #expect(!look())
        try write("abc", "file")
        #expect(!look(), "it is being written")
        #expect(look())
        #expect(!look())
    }

    @Test("A file that appears, is replaced, goes, or stands behind another link is a change")
    func kinds() throws {
        var watch = FileWatch(states("file"))
        func isSeen() -> Bool { !watch.look(states("file")) && watch.look(states("file")) }
        try write("a", "file")
        #expect(isSeen())
        try write("b", "new")
        try FileManager.default.removeItem(atPath: path("file"))
        try FileManager.default.moveItem(atPath: path("new"), toPath: path("file"))
        #expect(isSeen())
        try FileManager.default.removeItem(atPath: path("file"))
        #expect(isSeen())
        for version in ["one", "two"] {
            try FileManager.default.createDirectory(atPath: path(version), withIntermediateDirectories: true)
            try write("same", "\(version)/file")
        }
        try FileManager.default.createSymbolicLink(atPath: path("data"), withDestinationPath: "one")
        try FileManager.default.createSymbolicLink(atPath: path("file"), withDestinationPath: "data/file")
        #expect(isSeen())
        try FileManager.default.removeItem(atPath: path("data"))
        try FileManager.default.createSymbolicLink(atPath: path("data"), withDestinationPath: "two")
        #expect(isSeen())
    }

    @Test("What was acted upon for another reason is known")
    func settle() throws {
        var watch = FileWatch(states("file"))
        try write("a", "file")
        func look() -> Bool { watch.look(states("file")) }
        watch.settle(states("file"))
        for _ in 0..<3 { #expect(!look()) }
    }
}

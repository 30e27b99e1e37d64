package import Files

/// A key set kept in a file, read again when the file is another or has changed.
package struct KeySetFile {
    private let path: String
    private var known: RegularFile.Identity?

    package init(path: String) { self.path = path }

    /// The content, or nil where it is what was read last.
    package mutating func readIfChanged() throws(FileFault) -> [UInt8]? {
        let file = try RegularFile(opening: path)
        guard file.identity != known else { return nil }
        let content = try file.contents(limit: KeySet.maximumLength)
        known = file.identity
        return ByteOrderMark.removed(from: content)
    }

    /// The keys in it now.
    package mutating func keySet() throws(KeySetKeeper.Fault) -> KeySet {
        forget()
        let content: [UInt8]
        do throws(FileFault) { content = try readIfChanged() ?? [] } catch { throw .file(path, error) }
        do throws(KeySet.Fault) { return try KeySet(content) } catch { throw .keySet(path, error) }
    }

    /// Forgets what was read, so that the next look reads again.
    mutating func forget() { known = nil }
}

internal import Foundation

/// What can be said of a named file without knowing what belongs in it.
enum FileCheck {
    static func readable(_ path: String) throws(Complaint) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw Complaint("There is no file `\(path.printable(1024))`. Paths are relative to the folder of this file.")
        }
        guard !isFolder.boolValue else { throw Complaint("`\(path.printable(1024))` is a folder; a file is expected.") }
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw Complaint("The file `\(path.printable(1024))` may not be read by this user. Change its permissions or its owner.")
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        if attributes?[.type] as? FileAttributeType == .typeRegular, attributes?[.size] as? Int == 0 {
            throw Complaint("The file `\(path.printable(1024))` is empty.")
        }
    }

    /// The whole of a file that is not larger than `limit` octets.
    static func contents(of path: String, limit: Int) throws(Complaint) -> String {
        try readable(path)
        guard let handle = FileHandle(forReadingAtPath: path) else { throw Complaint("The file cannot be opened.") }
        var octets = Data()
        // One more than the limit shows that there is more; a pipe may give less than was asked for at a time.
        while octets.count <= limit {
            let part: Data?
            do { part = try handle.read(upToCount: limit + 1 - octets.count) } catch {
                throw Complaint("The file cannot be read: \(error.localizedDescription)")
            }
            guard let part, !part.isEmpty else { break }
            octets.append(part)
        }
        guard octets.count <= limit else { throw Complaint("The file is larger than \(limit / 1024) KiB, which no configuration is.") }
        guard let text = String(validating: octets, as: UTF8.self) else { throw Complaint("The file is not UTF-8 text.") }
        return text
    }
}

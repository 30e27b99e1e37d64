internal import Files

/// What can be said of a named file without knowing what belongs in it.
enum FileCheck {
    static func readable(_ path: String, mayBeEmpty: Bool = false) throws(Complaint) {
        do throws(FileFault) {
            let file = try RegularFile(opening: path)
            guard mayBeEmpty || file.identity.size > 0 else { throw .empty }
        } catch {
            throw complaint(error, path)
        }
    }

    /// The whole of a text that is not larger than `limit` octets.
    static func contents(of path: String, limit: Int) throws(Complaint) -> String {
        let octets: [UInt8]
        do throws(FileFault) { octets = try RegularFile.read(path, limit: limit) } catch { throw complaint(error, path) }
        guard !ByteOrderMark.isUTF16(octets) else { throw Complaint("The file is written in UTF-16. Save it as UTF-8.") }
        guard let text = String(validating: octets, as: UTF8.self) else { throw Complaint("The file is not UTF-8 text.") }
        return text
    }

    private static func complaint(_ fault: FileFault, _ path: String) -> Complaint {
        let path = "`\(path.printable(1024))`"
        return switch fault {
        case .absent: Complaint("There is no file \(path). Paths are relative to the folder of this file.")
        case .notPermitted: Complaint("The file \(path) may not be read by this user. Change its permissions or its owner.")
        case .notRegular(.folder): Complaint("\(path) is a folder; a file is expected.")
        case .notRegular(.pipe): Complaint("\(path) is a pipe; a regular file is expected. Write what comes through it into a file.")
        case .notRegular(.socket): Complaint("\(path) is a socket; a regular file is expected.")
        case .notRegular(.device): Complaint("\(path) is a device; a regular file is expected.")
        case .empty: Complaint("The file \(path) is empty.")
        case .tooLarge(let limit): Complaint("The file is larger than \(limit / 1024) KiB, which no configuration is.")
        case .unreadable(let reason): Complaint("The file \(path) cannot be read: \(reason).")
        }
    }
}

/// A file that the configuration names, and where it does, so that a mistake found in the file's contents later (a
/// certificate that does not parse, a key that does not fit) is reported like any other.
package struct LocatedPath: Equatable, Sendable {
    /// Resolved against the folder of the configuration file.
    package let path: String
    package let configurationFile: String
    package let keyPath: String
    package let position: SourcePosition

    /// - Parameter message: what is wrong with the file and what to do, in plain words.
    package func mistake(_ message: String) -> ConfigurationMistake {
        ConfigurationMistake(file: configurationFile, position: position, keyPath: keyPath, message: message)
    }

    /// Two are equal where they name the same file: where that is written changes nothing.
    package static func == (left: LocatedPath, right: LocatedPath) -> Bool { left.path == right.path }
}

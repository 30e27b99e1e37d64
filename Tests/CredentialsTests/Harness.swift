import Credentials
import Foundation

/// A file of that content, which is removed with the value.
final class TemporaryFile: Sendable {
    let path: String

    init(_ contents: some Sequence<UInt8>) throws {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)").path
        try Data(contents).write(to: URL(fileURLWithPath: path))
    }

    convenience init(_ text: String) throws { try self.init(text.utf8) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// What a reader says of a file of that content; nil where it takes it.
func problem<Value>(_ contents: some Sequence<UInt8>, _ read: (String) throws(CredentialFault) -> Value) throws -> String? {
    let file = try TemporaryFile(contents)
    do throws(CredentialFault) {
        _ = try read(file.path)
        return nil
    } catch {
        return error.file == file.path ? error.problem : "\(error)"
    }
}

func problem<Value>(_ text: String, _ read: (String) throws(CredentialFault) -> Value) throws -> String? { try problem(Array(text.utf8), read) }

import Foundation

/// JSON as everything here writes it: sorted members and plain slashes, so that equal values are equal text.
enum JSONText {
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }
}

/// The one line a server prints when it listens: what a script waits for, with the ports it really got.
enum ReadyLine {
    static func print(_ members: [String: String]) throws {
        try FileHandle.standardOutput.write(contentsOf: JSONText.encode(members) + Data("\n".utf8))
    }
}

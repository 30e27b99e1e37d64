import Foundation

/// The one line a server prints when it listens: what a script waits for, with the ports it really got.
enum ReadyLine {
    static func print(_ members: [String: String]) throws {
        try FileHandle.standardOutput.write(contentsOf: JSONText.encode(members) + Data("\n".utf8))
    }
}

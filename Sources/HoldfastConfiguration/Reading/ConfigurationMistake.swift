/// A place in the configuration file; both count from 1, columns in Unicode scalars.
package struct SourcePosition: Hashable, Comparable, Sendable {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: SourcePosition, right: SourcePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// One thing that is wrong with the configuration, where, and what to do about it.
package struct ConfigurationMistake: Equatable, Sendable, CustomStringConvertible {
    /// The configuration file, as it was named to us.
    package let file: String
    /// Nil where the file as a whole is meant: it cannot be read.
    package let position: SourcePosition?
    /// Such as `tokens[0].issuer`; empty for the file as a whole.
    package let keyPath: String
    package let message: String

    package init(file: String, position: SourcePosition?, keyPath: String, message: String) {
        self.file = file
        self.position = position
        self.keyPath = keyPath
        self.message = message
    }

    /// `holdfast.yaml:3:5: tokens[0].issuer: …`, the form that editors and terminals make a link of.
    package var description: String {
        let place = position.map { "\(file):\($0.line):\($0.column)" } ?? file
        return keyPath.isEmpty ? "\(place): \(message)" : "\(place): \(keyPath): \(message)"
    }
}

/// Every mistake found, in the order of the file; never empty.
package struct ConfigurationMistakes: Error, Equatable, Sendable {
    package let all: [ConfigurationMistake]

    package init(_ mistakes: [ConfigurationMistake]) {
        let start = SourcePosition(line: 0, column: 0)
        self.all = mistakes.enumerated()
            .sorted { ($0.element.position ?? start, $0.offset) < ($1.element.position ?? start, $1.offset) }
            .map(\.element)
    }
}

/// Where mistakes are gathered while a file is read, so that all of them are told at once.
final class MistakeLog {
    let file: String
    private(set) var mistakes: [ConfigurationMistake] = []
    /// The whole file's; only while the schema is made.
    let form: Form?

    init(file: String, form: Form? = nil) { (self.file, self.form) = (file, form) }

    func add(_ message: String, at position: SourcePosition?, _ keyPath: String) {
        mistakes.append(ConfigurationMistake(file: file, position: position, keyPath: keyPath, message: message))
    }
}

/// What is wrong with one value; the reader knows where it stands.
struct Complaint: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

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
}

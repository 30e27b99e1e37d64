package import Files

/// A certificate or key file that cannot be used, in words for the operator. It never holds any of the file's contents.
package struct CredentialFault: Error, Equatable, CustomStringConvertible {
    package let file: String
    /// A clause without a full stop: "holds no certificate".
    package let problem: String

    package init(_ file: String, _ problem: String) {
        self.file = file
        self.problem = problem
    }

    package init(_ file: String, _ fault: FileFault) { self.init(file, fault.problem) }

    package var description: String { "\(file): \(problem)" }
}

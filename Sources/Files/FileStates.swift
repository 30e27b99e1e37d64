/// What stands at some paths at one moment, told without reading it: whether anything has changed since.
package struct FileStates: Equatable, Sendable {
    /// Nil where there is nothing, or nothing that may be looked at.
    private let identities: [String: RegularFile.Identity?]

    /// Links are followed, so that a file which is replaced by a rename, or a folder behind a link (Kubernetes' `..data`), is a change.
    package init(of paths: some Sequence<String>) {
        identities = Dictionary(paths.map { ($0, RegularFile.identity(of: $0)) }) { first, _ in first }
    }
}

/// When a change of files is to be acted upon: once they have stood still from one look to the next, so that no file is read while it is
/// written.
package struct FileWatch: Sendable {
    /// That were acted upon.
    private var known: FileStates
    private var last: FileStates

    package init(_ states: FileStates) { (known, last) = (states, states) }

    /// - Returns: whether to act; the change is known from then on.
    package mutating func look(_ states: FileStates) -> Bool {
        defer { last = states }
        guard states != known, states == last else { return false }
        known = states
        return true
    }

    /// They were acted upon for another reason, or others are watched from now on.
    package mutating func settle(_ states: FileStates) { (known, last) = (states, states) }
}

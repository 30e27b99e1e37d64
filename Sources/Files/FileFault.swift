/// Why a file could not be read.
package enum FileFault: Error, Equatable, Sendable {
    /// What stands at the path instead of a regular file.
    package enum Kind: Equatable, Sendable { case folder, pipe, socket, device }

    case absent
    case notPermitted
    case notRegular(Kind)
    case empty
    /// Octets.
    case tooLarge(limit: Int)
    /// In the system's words.
    case unreadable(String)

    /// A clause without a full stop, such as "is empty".
    package var problem: String {
        switch self {
        case .absent: "does not exist"
        case .notPermitted: "may not be read by this user"
        case .notRegular(.folder): "is a folder, not a file"
        case .notRegular(.pipe): "is a pipe, not a regular file"
        case .notRegular(.socket): "is a socket, not a regular file"
        case .notRegular(.device): "is a device, not a regular file"
        case .empty: "is empty"
        case .tooLarge(let limit): "is larger than \(limit >= 1 << 20 ? "\(limit >> 20) MiB" : "\(limit >> 10) KiB")"
        case .unreadable(let reason): "cannot be read: \(reason)"
        }
    }
}

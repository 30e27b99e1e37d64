import NIOCore

/// The listening sockets that whoever started this process has passed to it (sd_listen_fds(3)): they outlive it, so that no client is refused
/// while one process takes another's place.
struct PassedSockets: Equatable, Sendable {
    /// What a socket is for, by the name that it was passed with (`FileDescriptorName=`).
    enum Role: String, CaseIterable, Sendable {
        case listener, admin, metadata

        /// The key whose place it takes.
        var key: String {
            switch self {
            case .listener: "listener.address"
            case .admin: "admin.address"
            case .metadata: "resource.metadata_address"
            }
        }
    }

    private(set) var descriptors: [Role: CInt] = [:]

    /// The first descriptor that is passed; the others follow.
    private static let first: CInt = 3
    /// Nobody passes more.
    private static let most = 64

    /// A name that is no role's is the listener's: systemd gives a socket its unit's name where the unit says nothing else.
    ///
    /// - Parameter environment: `LISTEN_PID`, whose process they are for; `LISTEN_FDS`, how many; `LISTEN_FDNAMES`, their names between colons.
    init(environment: [String: String], process: Int) throws(PassedSocketFault) {
        guard let meant = environment["LISTEN_PID"], Int(meant) == process, let number = environment["LISTEN_FDS"] else { return }
        guard let count = Int(number), (0...Self.most).contains(count) else { throw PassedSocketFault.count(number) }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        for index in 0..<count {
            let role = index < names.count ? Role(rawValue: names[index]) ?? .listener : .listener
            guard descriptors[role] == nil else { throw .several(role) }
            descriptors[role] = Self.first + CInt(index)
        }
    }
}

/// What the system says of a socket.
struct SocketFacts: Equatable, Sendable {
    var isListeningStream: Bool
    /// Where it listens; nil for what is no IP address.
    var address: SocketAddress?
}

/// Why the sockets that were passed cannot be used, and what to do.
enum PassedSocketFault: Error, Equatable, CustomStringConvertible {
    case count(String)
    case several(PassedSockets.Role)
    case notListening(PassedSockets.Role, CInt)
    case elsewhere(PassedSockets.Role, is: String, configured: String)
    case unwanted(PassedSockets.Role)

    var description: String {
        switch self {
        case .count(let text): "LISTEN_FDS is `\(text.prefix(20))`, which is no number of sockets"
        case .several(let role):
            "more than one socket was passed for \(role.key): one ListenStream= is for it (`[::]:8443` takes IPv4 too), and sockets of the admin endpoint and of the metadata have a unit of their own with FileDescriptorName=admin and FileDescriptorName=metadata"
        case .notListening(let role, let descriptor):
            "descriptor \(descriptor), passed for \(role.key), is not a listening TCP socket: its unit needs ListenStream= with an IP address and a port, and no Accept=yes"
        case .elsewhere(let role, let address, let configured):
            "the socket that was passed for \(role.key) listens on \(address), and the configuration says \(configured): write the same there and in ListenStream="
        case .unwanted(let role):
            "a socket was passed under the name `\(role.rawValue)`, and the configuration has no \(role.key): write it, or leave the socket's unit out"
        }
    }
}

package import HoldfastConfiguration

/// What this process may do with files once it has read its own: read beneath some folders, and nothing else. A value.
package struct SandboxPlan: Equatable, Sendable {
    /// Beneath which the files are that the configuration names, and itself: they are read again when they change.
    let own: [String]
    /// In which it makes Unix sockets to listen on, and removes those that an earlier process has left.
    let sockets: [String]

    /// For whom the libraries of the system read, at any time.
    ///
    /// `/etc` is whole: resolv.conf, hosts and the like are replaced by renames, after which a rule for the file would be for none. So is
    /// `/proc`, whose folders of processes are not the same ones for ever; libdispatch ends the process where it cannot look there. What is not for
    /// everybody is kept by its permissions, as ever.
    static let system = [
        "/etc", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/usr/share/ca-certificates",
        "/usr/local/share/ca-certificates", "/var/lib/ca-certificates", "/run/systemd/resolve", "/run/NetworkManager", "/run/resolvconf", "/proc",
        "/sys/devices/system/cpu", "/sys/fs/cgroup", "/dev/null", "/dev/urandom", "/dev/random",
    ]

    /// - Parameter sockets: paths of the Unix sockets that this process listens on; nil for those that the configuration says.
    package init(_ configuration: HoldfastConfiguration, sockets: [String]? = nil, folders: (String) -> Set<String> = { LinkedFolders.of($0) }) {
        let files = [configuration.file] + (configuration.namedFiles + configuration.tokens.compactMap(\.keyFile)).map(\.path)
        let paths = sockets ?? configuration.decisions?.place.path.map { [$0] } ?? []
        self.sockets = paths.reduce(into: Set()) { $0.formUnion(folders($1)) }.sorted()
        own = files.reduce(into: Set()) { $0.formUnion(folders($1)) }.sorted()
    }

    /// For people.
    var places: String { own.joined(separator: ", ") }

    /// Rights of landlock(7), by the bits of `handled_access_fs`.
    enum Rights {
        static let readFile: UInt64 = 1 << 2
        static let readFolder: UInt64 = 1 << 3
        static let removeFile: UInt64 = 1 << 5
        static let makeSocket: UInt64 = 1 << 9
        /// All that a kernel can deny: 13 from the first interface on, then moving between folders (2), truncation (3), ioctl of devices (5).
        static func known(to abi: Int) -> UInt64 {
            let bits = abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13
            return (1 << UInt64(bits)) - 1
        }
        /// Signals to processes outside (6).
        static func scoped(by abi: Int) -> UInt64 { abi >= 6 ? 1 << 1 : 0 }
    }
}

extension HoldfastConfiguration.TokenIssuer {
    fileprivate var keyFile: LocatedPath? {
        if case .file(let path) = keys { path } else { nil }
    }
}

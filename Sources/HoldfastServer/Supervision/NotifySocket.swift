#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The way to the service manager: datagrams to a Unix socket that it names.
struct NotifySocket: Sendable {
    /// `sun_path` as it is sent: with its NUL, or after one where the name is abstract.
    let name: [UInt8]
    private let descriptor: CInt

    /// Octets that an address of a Unix socket has room for.
    private static let room = MemoryLayout.size(ofValue: sockaddr_un().sun_path)

    /// - Parameter address: `NOTIFY_SOCKET`: a path, or `@` and an abstract name.
    /// - Returns: nil for an address of another kind.
    static func name(_ address: String) -> [UInt8]? {
        let octets = Array(address.utf8)
        let name: [UInt8] =
            switch octets.first {
            case UInt8(ascii: "@"): [0] + octets.dropFirst()
            case UInt8(ascii: "/"): octets + [0]
            default: []
            }
        return (2...room).contains(name.count) ? name : nil
    }

    /// Keeps a descriptor open for as long as the process lives.
    init?(environment: [String: String]) {
        guard let name = environment["NOTIFY_SOCKET"].flatMap(Self.name) else { return nil }
        descriptor = socket(AF_UNIX, Self.datagrams, 0)
        guard descriptor >= 0 else { return nil }
        self.name = name
    }

    /// - Returns: whether it was taken; the manager may have no room for more just now.
    func send(_ text: String) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        var text = text
        return text.withUTF8 { octets in
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(descriptor, octets.baseAddress, octets.count, Self.flags, $0, length)
                }
            }
        } >= 0
    }

    #if canImport(Glibc)
    private static let datagrams = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
    #else
    private static let datagrams = CInt(SOCK_DGRAM | SOCK_CLOEXEC)
    #endif
    private static let flags = CInt(Int(MSG_NOSIGNAL) | Int(MSG_DONTWAIT))
}

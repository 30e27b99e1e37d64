package import NIOCore
package import NIOPosix

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Where a listener's socket comes from.
package enum ListeningPlace: Equatable, Sendable {
    /// - sharesPort: other processes of the same user may listen there too (SO_REUSEPORT), if they ask for it as well.
    case address(host: String, port: Int, sharesPort: Bool = false)
    /// A socket that listens already: whoever started this process holds it too, so that clients are not refused while no process has it.
    case passed(NIOBSDSocket.Handle)

    var isHandedOn: Bool {
        switch self {
        case .address(_, _, let sharesPort): sharesPort
        case .passed: true
        }
    }
}

extension ServerBootstrap {
    /// - Parameter backlog: connections that wait to be accepted, at most.
    package func listen(at place: ListeningPlace, backlog: CInt) async throws -> any Channel {
        switch place {
        case .address(let host, let port, let sharesPort):
            let bootstrap = sharesPort ? serverChannelOption(.socketOption(NIOBSDSocket.Option(rawValue: SO_REUSEPORT)), value: 1) : self
            return try await bootstrap.serverChannelOption(.backlog, value: backlog).bind(host: host, port: port).get()
        case .passed(let descriptor):
            let channel = try await withBoundSocket(descriptor).get()
            // NIO has just asked for 128, whatever was asked for before.
            _ = Self.listen(descriptor, backlog)
            return channel
        }
    }

    private static func listen(_ descriptor: CInt, _ backlog: CInt) -> CInt {
        #if canImport(Glibc)
        Glibc.listen(descriptor, backlog)
        #else
        Musl.listen(descriptor, backlog)
        #endif
    }
}

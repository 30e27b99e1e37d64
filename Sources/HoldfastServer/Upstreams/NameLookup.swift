import NIOCore
import NIOPosix
import ProxyEngine

/// The addresses of a name, as this system tells them. For how long they hold, it does not tell.
enum NameLookup {
    private static let limit = 32

    /// Sorted, so that the same ones are the same list.
    ///
    /// - Returns: none where the name has none, or nobody can be asked.
    static func addresses(of host: String, port: Int, on eventLoop: any EventLoop) async -> [UpstreamTarget.Address] {
        let resolver = NIORandomizedDNSResolver(loop: eventLoop)
        let found = try? await eventLoop.flatSubmit {
            // The first one asks for both.
            let four = resolver.initiateAQuery(host: host, port: port)
            return four.and(resolver.initiateAAAAQuery(host: host, port: port)).map { $0.0 + $0.1 }
        }.get()
        let texts = Set((found ?? []).compactMap(\.ipAddress))
        return texts.sorted().prefix(limit).map { .host($0, port: port) }
    }
}

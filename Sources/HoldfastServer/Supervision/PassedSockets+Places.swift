import HoldfastConfiguration
import NIOCore
import ProxyEngine

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension PassedSockets {
    /// Where each listener of a configuration gets its socket from.
    struct Places: Equatable, Sendable {
        var listener: ListeningPlace
        var admin: ListeningPlace?
        var metadata: ListeningPlace?
    }

    /// - Parameter facts: what the system says of a descriptor.
    /// - Throws: where a socket is not what the configuration says.
    func places(
        _ configuration: HoldfastConfiguration, facts: (CInt) -> SocketFacts = SocketFacts.init(of:)
    ) throws(PassedSocketFault) -> Places {
        let sharesPort = configuration.listener.reusePort
        func place(_ role: Role, _ address: NetworkAddress?) throws(PassedSocketFault) -> ListeningPlace? {
            guard let address else {
                guard descriptors[role] == nil else { throw .unwanted(role) }
                return nil
            }
            guard let descriptor = descriptors[role] else { return .address(host: address.host, port: address.port, sharesPort: sharesPort) }
            try check(role, descriptor, facts(descriptor), address)
            return .passed(descriptor)
        }
        let listener = configuration.listener.address
        return Places(
            listener: try place(.listener, listener) ?? .address(host: listener.host, port: listener.port),
            admin: try place(.admin, configuration.admin), metadata: try place(.metadata, configuration.resource?.metadataAddress))
    }

    private func check(_ role: Role, _ descriptor: CInt, _ facts: SocketFacts, _ configured: NetworkAddress) throws(PassedSocketFault) {
        guard facts.isListeningStream, let address = facts.address else { throw .notListening(role, descriptor) }
        // Port 0 asks for any. A socket of all addresses is no other than one of all of IPv4: IPv6 would be open without a word for it.
        let wanted = try? SocketAddress(ipAddress: configured.host, port: configured.port == 0 ? address.port ?? 0 : configured.port)
        guard wanted == address else { throw .elsewhere(role, is: NetworkAddress.text(address), configured: "\(configured)") }
    }
}

extension SocketFacts {
    init(of descriptor: CInt) {
        isListeningStream = Self.option(SO_TYPE, of: descriptor) == Self.stream && Self.option(SO_ACCEPTCONN, of: descriptor) == 1
        address = Self.address(of: descriptor)
    }

    private static func option(_ name: CInt, of descriptor: CInt) -> CInt? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }

    private static func address(of descriptor: CInt) -> SocketAddress? {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutablePointer(to: &storage) { pointer in
            let found = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
            guard found == 0 else { return nil }
            switch CInt(pointer.pointee.ss_family) {
            case AF_INET: return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { SocketAddress($0.pointee) }
            case AF_INET6: return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) { SocketAddress($0.pointee) }
            default: return nil
            }
        }
    }

    #if canImport(Glibc)
    private static let stream = CInt(SOCK_STREAM.rawValue)
    #else
    private static let stream = CInt(SOCK_STREAM)
    #endif
}

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A blocking TCP connection whose every call ends within `patience`.
struct Socket {
    let descriptor: Int32

    /// Nil where nobody listens at any of the host's addresses.
    init?(host: String, port: Int, patience: Int) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &list) == 0 else { return nil }
        defer { freeaddrinfo(list) }
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            let descriptor = socket(entry.pointee.ai_family, entry.pointee.ai_socktype, entry.pointee.ai_protocol)
            guard descriptor >= 0 else { continue }
            var time = timeval(tv_sec: patience, tv_usec: 0)
            let size = socklen_t(MemoryLayout<timeval>.size)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, size)
            setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, size)
            var on: Int32 = 1
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
            if connect(descriptor, entry.pointee.ai_addr, entry.pointee.ai_addrlen) == 0 {
                self.descriptor = descriptor
                return
            }
            _ = Self.end(descriptor)
        }
        return nil
    }

    func end() { _ = Self.end(descriptor) }

    private static func end(_ descriptor: Int32) -> Int32 { close(descriptor) }
}

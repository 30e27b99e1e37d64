package import NIOCore
import NIOSSL

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension Channel {
    /// Without waiting for TLS to say goodbye, which a peer may never do: the descriptor is given back at once.
    /// - Parameter reset: by a reset instead of an ordinary end, so that no port stays behind in TIME_WAIT.
    package func closeAbruptly(reset: Bool = false) {
        if reset, let socket = self as? any SocketOptionProvider { _ = socket.setSoLinger(linger(l_onoff: 1, l_linger: 0)) }
        let operations = pipeline.syncOperations
        if let tls = (try? operations.context(handlerType: NIOSSLClientHandler.self))
            ?? (try? operations.context(handlerType: NIOSSLServerHandler.self))
        {
            tls.close(mode: .all, promise: nil)
        } else {
            close(promise: nil)
        }
    }
}

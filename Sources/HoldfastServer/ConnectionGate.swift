import BindingPolicy
import ClientIdentity
import NIOSSL
import ProxyEngine

/// A loop's gate. The TLS contexts and what is accepted as a client certificate are shared by all loops.
final class ConnectionGate: ClientGate {
    private let contexts: ServerTLSContexts
    private let authenticator: ClientAuthenticator
    private var lastRefusal: String?

    init(contexts: ServerTLSContexts, authenticator: ClientAuthenticator) {
        self.contexts = contexts
        self.authenticator = authenticator
    }

    func makeTLSHandler() throws -> NIOSSLServerHandler {
        contexts.makeHandler(authenticator: authenticator, clock: EngineLoop.wallClock) { [unowned self] in lastRefusal = $0.code }
    }

    func identify(leaf: NIOSSLCertificate, now: Double) -> Result<AuthenticatedPeer, GateRefusal> {
        authenticator.identify(leaf: leaf, now: now).mapError { GateRefusal(code: $0.code) }
    }

    func takeLastRefusal() -> String? {
        defer { lastRefusal = nil }
        return lastRefusal
    }
}

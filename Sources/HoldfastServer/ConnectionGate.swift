import BindingPolicy
import ClientIdentity
import NIOSSL
import ProxyEngine

/// A loop's gate: its TLS contexts and what it accepts as a client certificate.
final class ConnectionGate: ClientGate {
    private let contexts: ServerTLSContexts
    private let authenticator: ClientAuthenticator
    private var lastRefusal: String?

    init(_ blueprint: Blueprint) throws {
        contexts = try ServerTLSContexts(blueprint.tls, now: EngineLoop.wallClock())
        authenticator = ClientAuthenticator(blueprint.trust)
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

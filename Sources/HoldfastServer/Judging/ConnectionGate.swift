import BindingPolicy
import ClientIdentity
import NIOSSL
import ProxyEngine
import Timekeeping

/// A loop's gate. The TLS contexts and what is accepted as a client certificate are shared by all loops.
final class ConnectionGate: ClientGate {
    private let contexts: ServerTLSContexts
    private let authenticator: ClientAuthenticator
    private let certificateIsOptional: Bool
    private var lastRefusal: String?

    init(contexts: ServerTLSContexts, authenticator: ClientAuthenticator, certificateIsOptional: Bool) {
        self.contexts = contexts
        self.authenticator = authenticator
        self.certificateIsOptional = certificateIsOptional
    }

    func makeTLSHandler() throws -> NIOSSLServerHandler {
        try contexts.makeHandler(authenticator: authenticator, clock: WallClock.seconds) { [unowned self] in lastRefusal = $0.code }
    }

    /// Without a certificate the handshake ends where one is required; that it came so far says that none is.
    func identify(leaf: NIOSSLCertificate?, now: Double) -> Result<AuthenticatedPeer, GateRefusal> {
        guard let leaf else { return certificateIsOptional ? .success(.anonymous) : .failure(GateRefusal(code: "cert_missing")) }
        return authenticator.identify(leaf: leaf, now: now).mapError { GateRefusal(code: $0.code) }
    }

    func takeLastRefusal() -> String? {
        defer { lastRefusal = nil }
        return lastRefusal
    }
}

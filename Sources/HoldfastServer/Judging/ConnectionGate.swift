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
    private var lastRefusal: GateRefusal?

    init(contexts: ServerTLSContexts, authenticator: ClientAuthenticator, certificateIsOptional: Bool) {
        self.contexts = contexts
        self.authenticator = authenticator
        self.certificateIsOptional = certificateIsOptional
    }

    func makeTLSHandler() throws -> NIOSSLServerHandler {
        try contexts.makeHandler(authenticator: authenticator, clock: WallClock.seconds) { [unowned self] in lastRefusal = $0.refusal(of: $1) }
    }

    /// Without a certificate the handshake ends where one is required; that it came so far says that none is.
    func identify(leaf: NIOSSLCertificate?, now: Double) -> Result<IdentifiedClient, GateRefusal> {
        guard let leaf else {
            return certificateIsOptional ? .success(IdentifiedClient(.anonymous, nil)) : .failure(GateRefusal(code: "cert_missing"))
        }
        return authenticator.identify(leaf: leaf, now: now)
            .map { IdentifiedClient($0.peer, $0.certificate) }
            .mapError { $0.refusal(of: try? leaf.toDERBytes()) }
    }

    func review(_ certificate: (any ProvenCertificate)?, now: Double) -> AuthenticatedPeer {
        guard let certificate else {
            return certificateIsOptional ? .anonymous : AuthenticatedPeer(withdrawn: .certificateMissing, thumbprint: nil)
        }
        guard let certificate = certificate as? ClientCertificate else {
            return AuthenticatedPeer(withdrawn: .certificateUntrusted, thumbprint: certificate.thumbprint)
        }
        switch authenticator.review(certificate, now: now) {
        case .success(let peer): return peer
        case .failure(let fault): return AuthenticatedPeer(withdrawn: fault.denial, thumbprint: certificate.thumbprint)
        }
    }

    func takeLastRefusal() -> GateRefusal? {
        defer { lastRefusal = nil }
        return lastRefusal
    }
}

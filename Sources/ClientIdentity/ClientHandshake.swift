package import NIOSSL

/// TLS of one connection of a client, until it is known who is there. Of the connection's loop.
package final class ClientHandshake {
    /// What TLS's callback says, which outlives the handshake: without the handler, that holds it.
    final class Verdict {
        var accepted: ClientAuthenticator.Identity?
        var refusal: (fault: HandshakeFault, leaf: [UInt8]?)?
    }

    package let handler: NIOSSLServerHandler
    private let verdict: Verdict
    private let authenticator: ClientAuthenticator
    private let contexts: ServerTLSContexts
    /// Whether the client came with a session, once ``identify(now:)`` was asked; nil where it showed no certificate: NIOSSL asks about one in each
    /// full handshake, and in no other.
    package private(set) var isResumed: Bool?

    init(_ handler: NIOSSLServerHandler, _ verdict: Verdict, _ authenticator: ClientAuthenticator, _ contexts: ServerTLSContexts) {
        self.handler = handler
        self.verdict = verdict
        self.authenticator = authenticator
        self.contexts = contexts
    }

    /// Why the certificate was not accepted, with its DER; nil where it was, or where there is none yet.
    package var refusal: (fault: HandshakeFault, leaf: [UInt8]?)? { verdict.refusal }

    /// Who is there, once the handshake is complete, full or resumed: the client's key is proven.
    package func identify(now: Double) -> Result<ClientAuthenticator.Identity, HandshakeFault> {
        let leaf = handler.peerCertificate
        let accepted = verdict.accepted
        verdict.accepted = nil
        isResumed = leaf == nil ? nil : accepted == nil
        let identity = authenticator.identify(leaf: leaf, accepted: accepted, now: now)
        // A client that keeps its session may come with it again and again, though a full handshake would be accepted.
        if leaf != nil, case .failure = identity { contexts.forgetSessions() }
        return identity
    }
}

import NIOCore
package import NIOSSL

/// One event loop's TLS contexts: hands out a handler for each connection and renews the context in time.
package final class ServerTLSContexts {
    private let tls: ServerTLS
    private let renewal: ContextRenewal
    private var context: NIOSSLContext
    private var earlier = [Earlier]()
    private var made: Double
    private var begun = 0

    /// - Parameter now: seconds since 1970.
    package init(_ tls: ServerTLS, renewal: ContextRenewal = .standard, now: Double) throws(CredentialFault) {
        self.tls = tls
        self.renewal = renewal
        guard let context = try? NIOSSLContext(configuration: tls.configuration) else {
            throw CredentialFault("TLS", "no context could be made of the listener's certificate and key")
        }
        self.context = context
        made = now
    }

    /// The TLS handler for a new connection of this loop.
    ///
    /// When the handshake is complete the connection's identity is still to be asked for, `authenticator.identify`, since a
    /// resumed session comes here unjudged. A refusal ends the handshake with the alert certificate_unknown (46): NIOSSL has
    /// no way to choose a more precise one, so the reason is in our log only.
    ///
    /// - Parameters:
    ///   - clock: seconds since 1970, asked when the client's certificates arrive.
    ///   - onRefusal: called at most once, on the loop, before the connection is closed.
    package func makeHandler(
        authenticator: ClientAuthenticator, clock: @escaping () -> Double, onRefusal: @escaping (HandshakeFault) -> Void
    ) -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: currentContext(now: clock())) { chain, verdict in
            switch authenticator.verifyHandshake(chain: chain, now: clock()) {
            case .success: verdict.succeed(.certificateVerified)
            case .failure(let fault):
                onRefusal(fault)
                verdict.succeed(.failed)
            }
        }
    }

    private func currentContext(now: Double) -> NIOSSLContext {
        if isDue(now: now), let fresh = try? NIOSSLContext(configuration: tls.configuration) {
            earlier.append(Earlier(context: context))
            context = fresh
            made = now
            begun = 0
        }
        begun += 1
        return context
    }

    private func isDue(now: Double) -> Bool {
        guard renewal.isDue(begun: begun, made: made, now: now, earlier: 0) else { return false }
        earlier.removeAll { $0.context == nil }
        return renewal.isDue(begun: begun, made: made, now: now, earlier: earlier.count)
    }

    private struct Earlier { weak var context: NIOSSLContext? }
}

package import Credentials
import NIOCore
package import NIOSSL
import Synchronization

/// The listener's TLS contexts: hands out a handler for each connection and renews the context in time. One for all event
/// loops, since a session can be resumed only under the context it was begun with.
package final class ServerTLSContexts: Sendable {
    private struct Current {
        var context: NIOSSLContext
        var earlier = [Earlier]()
        var made: Double
        var begun = 0
    }

    private struct Earlier { weak var context: NIOSSLContext? }

    private let tls: ServerTLS
    private let renewal: ContextRenewal
    private let current: Mutex<Current>

    /// - Parameter now: seconds since 1970.
    package init(_ tls: ServerTLS, renewal: ContextRenewal = .standard, now: Double) throws(CredentialFault) {
        self.tls = tls
        self.renewal = renewal
        guard let context = try? NIOSSLContext(configuration: tls.configuration) else {
            throw CredentialFault("TLS", "no context could be made of the listener's certificate and key")
        }
        current = Mutex(Current(context: context, made: now))
    }

    /// The TLS handler for a new connection.
    ///
    /// When the handshake is complete the connection's identity is still to be asked for, `authenticator.identify`, since a
    /// resumed session comes here unjudged. A refusal ends the handshake with the alert certificate_unknown (46): NIOSSL has
    /// no way to choose a more precise one, so the reason is in our log only.
    ///
    /// - Parameters:
    ///   - clock: seconds since 1970, asked when the client's certificates arrive.
    ///   - onRefusal: called at most once, on the loop, before the connection is closed, with the DER of the certificate.
    /// - Throws: where sessions may not be resumed and no context of its own could be made for the connection.
    package func makeHandler(
        authenticator: ClientAuthenticator, clock: @escaping () -> Double, onRefusal: @escaping (HandshakeFault, _ leaf: [UInt8]?) -> Void
    ) throws -> NIOSSLServerHandler {
        NIOSSLServerHandler(context: try context(now: clock())) { chain, verdict in
            switch authenticator.verifyHandshake(chain: chain, now: clock()) {
            case .success: verdict.succeed(.certificateVerified)
            case .failure(let fault):
                onRefusal(fault, try? chain.first?.toDERBytes())
                verdict.succeed(.failed)
            }
        }
    }

    /// For a listener that asks for no certificate.
    package func makePublicHandler(now: Double) throws -> NIOSSLServerHandler { NIOSSLServerHandler(context: try context(now: now)) }

    private func context(now: Double) throws -> NIOSSLContext {
        guard tls.resumption else { return try NIOSSLContext(configuration: tls.configuration) }
        return current.withLock { current in
            if isDue(&current, now: now), let fresh = try? NIOSSLContext(configuration: tls.configuration) {
                current.earlier.append(Earlier(context: current.context))
                current.context = fresh
                current.made = now
                current.begun = 0
            }
            current.begun += 1
            return current.context
        }
    }

    private func isDue(_ current: inout Current, now: Double) -> Bool {
        guard renewal.isDue(begun: current.begun, made: current.made, now: now, earlier: 0) else { return false }
        current.earlier.removeAll { $0.context == nil }
        return renewal.isDue(begun: current.begun, made: current.made, now: now, earlier: current.earlier.count)
    }
}

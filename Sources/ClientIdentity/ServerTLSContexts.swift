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
        /// None of its sessions is to be resumed any more.
        var isSpent = false
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

    /// TLS for a new connection.
    ///
    /// A refusal ends the handshake with the alert certificate_unknown (46): NIOSSL has no way to choose a more precise one, so the reason
    /// is in our log only.
    ///
    /// - Parameter clock: seconds since 1970, asked when the client's certificates arrive.
    /// - Throws: where sessions may not be resumed and no context of its own could be made for the connection.
    package func begin(authenticator: ClientAuthenticator, clock: @escaping () -> Double) throws -> ClientHandshake {
        let verdict = ClientHandshake.Verdict()
        let handler = NIOSSLServerHandler(context: try context(now: clock())) { chain, promise in
            switch authenticator.verifyHandshake(chain: chain, now: clock()) {
            case .success(let identity):
                verdict.accepted = identity
                promise.succeed(.certificateVerified)
            case .failure(let fault):
                verdict.refusal = (fault, try? chain.first?.toDERBytes())
                promise.succeed(.failed)
            }
        }
        return ClientHandshake(handler, verdict, authenticator, self)
    }

    /// Whoever comes with a session after this makes a full handshake. Called when one was resumed whose client could not be let in: its
    /// client cannot tell why the connection ended, and may come with it again until its ticket expires, in a week.
    ///
    /// It costs the others a full handshake, and cannot be asked for at will: it takes a session of the latest context, which only a
    /// client that was accepted under it has.
    package func forgetSessions() { current.withLock { $0.isSpent = true } }

    /// For a listener that asks for no certificate.
    package func makePublicHandler(now: Double) throws -> NIOSSLServerHandler { NIOSSLServerHandler(context: try context(now: now)) }

    private func context(now: Double) throws -> NIOSSLContext {
        guard tls.resumption else { return try NIOSSLContext(configuration: tls.configuration) }
        let shared: NIOSSLContext? = current.withLock { current in
            if isDue(&current, now: now), let fresh = try? NIOSSLContext(configuration: tls.configuration) {
                current.earlier.append(Earlier(context: current.context))
                current = Current(context: fresh, earlier: current.earlier, made: now)
            }
            // As many earlier ones are in use as may be: until one is free, each connection has a context of its own.
            if current.isSpent { return nil }
            current.begun += 1
            return current.context
        }
        return try shared ?? NIOSSLContext(configuration: tls.configuration)
    }

    private func isDue(_ current: inout Current, now: Double) -> Bool {
        func isDue(beside earlier: Int) -> Bool {
            renewal.isDue(begun: current.begun, isSpent: current.isSpent, made: current.made, now: now, earlier: earlier)
        }
        guard isDue(beside: 0) else { return false }
        current.earlier.removeAll { $0.context == nil }
        return isDue(beside: current.earlier.count)
    }
}

package import BindingPolicy
package import HTTPWire
package import NIOSSL

/// Decides about each request. One a loop; called on that loop alone, so it needs no lock.
package protocol RequestJudge: AnyObject {
    /// - Parameters:
    ///   - bytes: the octets that `head`'s ranges point into; not to be kept.
    ///   - now: seconds since 1970.
    func judge(_ head: borrowing RequestHead, _ bytes: UnsafeRawBufferPointer, from peer: AuthenticatedPeer, now: Double) -> Decision
}

/// Ends TLS and says who is there. One a loop; called on that loop alone.
package protocol ClientGate: AnyObject {
    /// A handler for one connection that requires a client certificate and fails the handshake of one not acceptable.
    func makeTLSHandler() throws -> NIOSSLServerHandler
    /// Called once a connection, full handshake or resumed, with the leaf the handler holds.
    func identify(leaf: NIOSSLCertificate, now: Double) -> Result<AuthenticatedPeer, GateRefusal>
    /// The code of the latest handshake that the verification ended, once: nil where TLS itself ended it.
    func takeLastRefusal() -> String?
}

/// Why a connection ended at its handshake.
package struct GateRefusal: Error {
    /// A reason code, from a closed set.
    package let code: String
    package init(code: String) { self.code = code }
}

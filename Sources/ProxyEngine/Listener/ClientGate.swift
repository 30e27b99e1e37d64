package import BindingPolicy
package import NIOSSL

/// Ends TLS and says who is there. One a loop; called on that loop alone.
package protocol ClientGate: AnyObject {
    /// Which of the listener's identities a client means; nil for a host that is not served.
    /// - Parameter serverName: as the client sent it (RFC 6066 section 3); nil where it names none.
    func site(for serverName: String?) -> SiteIndex?
    /// TLS of one connection, which fails the handshake of a client certificate not acceptable there, and of none where one is required.
    /// - Parameter serverName: whom the connection is for.
    func makeTLS(for site: SiteIndex, asking serverName: String?) throws -> any ClientTLS
    /// Judges again who was let in by the gate of another generation.
    /// - Parameter certificate: nil where the client showed none.
    func review(_ certificate: (any ProvenCertificate)?, asking serverName: String?, now: Double) -> AuthenticatedPeer
    /// Judges a certificate whose key a front has seen proved, as the handshake of a client would that asks for this host.
    /// - Parameters:
    ///   - chain: DER, leaf first; empty where the client showed none, nil where what it showed is no certificate.
    ///   - serverName: the host of the request; nil where it names none.
    /// - Returns: never a failure: who is not let in is somebody whose requests are refused for it.
    func identify(shown chain: [[UInt8]]?, asking serverName: String?, now: Double) -> IdentifiedClient
    /// How often what clients are trusted by has changed under this gate: with each change they are to be reviewed.
    var trustChanges: Int { get }
    /// What has to be found out before ``review(_:asking:now:)`` can be asked, where that is not known here: the request waits for it. Nil
    /// where it can be asked at once.
    func question(
        about certificate: (any ProvenCertificate)?, asking serverName: String?, now: Double, for client: any LookupClient
    ) -> (any PendingLookup)?
}

/// TLS of one connection until it is known who is there; on its loop alone.
package protocol ClientTLS: AnyObject {
    var handler: NIOSSLServerHandler { get }
    /// Why the client's certificate was not accepted, once TLS says that the handshake has failed; nil where it failed for another reason.
    var refusal: GateRefusal? { get }
    /// Called once a connection, full handshake or resumed, when it is complete.
    func identify(now: Double) -> Result<IdentifiedClient, GateRefusal>
}

/// Who is at the other end of a connection, and what that was told by.
package struct IdentifiedClient {
    package let peer: AuthenticatedPeer
    /// Nil where the client showed none.
    package let certificate: (any ProvenCertificate)?
    /// The host that its connection is for.
    package let serverName: String?
    package let session: TLSSession

    package init(
        _ peer: AuthenticatedPeer, _ certificate: (any ProvenCertificate)?, asking serverName: String? = nil, session: TLSSession = TLSSession()
    ) {
        self.peer = peer
        self.certificate = certificate
        self.serverName = serverName
        self.session = session
    }
}

/// What was agreed in a handshake, for the record alone.
package struct TLSSession: Sendable {
    /// `1.2` or `1.3`; nil where it is not known.
    package let version: StaticString?
    /// Whether it was begun in an earlier connection; nil where that cannot be told, since the client showed no certificate.
    package let isResumed: Bool?

    package init(version: StaticString? = nil, isResumed: Bool? = nil) {
        self.version = version
        self.isResumed = isResumed
    }
}

/// Why a connection ended at its handshake.
package struct GateRefusal: Error {
    /// A reason code, from a closed set.
    package let code: String
    /// In words; nil where the code says it all.
    package let meaning: String?
    /// DER; nil where it was not about one.
    package let certificate: [UInt8]?

    package init(code: String, meaning: String? = nil, certificate: [UInt8]? = nil) {
        (self.code, self.meaning, self.certificate) = (code, meaning, certificate)
    }
}

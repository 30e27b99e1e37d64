import BindingPolicy
import ClientIdentity
import NIOCore
import NIOSSL
import ProxyEngine
import Timekeeping

/// One of the listener's identities, as all loops share it: its sessions, and what is accepted as a client certificate there.
struct SiteDoor: Sendable {
    let contexts: ServerTLSContexts
    let authenticator: ClientAuthenticator
    let certificateIsOptional: Bool
}

/// A loop's gate.
final class ConnectionGate: ClientGate {
    private let doors: [SiteDoor]
    private let siteOf: (String?) -> SiteIndex?
    private let eventLoop: any EventLoop
    private let changes: TrustChanges

    /// - Parameter siteOf: the identity that clients mean who ask for this host, or for none.
    init(_ doors: [SiteDoor], siteOf: @escaping (String?) -> SiteIndex?, changes: TrustChanges, on eventLoop: any EventLoop) {
        self.doors = doors
        self.siteOf = siteOf
        self.eventLoop = eventLoop
        self.changes = changes
    }

    var trustChanges: Int { changes.count }

    func site(for serverName: String?) -> SiteIndex? { siteOf(serverName) }

    private func door(at site: SiteIndex?) -> SiteDoor? { site.flatMap { doors.indices.contains($0.position) ? doors[$0.position] : nil } }

    func makeTLS(for site: SiteIndex, asking serverName: String?) throws -> any ClientTLS {
        guard let door = door(at: site) else { throw ChannelError.operationUnsupported }
        return SiteTLS(
            try door.contexts.begin(authenticator: door.authenticator, clock: WallClock.seconds), at: site, asking: serverName,
            certificateIsOptional: door.certificateIsOptional)
    }

    func review(_ certificate: (any ProvenCertificate)?, asking serverName: String?, now: Double) -> AuthenticatedPeer {
        let site = siteOf(serverName)
        return review(certificate, at: door(at: site), now: now).at(site)
    }

    private func review(_ certificate: (any ProvenCertificate)?, at door: SiteDoor?, now: Double) -> AuthenticatedPeer {
        guard let certificate else {
            return door?.certificateIsOptional ?? false ? .anonymous : AuthenticatedPeer(withdrawn: .certificateMissing, thumbprint: nil)
        }
        guard let door, let certificate = certificate as? ClientCertificate else {
            return AuthenticatedPeer(withdrawn: .certificateUntrusted, thumbprint: certificate.thumbprint)
        }
        switch door.authenticator.review(certificate, now: now) {
        case .success(let peer): return peer
        case .failure(let fault):
            return AuthenticatedPeer(withdrawn: fault.denial, thumbprint: certificate.thumbprint, reviewTime: now + fault.durability)
        }
    }

    func identify(shown chain: [[UInt8]]?, asking serverName: String?, now: Double) -> IdentifiedClient {
        let site = siteOf(serverName)
        guard let chain else { return untrusted(at: site, asking: serverName) }
        guard let leaf = chain.first else { return IdentifiedClient(review(nil, asking: serverName, now: now), nil, asking: serverName) }
        guard let door = door(at: site) else { return untrusted(at: site, asking: serverName) }
        let certificates = chain.compactMap { try? NIOSSLCertificate(bytes: $0, format: .der) }
        guard certificates.count == chain.count, let first = certificates.first else {
            return untrusted(at: site, asking: serverName)
        }
        let judged = door.authenticator.verifyHandshake(chain: certificates, now: now)
            .flatMap { door.authenticator.identify(leaf: first, accepted: $0, now: now) }
        switch judged {
        case .success(let identity): return IdentifiedClient(identity.peer.at(site), identity.certificate, asking: serverName)
        case .failure(let fault):
            let peer = AuthenticatedPeer(withdrawn: fault.denial, thumbprint: Thumbprint(ofCertificate: leaf))
            return IdentifiedClient(peer.at(site), nil, asking: serverName)
        }
    }

    private func untrusted(at site: SiteIndex?, asking serverName: String?) -> IdentifiedClient {
        IdentifiedClient(AuthenticatedPeer(withdrawn: .certificateUntrusted, thumbprint: nil).at(site), nil, asking: serverName)
    }

    func question(
        about certificate: (any ProvenCertificate)?, asking serverName: String?, now: Double, for client: any LookupClient
    ) -> (any PendingLookup)? {
        guard let certificate = certificate as? ClientCertificate, let authenticator = door(at: siteOf(serverName))?.authenticator,
            authenticator.reviewNeedsTime(certificate, now: now)
        else { return nil }
        return CertificateLookup(certificate, by: authenticator, now: now, for: client, on: eventLoop)
    }
}

/// TLS of one connection with one of the listener's identities.
private final class SiteTLS: ClientTLS {
    private let handshake: ClientHandshake
    private let site: SiteIndex
    private let serverName: String?
    private let certificateIsOptional: Bool

    init(_ handshake: ClientHandshake, at site: SiteIndex, asking serverName: String?, certificateIsOptional: Bool) {
        self.handshake = handshake
        self.site = site
        self.serverName = serverName
        self.certificateIsOptional = certificateIsOptional
    }

    var handler: NIOSSLServerHandler { handshake.handler }

    var refusal: GateRefusal? { handshake.refusal.map { $0.fault.refusal(of: $0.leaf) } }

    /// Without a certificate the handshake ends where one is required; that it came so far says that none is.
    func identify(now: Double) -> Result<IdentifiedClient, GateRefusal> {
        let leaf = handler.peerCertificate
        if leaf == nil, certificateIsOptional {
            return .success(IdentifiedClient(.anonymous.at(site), nil, asking: serverName, session: session))
        }
        return handshake.identify(now: now)
            .map { IdentifiedClient($0.peer.at(site), $0.certificate, asking: serverName, session: session) }
            .mapError { $0.refusal(of: try? leaf?.toDERBytes()) }
    }

    private var session: TLSSession {
        let version: StaticString? =
            switch handler.tlsVersion {
            case .tlsv12: "1.2"
            case .tlsv13: "1.3"
            default: nil
            }
        return TLSSession(version: version, isResumed: handshake.isResumed)
    }
}

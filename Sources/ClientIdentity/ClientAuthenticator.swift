package import BindingPolicy
import Credentials
package import NIOSSL
import Synchronization

/// Which client certificates a listener accepts (requirements MTLS-15, MTLS-16). There is no default: one of them is said.
package enum ClientTrust: Sendable {
    /// A path to one of these authorities.
    case authorities(CertificatePathValidator)
    /// The same, and the certificate of a workload of this trust domain (X509-SVID section 5).
    case spiffe(CertificatePathValidator, trustDomain: String)
    /// Whatever certificate whose key the client proves, self-signed and expired ones included: the binding of the token is
    /// then the only check (RFC 8705 section 6.2).
    case any

    /// Whether an authority vouches for what a certificate says.
    var vouches: Bool { if case .any = self { false } else { true } }
}

/// Turns the certificate of a connection into an authenticated peer, or refuses it. One for all event loops, so that a session
/// begun on one can be resumed on another; the lock is taken once or twice per connection and held for one look-up.
///
/// Paths are remembered by leaf, once its key is proven, so that a client's next handshake costs a hash and a look-up, and nobody but
/// the holder of a certificate has a say in what is remembered of it. The verdict never includes time, which is compared whenever a path
/// is used. A change of trust takes a new authenticator, by which the connections that there are already are judged again
/// (``review(_:now:)``).
package final class ClientAuthenticator: Sendable {
    /// More leaves than hold a resumable session in one context where contexts are renewed in time (`ContextRenewal`).
    package static let rememberedPaths = 8192
    /// What those may take: two kilobytes each, as a leaf with an intermediate does.
    package static let rememberedOctets = rememberedPaths * 2048

    /// Who is there, and the certificate that says so.
    package struct Identity: Sendable {
        fileprivate let entry: RecentPaths.Entry

        package var peer: AuthenticatedPeer { AuthenticatedPeer(entry) }
        package var certificate: ClientCertificate { entry.certificate }
    }

    private let trust: ClientTrust
    private let denied: DenyList
    private let seen: SeenCertificates?
    private let changes: TrustChanges
    private let readsFacts: Bool
    private let clients: ClientRegistry?
    /// Of proven leaves.
    private let paths: Mutex<RecentPaths>
    private let issuers: Mutex<RecentIssuers>

    /// - Parameters:
    ///   - readsFacts: whether routes or the upstream have a use for what certificates say of their holders.
    ///   - clients: the only ones that are let in; nil for all whose certificates are trusted.
    package init(
        _ trust: ClientTrust, denied: DenyList = .empty, seen: SeenCertificates? = nil, changes: TrustChanges = TrustChanges(),
        readsFacts: Bool = false, clients: ClientRegistry? = nil,
        rememberedPaths: Int = ClientAuthenticator.rememberedPaths,
        octets: Int = ClientAuthenticator.rememberedOctets,
        rememberedIssuers: Int = RecentIssuers.usualLimit
    ) {
        self.trust = trust
        self.denied = denied
        self.seen = seen
        self.changes = changes
        self.readsFacts = readsFacts || clients?.readsFacts == true
        self.clients = clients
        paths = Mutex(RecentPaths(limit: rememberedPaths, octets: octets))
        issuers = Mutex(RecentIssuers(limit: rememberedIssuers))
    }

    /// Judges what the client sent in a full handshake, before the proof of its key is checked. Nothing is remembered yet.
    ///
    /// - Parameters:
    ///   - chain: as received, leaf first.
    ///   - now: seconds since 1970.
    package func verifyHandshake(chain: [NIOSSLCertificate], now: Double) -> Result<Identity, HandshakeFault> {
        guard let leaf = chain.first else { return .failure(.certificateMissing) }
        return presented(leaf, chain.dropFirst()).flatMap { judge($0, now: now, .loop) }
    }

    /// The same with all the time that it takes, for whoever is no event loop: nothing is left undecided.
    package func decideHandshake(chain: [NIOSSLCertificate], now: Double) async -> Result<Identity, HandshakeFault> {
        guard let leaf = chain.first else { return .failure(.certificateMissing) }
        switch presented(leaf, chain.dropFirst()) {
        case .failure(let fault): return .failure(fault)
        case .success(let certificate):
            await settle(certificate, now: now)
            return judge(certificate, now: now, .whatever)
        }
    }

    /// Judges the leaf of an established connection. Must be asked on each one: NIOSSL calls no verification on a resumed
    /// session, which would otherwise outlive its certificate.
    ///
    /// A resumed session shows no intermediates. Where its path is not remembered it is looked for by those that others of its issuer
    /// have shown; where that finds none, it is refused, and its client has to make a full handshake
    /// (``ServerTLSContexts/forgetSessions()``).
    ///
    /// - Parameters:
    ///   - leaf: `NIOSSLHandler.peerCertificate`, on resumed sessions too the certificate of the full handshake.
    ///   - accepted: what ``verifyHandshake(chain:now:)`` said in this very handshake; nil for a resumed session.
    package func identify(leaf: NIOSSLCertificate?, accepted: Identity? = nil, now: Double) -> Result<Identity, HandshakeFault> {
        guard let leaf else { return .failure(.certificateMissing) }
        let isResumed = accepted == nil
        return presented(leaf, []).flatMap { shown in
            let accepted = accepted.flatMap { $0.certificate.thumbprint == shown.thumbprint ? $0 : nil }
            return remembering(judge(accepted?.certificate ?? shown, accepted: accepted, isResumed: isResumed, now: now, .loop))
        }
    }

    /// Judges a connection again that another authenticator, or this one at another time, let in. The verdict is remembered, so that asking
    /// once more costs little.
    package func review(_ certificate: ClientCertificate, now: Double) -> Result<AuthenticatedPeer, HandshakeFault> {
        remembering(judge(certificate, isResumed: true, now: now, .whatever)).map(\.peer)
    }

    /// Finds out whatever ``review(_:now:)`` needs to know. Off the event loops.
    package func settle(_ certificate: ClientCertificate, now: Double) async {
        if case .authorities(let validator) = trust,
            case .success(let path) = validator.validate(
                leaf: certificate.presented.leaf, intermediates: certificate.presented.others, now: now, patience: .loop)
        {
            await withTaskGroup(of: Void.self) { group in
                for inquiry in path.inquiries { group.addTask { await inquiry.desk.settle(inquiry.question) } }
            }
        }
        _ = review(certificate, now: now)
    }

    /// Whether ``review(_:now:)`` may take longer than an event loop can be held up. Then it is to be asked elsewhere first.
    package func reviewNeedsTime(_ certificate: ClientCertificate, now: Double) -> Bool {
        guard case .success(let identity) = remembering(judge(certificate, isResumed: true, now: now, .loop)) else { return false }
        return identity.peer.reviewTime == -.infinity
    }

    private func presented(_ leaf: NIOSSLCertificate, _ others: ArraySlice<NIOSSLCertificate>) -> Result<ClientCertificate, HandshakeFault> {
        do throws(PathFault) {
            return .success(ClientCertificate(try PresentedChain(leaf: leaf, others: others)))
        } catch {
            return .failure(.certificateRefused(error))
        }
    }

    /// For the next handshake of a client that has proven its key.
    private func remembering(_ verdict: Result<Identity, HandshakeFault>) -> Result<Identity, HandshakeFault> {
        guard case .success(let identity) = verdict else { return verdict }
        let entry = identity.entry
        // What is remembered already is what was found.
        guard paths.withLock({ $0.replaces(entry) }) else { return verdict }
        guard entry.certificate.chain.count > 1, let issuer = OpenSSLCertificate(der: entry.certificate.presented.leaf)?.issuer else {
            return verdict
        }
        issuers.withLock { $0.note(Array(entry.certificate.chain.dropFirst()), of: issuer) }
        return verdict
    }

    /// - Parameters:
    ///   - accepted: what was found a moment ago in the same handshake.
    ///   - isResumed: the client could not show intermediates, which it must in a full handshake whatever others have shown.
    private func judge(
        _ certificate: ClientCertificate, accepted: Identity? = nil, isResumed: Bool = false, now: Double,
        _ patience: CertificatePathValidator.Patience
    ) -> Result<Identity, HandshakeFault> {
        let known = paths.withLock { $0.entry(of: certificate.thumbprint) }
        // A remembered path outside its window is not the last word: the CA may have been renewed since.
        if let entry = [accepted?.entry, known].compactMap(\.self).first(where: { $0.holds(at: now, changes: self.changes.count) }) {
            var entry = entry
            entry.certificate = entry.certificate.joined(with: certificate)
            if trust.vouches { seen?.note(entry.certificate) }
            return .success(Identity(entry: entry))
        }
        // Before the look: what changes during it may not have been seen.
        let changes = changes.count
        let certificate = certificate.presented.others.isEmpty ? known?.certificate ?? (isResumed ? resumed(certificate) : certificate) : certificate
        return examine(certificate.presented, now: now, patience)
            .flatMap { path in
                if let fault = path.fault(at: now) { return .failure(fault) }
                let certificate = certificate.on(path)
                if denied.denies(certificate) { return .failure(.denied) }
                // One that is undecided is remembered for its intermediates: the first request asks again, and waits.
                if trust.vouches, !path.isUndecided { seen?.note(certificate) }
                return facts(of: certificate, on: path).map { facts in
                    Identity(entry: RecentPaths.Entry(path: path.remembered, certificate: certificate, facts: facts, changes: changes))
                }
            }
            .mapError(HandshakeFault.certificateRefused)
    }

    /// A resumed session shows no intermediates, and those that were found when it began are forgotten.
    private func resumed(_ certificate: ClientCertificate) -> ClientCertificate {
        guard trust.vouches, let issuer = OpenSSLCertificate(der: certificate.presented.leaf)?.issuer else { return certificate }
        let others = issuers.withLock { $0.intermediates(below: issuer) }
        return others.isEmpty ? certificate : ClientCertificate(PresentedChain(leaf: certificate.presented.leaf, others: others))
    }

    /// Where nobody vouches for a certificate, what it says is nobody's word.
    private func facts(of certificate: ClientCertificate, on path: ValidatedPath) -> Result<CertificateFacts?, PathFault> {
        var facts: CertificateFacts?
        if readsFacts, trust.vouches { facts = OpenSSLCertificate(der: certificate.presented.leaf).map(CertificateFacts.init) }
        guard let clients else { return .success(facts) }
        return clients.standing(of: certificate, on: path, facts).map { (facts ?? CertificateFacts()).of($0) }
    }

    private func examine(
        _ chain: PresentedChain, now: Double, _ patience: CertificatePathValidator.Patience
    ) -> Result<ValidatedPath, PathFault> {
        switch trust {
        case .authorities(let validator):
            return validator.validate(leaf: chain.leaf, intermediates: chain.others, now: now, patience: patience)
        case .spiffe(let validator, let trustDomain):
            return validator.validate(leaf: chain.leaf, intermediates: chain.others, now: now, patience: patience).flatMap { path in
                guard let leaf = OpenSSLCertificate(der: chain.leaf) else { return .failure(.malformed) }
                if let fault = SVIDRules.fault(of: leaf, in: trustDomain) { return .failure(.notSVID(fault)) }
                return .success(path)
            }
        case .any:
            // The certificate is only the container of a key: nobody vouches for its dates.
            if let fault = CertificateLimits.fault(ofLeaf: chain.leaf) { return .failure(fault) }
            return .success(ValidatedPath(window: .always))
        }
    }
}

extension AuthenticatedPeer {
    fileprivate init(_ entry: RecentPaths.Entry) {
        let path = entry.path
        self.init(
            thumbprint: entry.certificate.thumbprint, validFrom: path.window.notBefore, validUntil: path.window.notAfter,
            reviewTime: path.reviewTime, certificate: entry.facts)
    }
}

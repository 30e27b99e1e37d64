import AccessControl
import BindingPolicy
package import ClientIdentity
import Credentials
import Files
import HTTPWire
package import HoldfastConfiguration
import NIOCore
import NIOSSL
import ProxyEngine
import Timekeeping
import TokenValidation

/// Everything a configuration stands for, loaded and fitting together, with nothing started yet: every file it names has
/// been read and understood. The event loops make what they own from it.
///
/// A class, since it is large and many hold it: copies of it in the frame of `explain` came to 47 KB, which the compiler (Swift 6.3.1)
/// then measured wrongly, so that the frame's end was written beyond.
package final class Blueprint: Sendable {
    let configuration: HoldfastConfiguration
    /// Of the configuration's text and the files it names: what is told of a generation, so that it can be known again.
    package var digest: String { contents.description }
    private let contents: ContentDigest
    let tls: ServerTLS
    let trust: ClientIdentity.ClientTrust
    let denied: DenyList
    let issuers: [IssuerPlan]
    let strips: StripList
    let settings: EngineSettings
    let access: AccessControl
    let metadata: ResourceMetadata?
    /// Where requests go whose route names no upstream.
    let upstream: UpstreamPlan
    /// All of them.
    var upstreams: [UpstreamPlan] { [upstream] }
    package let descriptors: DescriptorPlan
    /// Of the listener's own certificate, for `check` and the log.
    package let serverCertificate: CertificateSummary
    package let clientAuthorities: [CertificateSummary]
    let review: CredentialReview

    /// Finds every mistake that only the contents of the named files show.
    ///
    /// - Parameters:
    ///   - descriptorLimit: how many this process can have open.
    ///   - inherited: how many it has.
    package init(
        _ configuration: HoldfastConfiguration, descriptorLimit: Int = DescriptorLimit.reachable, inherited: Int = DescriptorLimit.countInherited()
    ) throws(ConfigurationMistakes) {
        var mistakes = MistakeCollector()
        let contents = ContentDigest(of: configuration.text, configuration.namedFiles)
        let descriptors = DescriptorPlan(DescriptorPlan.Demand(configuration, inherited: inherited), limit: descriptorLimit)
        var questions = descriptors.questions[...]
        let credentials = mistakes.load(configuration.listener.identity, shownFor: configuration.listener.hosts)
        let anchors = Self.anchors(configuration, &mistakes)
        let denied = configuration.denyList.map { file in mistakes.load(file) { () throws(CredentialFault) in try DenyList(file: file.path) } }
        let issuers = configuration.tokens.map {
            IssuerPlan($0, claimNames: configuration.claimNames, questions: $0.introspection.flatMap { _ in questions.popFirst() } ?? 0, &mistakes)
        }
        let target = Self.target(configuration.upstream, SocketRoom(descriptors.upstreamSockets), &mistakes)
        let rewrite = RequestRewrite(
            pseudonym: Self.pseudonym, removesAuthorization: configuration.forward.authorization == .remove,
            defaultHost: configuration.upstream.hostField)
        let strips = Self.strips(configuration)
        if strips == nil { mistakes.add(configuration, "forward", "The names to strip or the thumbprint header are not possible field names.") }
        if contents != ContentDigest(of: configuration.text, configuration.namedFiles) {
            mistakes.add(configuration, "", "A file that it names was written while it was read. Try again.")
        }
        guard mistakes.isEmpty, let credentials, let trust = anchors.trust, let target, let strips, let rewrite else {
            throw mistakes.error(configuration)
        }
        self.configuration = configuration
        self.contents = contents
        tls = ServerTLS(
            credentials, anchors: anchors.anchors, minimumVersion: configuration.listener.minimumTLS == .tls13 ? .tlsv13 : .tlsv12,
            certificateIsOptional: configuration.routes.contains { $0.policy.requirement == .nothing },
            onlyRSASuites: configuration.listener.onlyRSASuites, onlyPostQuantum: configuration.listener.keyExchange == .postQuantumOnly,
            resumption: configuration.listener.resumption)
        self.trust = trust
        self.denied = (denied ?? nil) ?? .empty
        self.issuers = issuers
        self.strips = strips
        metadata = try? ResourceMetadata(configuration)
        settings = EngineSettings(configuration, rewrite: rewrite, metadata: metadata)
        self.descriptors = descriptors
        access = AccessControl(configuration, pseudonym: Self.pseudonym, metadata: metadata)
        upstream = UpstreamPlan(.default, configuration.upstream, target: target, descriptors)
        serverCertificate = credentials.summary
        clientAuthorities = anchors.anchors?.summaries ?? []
        review = mistakes.review
    }

    /// Of this process alone, so that a request that comes back to it is known from one that passed another Holdfast.
    private static let pseudonym = "holdfast-" + String(UInt32.random(in: .min ... .max), radix: 36)

    // MARK: Parts

    /// Whatever the upstream is to believe comes from us alone: clients' fields of those names go, and of their families.
    private static func strips(_ configuration: HoldfastConfiguration) -> StripList? {
        let forward = configuration.forward
        let address = forward.clientAddress == .xForwarded ? ["X-Forwarded-For", "X-Forwarded-Proto"] : []
        return try? StripList(
            trustedHeader: forward.thumbprintHeader, dialects: forward.certificate, additional: forward.strip,
            set: forward.claims.map(\.header) + address + [EngineSettings.reportHeader], kept: forward.keep,
            managesInteractionID: forward.interactionID != .pass)
    }

    private static func anchors(
        _ configuration: HoldfastConfiguration, _ mistakes: inout MistakeCollector
    ) -> (trust: ClientIdentity.ClientTrust?, anchors: TrustAnchors?) {
        switch configuration.clientTrust {
        case .any: return (.any, nil)
        case .authorities(let parts, let usage):
            var revocation: [[UInt8]: RevocationPolicy] = [:]
            var read: [TrustAnchors] = []
            for part in parts {
                let anchors = mistakes.loadAuthorities(part.file)
                let policy = part.revocation.flatMap { mistakes.load($0) }
                guard let anchors else { continue }
                read.append(anchors)
                if let policy { for der in anchors.certificates { revocation[der] = policy } }
            }
            guard let first = parts.first?.file, let authorities = TrustAnchors(read) else { return (nil, nil) }
            let anchors = mistakes.loadIntermediates(configuration.intermediates, below: authorities)
            let validator = mistakes.load(first) { () throws(CredentialFault) in
                try CertificatePathValidator(anchors, of: usage == .any ? .anybody : .clients, revocation: revocation)
            }
            return (validator.map { .authorities($0) }, anchors)
        }
    }

    private static func target(
        _ upstream: HoldfastConfiguration.Upstream, _ sockets: SocketRoom, _ mistakes: inout MistakeCollector
    ) -> UpstreamTarget? {
        let address: UpstreamTarget.Address =
            switch upstream.destination {
            case .tcp(let host, let port): .host(host, port: port)
            case .unix(let path): .unixSocket(path)
            }
        guard let tls = upstream.tls else { return UpstreamTarget(address: address, tls: nil, sockets: sockets) }
        let credentials = tls.identity.flatMap { mistakes.load($0, shownFor: nil) }
        do throws(CredentialFault) {
            let client = try UpstreamTLS(
                host: tls.serverName, authoritiesFile: tls.certificateAuthorities?.path, credentials: credentials, clock: WallClock.seconds)
            if let file = tls.certificateAuthorities, let anchors = client.anchors { mistakes.watch(authorities: file, anchors) }
            return UpstreamTarget(
                address: address,
                tls: .init(
                    makeHandler: { verdict in try client.makeHandler { verdict.refuse($0) } }, fault: { client.fault(of: $0) }), sockets: sockets)
        } catch {
            mistakes.add(tls.certificateAuthorities, error)
            return nil
        }
    }
}

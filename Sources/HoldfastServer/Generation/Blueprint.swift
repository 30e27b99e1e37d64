import AccessControl
import BindingPolicy
package import HoldfastConfiguration
package import ClientIdentity
import Credentials
import Files
import HTTPWire
import NIOCore
import NIOSSL
import ProxyEngine
import TokenValidation

/// Everything a configuration stands for, loaded and fitting together, with nothing started yet: every file it names has
/// been read and understood. The event loops make what they own from it.
///
/// A class, since it is large and many hold it: copies of it in the frame of `explain` came to 47 KB, which the compiler (Swift 6.3.1)
/// then measured wrongly, so that the frame's end was written beyond.
package final class Blueprint: Sendable {
    let configuration: HoldfastConfiguration
    let tls: ServerTLS
    let trust: ClientIdentity.ClientTrust
    let policies: [IssuerPolicy]
    /// By the issuer's position; nil for those whose tokens need no keys.
    let keySources: [KeySetKeeper.Source?]
    /// CAs for fetching from each issuer, trusted besides the system's; by its position.
    let issuerAuthorities: [[NIOSSLCertificate]]
    /// By the issuer's position; nil for those whose keys are not in a file.
    let keyFiles: [KeySetReport?]
    /// By the issuer's position; nil for those that are not asked about tokens.
    let introspection: [IntrospectionPlan?]
    let strips: StripList
    let settings: EngineSettings
    let access: AccessControl
    let metadata: ResourceMetadata?
    let target: UpstreamTarget
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
        let descriptors = DescriptorPlan(DescriptorPlan.Demand(configuration, inherited: inherited), limit: descriptorLimit)
        var questions = descriptors.questions[...]
        let credentials = mistakes.load(configuration.listener.identity, shownFor: configuration.listener.hosts)
        let anchors = Self.anchors(configuration, &mistakes)
        let issuers = configuration.tokens.map {
            Self.issuer($0, claimNames: configuration.claimNames, questions: $0.introspection.flatMap { _ in questions.popFirst() } ?? 0, &mistakes)
        }
        let target = Self.target(configuration.upstream, SocketRoom(descriptors.upstreamSockets), &mistakes)
        let rewrite = RequestRewrite(
            pseudonym: Self.pseudonym, removesAuthorization: configuration.forward.authorization == .remove,
            defaultHost: configuration.upstream.hostField)
        let strips = Self.strips(configuration)
        if strips == nil { mistakes.add(configuration, "forward", "The names to strip or the thumbprint header are not possible field names.") }
        guard mistakes.isEmpty, let credentials, let trust = anchors.trust, let target, let strips, let rewrite else {
            throw mistakes.error(configuration)
        }
        self.configuration = configuration
        tls = ServerTLS(
            credentials, anchors: anchors.anchors, minimumVersion: configuration.listener.minimumTLS == .tls13 ? .tlsv13 : .tlsv12,
            certificateIsOptional: configuration.routes.contains { $0.policy.requirement == .nothing },
            onlyRSASuites: configuration.listener.onlyRSASuites, onlyPostQuantum: configuration.listener.keyExchange == .postQuantumOnly,
            resumption: configuration.listener.resumption)
        self.trust = trust
        policies = issuers.map(\.policy)
        keySources = issuers.map(\.source)
        issuerAuthorities = issuers.map(\.authorities)
        keyFiles = issuers.map(\.keyFile)
        introspection = issuers.map(\.introspection)
        self.strips = strips
        metadata = try? ResourceMetadata(configuration)
        settings = EngineSettings(configuration, rewrite: rewrite, metadata: metadata, descriptors: descriptors)
        self.descriptors = descriptors
        access = AccessControl(configuration, policies: policies, pseudonym: Self.pseudonym, metadata: metadata)
        self.target = target
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
            trustedHeader: forward.thumbprintHeader, additional: forward.strip,
            set: forward.claims.map(\.header) + address + [EngineSettings.reportHeader], kept: forward.keep,
            managesInteractionID: forward.interactionID != .pass)
    }

    private static func anchors(
        _ configuration: HoldfastConfiguration, _ mistakes: inout MistakeCollector
    ) -> (trust: ClientIdentity.ClientTrust?, anchors: TrustAnchors?) {
        switch configuration.clientTrust {
        case .any: return (.any, nil)
        case .authorities(let file):
            let anchors = mistakes.loadAuthorities(file)
            let validator = anchors.flatMap { anchors in
                mistakes.load(file) { () throws(CredentialFault) in try CertificatePathValidator(anchors) }
            }
            return (validator.map { .authorities($0) }, anchors)
        }
    }

    private struct Issuer {
        let policy: IssuerPolicy
        let source: KeySetKeeper.Source?
        let authorities: [NIOSSLCertificate]
        let keyFile: KeySetReport?
        let introspection: IntrospectionPlan?
    }

    private static func issuer(
        _ issuer: HoldfastConfiguration.TokenIssuer, claimNames: [String], questions: Int, _ mistakes: inout MistakeCollector
    ) -> Issuer {
        let authorities = issuer.certificateAuthorities.flatMap { mistakes.loadAuthorities($0)?.forTLS }
        let source: KeySetKeeper.Source? =
            switch issuer.keys {
            case .file(let file): .file(file.path)
            case .discovered(let url): .discovered(from: url)
            case .url(let url): .url(url)
            case .none: nil
            }
        var keyFile: KeySetReport?
        if case .file(let file) = issuer.keys { keyFile = report(onKeyFile: file, &mistakes) }
        let policy = IssuerPolicy(issuer, claimNames: claimNames)
        let plan = issuer.introspection.flatMap {
            IntrospectionPlan($0, authorities: authorities ?? [], anyMediaType: issuer.keysMediaType == .any, maxConcurrent: questions, &mistakes)
        }
        return Issuer(policy: policy, source: source, authorities: authorities ?? [], keyFile: keyFile, introspection: plan)
    }

    /// A key file is there at start or never: unlike an issuer that is down, it will not come back by itself.
    private static func report(onKeyFile path: LocatedPath, _ mistakes: inout MistakeCollector) -> KeySetReport? {
        var file = KeySetFile(path: path.path)
        do throws(KeySetKeeper.Fault) {
            return try file.keySet().report
        } catch {
            let problem: String =
                switch error {
                case .keySet(_, let fault): fault.words
                case .file(_, let fault): fault.problem
                case .fetch, .metadata: error.words
                }
            mistakes.add(path, "\(problem); write the content of the issuer's `jwks_uri` into it")
            return nil
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
                host: tls.serverName, authoritiesFile: tls.certificateAuthorities?.path, credentials: credentials, clock: EngineLoop.wallClock)
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

package import HoldfastConfiguration
package import ClientIdentity
import HTTPWire
import NIOCore
import NIOSSL
import ProxyEngine
import TokenValidation

/// Everything a configuration stands for, loaded and fitting together, with nothing started yet: every file it names has
/// been read and understood. The event loops make what they own from it.
package struct Blueprint: Sendable {
    let configuration: HoldfastConfiguration
    let tls: ServerTLS
    let trust: ClientIdentity.ClientTrust
    let policies: [IssuerPolicy]
    let keySources: [KeySetKeeper.Source]
    let strips: StripList
    let settings: EngineSettings
    let target: UpstreamTarget
    /// Of the listener's own certificate, for `check` and the log.
    package let serverCertificate: CertificateSummary
    package let clientAuthorities: [CertificateSummary]

    /// Finds every mistake that only the contents of the named files show.
    package init(_ configuration: HoldfastConfiguration) throws(ConfigurationMistakes) {
        var mistakes = MistakeCollector()
        let credentials = mistakes.load(configuration.listener.identity)
        let anchors = Self.anchors(configuration, &mistakes)
        let issuers = configuration.tokens.map { Self.issuer($0, &mistakes) }
        let target = Self.target(configuration.upstream, &mistakes)
        let rewrite = RequestRewrite(
            pseudonym: Self.pseudonym, removesAuthorization: configuration.forward.authorization == .remove)
        let strips = try? StripList(trustedHeader: configuration.forward.thumbprintHeader, additional: configuration.forward.strip)
        if strips == nil { mistakes.add(configuration, "forward", "The names to strip or the thumbprint header are not possible field names.") }
        guard mistakes.isEmpty, let credentials, let trust = anchors.trust, let target, let strips, let rewrite else {
            throw mistakes.error(configuration)
        }
        self.configuration = configuration
        tls = ServerTLS(
            credentials, anchors: anchors.anchors, minimumVersion: configuration.listener.minimumTLS == .tls13 ? .tlsv13 : .tlsv12)
        self.trust = trust
        policies = issuers.map(\.policy)
        keySources = issuers.compactMap(\.source)
        self.strips = strips
        settings = EngineSettings(configuration, rewrite: rewrite, pseudonym: Self.pseudonym)
        self.target = target
        serverCertificate = credentials.summary
        clientAuthorities = anchors.anchors?.summaries ?? []
    }

    /// Of this process alone, so that a request that comes back to it is known from one that passed another Holdfast.
    private static let pseudonym = "holdfast-" + String(UInt32.random(in: .min ... .max), radix: 36)

    // MARK: Parts

    private static func anchors(
        _ configuration: HoldfastConfiguration, _ mistakes: inout MistakeCollector
    ) -> (trust: ClientIdentity.ClientTrust?, anchors: TrustAnchors?) {
        switch configuration.clientTrust {
        case .any: return (.any, nil)
        case .authorities(let file):
            let anchors = mistakes.load(file) { () throws(CredentialFault) in try TrustAnchors(file: file.path) }
            let validator = anchors.flatMap { anchors in
                mistakes.load(file) { () throws(CredentialFault) in try CertificatePathValidator(anchors) }
            }
            return (validator.map { .authorities($0) }, anchors)
        }
    }

    private static func issuer(
        _ issuer: HoldfastConfiguration.TokenIssuer, _ mistakes: inout MistakeCollector
    ) -> (policy: IssuerPolicy, source: KeySetKeeper.Source?) {
        let policy = IssuerPolicy(
            issuer: issuer.issuer.text, audiences: issuer.audiences,
            algorithms: issuer.algorithms.compactMap { SignatureAlgorithm(rawValue: $0.rawValue) },
            type: issuer.type == .any ? .any : .accessToken, expiryLeeway: issuer.leeway.seconds)
        if let authorities = issuer.certificateAuthorities {
            _ = mistakes.load(authorities) { () throws(CredentialFault) in try TrustAnchors(file: authorities.path) }
        }
        switch issuer.keys {
        case .file(let file):
            if let problem = Self.problem(ofKeyFile: file.path) { mistakes.add(file, problem) }
            return (policy, .file(file.path))
        case .discovered: return (policy, .discovered(issuer: issuer.issuer.text))
        case .url(let url): return (policy, FetchURL(url.text).map { .url($0) })
        case .none: return (policy, nil)
        }
    }

    /// A key file is there at start or never: unlike an issuer that is down, it will not come back by itself.
    private static func problem(ofKeyFile path: String) -> String? {
        var file = KeySetFile(path: path)
        do {
            guard let content = try file.readIfChanged() else { return nil }
            let keys = try KeySet(content)
            return keys.count > 0 ? nil : "holds no key that tokens can be verified with"
        } catch {
            return "is not a JSON Web Key Set with usable keys (\(error)); write the content of the issuer's `jwks_uri` into it"
        }
    }

    private static func target(
        _ upstream: HoldfastConfiguration.Upstream, _ mistakes: inout MistakeCollector
    ) -> UpstreamTarget? {
        let address: UpstreamTarget.Address =
            switch upstream.destination {
            case .tcp(let host, let port): .host(host, port: port)
            case .unix(let path): .unixSocket(path)
            }
        guard let tls = upstream.tls else { return UpstreamTarget(address: address, tls: nil) }
        let credentials = tls.identity.flatMap { mistakes.load($0) }
        do throws(CredentialFault) {
            let client = try UpstreamTLS(host: tls.serverName, authoritiesFile: tls.certificateAuthorities?.path, credentials: credentials)
            return UpstreamTarget(address: address, tls: .init(makeHandler: { try client.makeHandler() }, accepts: { client.isNamed($0) }))
        } catch {
            mistakes.add(tls.certificateAuthorities, error)
            return nil
        }
    }
}

/// Gathers what is wrong with files, so that all of it is told at once.
private struct MistakeCollector {
    private var mistakes: [ConfigurationMistake] = []

    var isEmpty: Bool { mistakes.isEmpty }

    mutating func load<Value>(_ file: LocatedPath, _ body: () throws(CredentialFault) -> Value) -> Value? {
        do throws(CredentialFault) {
            return try body()
        } catch {
            add(file, error)
            return nil
        }
    }

    mutating func load(_ pair: HoldfastConfiguration.KeyPair) -> ServerCredentials? {
        do throws(CredentialFault) {
            return try ServerCredentials(certificateFile: pair.certificate.path, keyFile: pair.privateKey.path)
        } catch {
            add(error.file == pair.privateKey.path ? pair.privateKey : pair.certificate, error)
            return nil
        }
    }

    mutating func add(_ file: LocatedPath?, _ fault: CredentialFault) {
        guard let file else {
            mistakes.append(ConfigurationMistake(file: fault.file, position: nil, keyPath: "", message: "This file \(fault.problem)."))
            return
        }
        let subject = fault.file == file.path ? "This file" : "`\(fault.file)`"
        mistakes.append(file.mistake("\(subject) \(fault.problem)."))
    }

    mutating func add(_ file: LocatedPath, _ problem: String) { mistakes.append(file.mistake("This file \(problem).")) }

    mutating func add(_ configuration: HoldfastConfiguration, _ keyPath: String, _ message: String) {
        mistakes.append(ConfigurationMistake(file: configuration.file, position: nil, keyPath: keyPath, message: message))
    }

    func error(_ configuration: HoldfastConfiguration) -> ConfigurationMistakes {
        ConfigurationMistakes(
            isEmpty ? [ConfigurationMistake(file: configuration.file, position: nil, keyPath: "", message: "The configuration cannot be used.")] : mistakes)
    }
}

extension Duration {
    var seconds: Double { self / .seconds(1) }
    var timeAmount: TimeAmount { .nanoseconds(Int64(components.seconds) * 1_000_000_000 + components.attoseconds / 1_000_000_000) }
}

extension EngineSettings {
    fileprivate init(_ configuration: HoldfastConfiguration, rewrite: RequestRewrite, pseudonym: String) {
        var limits = WireLimits.request
        limits.head = configuration.listener.maxHead
        let loops = configuration.loopCount
        self.init(
            limits: limits, rewrite: rewrite,
            handshakeTimeout: configuration.listener.handshakeTimeout.timeAmount,
            headTimeout: configuration.listener.headTimeout.timeAmount,
            idleTimeout: configuration.listener.idleTimeout.timeAmount,
            bodyTimeout: configuration.listener.bodyTimeout.timeAmount,
            responseTimeout: configuration.upstream.responseTimeout.timeAmount,
            connectTimeout: configuration.upstream.connectTimeout.timeAmount,
            upstreamIdleTimeout: configuration.upstream.idleTimeout.timeAmount,
            connectionsPerLoop: max(1, (configuration.listener.maxConnections + loops - 1) / loops),
            upstreamConnectionsPerLoop: configuration.upstream.maxConnections,
            addsForwardedFor: configuration.forward.clientAddress == .xForwarded,
            thumbprintHeader: configuration.forward.thumbprintHeader, viaPseudonym: pseudonym,
            realm: configuration.resource?.identifier.text ?? "holdfast", accessLog: configuration.log.access)
    }
}

import BindingPolicy
import ClientIdentity
import HTTPWire
import HoldfastConfiguration
import NIOCore
import ProxyEngine
import Telemetry

extension HTTP2Limits {
    fileprivate init(_ configuration: HoldfastConfiguration.HTTP2) {
        self.init()
        streams = configuration.maxStreams
        resets = configuration.maxResets
        streamErrors = configuration.maxStreamErrors
        continuations = configuration.maxContinuations
        glitches = configuration.maxGlitches
        interval = configuration.interval.timeAmount
        streamWindow = configuration.streamWindow
        connectionWindow = configuration.connectionWindow
    }
}

extension EngineSettings {
    /// Nothing is offered that no route takes up.
    private static func webSocketAccept(_ configuration: HoldfastConfiguration) -> (@Sendable ([UInt8]) -> [UInt8])? {
        guard configuration.routes.contains(where: { $0.policy.upgrade != nil }) else { return nil }
        return { WebSocketAccept.value(of: $0) }
    }

    init(
        _ configuration: HoldfastConfiguration, metadata: ResourceMetadata?, context: ContextSigner?
    ) {
        var limits = WireLimits.request
        limits.head = configuration.listener.maxHead
        limits.target = configuration.listener.maxTarget
        limits.fields = configuration.listener.maxFields
        self.init(
            limits: limits,
            handshakeTimeout: configuration.listener.handshakeTimeout.timeAmount,
            headTimeout: configuration.listener.headTimeout.timeAmount,
            idleTimeout: configuration.listener.idleTimeout.timeAmount,
            bodyTimeout: configuration.listener.bodyTimeout.timeAmount,
            minimumBodyRate: configuration.listener.minimumBodyRate,
            responseTimeout: configuration.upstream.responseTimeout.timeAmount,
            forwarded: ForwardedFields(configuration.forward.clientAddress),
            thumbprintHeader: configuration.forward.thumbprintHeader,
            challenge: ChallengeTerms(realm: configuration.resource?.identifier.text ?? "holdfast", metadata: metadata?.url),
            accessLog: configuration.log.access
                ? AccessForm(configuration.log.format, omit: configuration.log.omitted, add: configuration.log.added) : nil,
            page: metadata?.page,
            forwardedClaims: configuration.forward.claims.map { claim in
                ForwardedClaim(claim.claim, header: claim.header, isOfScopes: configuration.scopeClaims.contains(claim.claim.text))
            },
            certificateFields: Self.certificateFields(configuration),
            forwardedClient: Self.forwardedClient(configuration.forward),
            context: Self.context(context), webSocketAccept: Self.webSocketAccept(configuration),
            interactionID: InteractionIDMode(configuration.forward.interactionID), errorBody: ErrorBody(configuration.forward.errorBody))
        protocols = configuration.listener.protocols
        http2 = HTTP2Limits(configuration.listener.http2)
        refusesClaimedIdentity = configuration.decisions?.claimedIdentity != .frontRemoves
        continuesTraces = configuration.forward.trace == .continue
        spans = configuration.otlp?.sampling
        let listener = configuration.listener
        // What a client calls us is its choice, and not said.
        spanServer = (listener.hosts.count == 1 ? listener.hosts[0] : listener.address.host, listener.address.port)
        connectionLife = ConnectionLife.Bounds(
            age: configuration.listener.maxConnectionAge?.timeAmount, requests: configuration.listener.maxConnectionRequests)
        proxyPeers = configuration.listener.proxyPeers
        maxBody = configuration.listener.maxBody
        clientLimits = ClientLimits(configuration.limits)
    }
}

extension ClientLimits {
    fileprivate init(_ configured: HoldfastConfiguration.Limits) {
        self.init()
        connections = configured.connections
        requests = configured.requests
        rate = configured.rate.map { RequestAllowance.Rate(perSecond: Double($0.requests) / $0.per.seconds, burst: $0.burst) }
        subject = configured.rate?.subject == .clientID ? .clientID : .certificate
    }
}

extension ForwardedFields {
    fileprivate init(_ configured: HoldfastConfiguration.Forward.ClientAddress) {
        switch configured {
        case .xForwarded: self = .address
        case .xForwardedAll: self = [.address, .host]
        case .forwarded: self = .standard
        case .both: self = [.address, .host, .standard]
        case .none: self = []
        }
    }
}

extension EngineSettings {
    private static func certificateFields(_ configuration: HoldfastConfiguration) -> CertificateFields? {
        guard !configuration.forward.certificate.isEmpty else { return nil }
        let forwarding = CertificateForwarding(configuration.forward.certificate, isValidated: !configuration.trusts.contains { $0.trust == .any })
        return { certificate, fault in forwarding.lines(of: certificate, fault: fault) }
    }
}

extension EngineSettings {
    private static func context(_ signer: ContextSigner?) -> (@Sendable (RequestContext) -> [UInt8])? {
        guard let signer else { return nil }
        return { context in signer.line(of: context) }
    }

    private static func forwardedClient(_ forward: HoldfastConfiguration.Forward) -> ForwardedClient? {
        guard !forward.client.isEmpty else { return nil }
        return ForwardedClient(forward.client.map { field in (ForwardedClient.Fact(field.fact), field.header) })
    }
}

extension ForwardedClient.Fact {
    fileprivate init(_ configured: HoldfastConfiguration.Forward.ClientFact) {
        switch configured {
        case .id: self = .id
        case .organization: self = .organization
        case .roles: self = .roles
        case .spiffeID: self = .spiffeID
        }
    }
}

extension EngineSettings.InteractionIDMode {
    fileprivate init(_ configured: HoldfastConfiguration.InteractionID) {
        switch configured {
        case .pass: self = .pass
        case .echo: self = .echo
        case .require: self = .require
        }
    }
}

extension ErrorBody {
    fileprivate init(_ configured: HoldfastConfiguration.ErrorBody) {
        switch configured {
        case .problem: self = .problem
        case .uk: self = .uk
        case .brazil: self = .brazil
        case .cdr: self = .cdr
        }
    }
}

import BindingPolicy
import ClientIdentity
import Credentials
import HTTPWire
import HoldfastConfiguration
import NIOSSL
import ProxyEngine
import Timekeeping

/// One upstream as the configuration has it, with every file for it read: its name, the way to it, and what it is given.
struct UpstreamPlan: Sendable {
    let name: UpstreamName
    let url: String
    let target: UpstreamTarget
    /// Of requests for each host, where the server's name is theirs.
    let targets: [String: UpstreamTarget]
    let limits: UpstreamLimits
    let terms: UpstreamTerms
    /// Its addresses, and what is found of them.
    let watched: WatchedUpstream
    let resolveEvery: Duration?
    /// What they are asked; nil where only a connection is opened.
    let check: UpstreamCheck?
    /// What its connections are made of: those of two that are equal serve for both.
    let likeness: Likeness

    struct Likeness: Hashable, Sendable {
        let url: String
        let tls: String
        let files: ContentDigest
        let limits: UpstreamLimits
    }

    /// Nil where any file of it cannot be used; each says so.
    ///
    /// - Parameters:
    ///   - pseudonym: what `Via` calls us.
    ///   - sockets: the process's, for all upstreams.
    ///   - board: the process's.
    init?(
        _ configured: HoldfastConfiguration.Upstream, _ forward: HoldfastConfiguration.Forward, pseudonym: String, _ descriptors: DescriptorPlan,
        _ sockets: SocketRoom, _ board: UpstreamBoard, _ mistakes: inout MistakeCollector
    ) {
        let credentials = configured.credentialsFile.map { file in
            mistakes.loadSecret(file) { () throws(CredentialFault) in try UpstreamCredentials(file: file.path) }
        }
        let names = configured.tls.map { $0.hosts.isEmpty ? [$0.serverName] : $0.hosts } ?? [""]
        var targets: [String: UpstreamTarget] = [:]
        for name in names where targets[name] == nil { targets[name] = Self.target(configured, name, sockets, &mistakes) }
        guard let target = names.first.flatMap({ targets[$0] }), targets.count == Set(names).count,
            let rewrite = Self.rewrite(configured, forward, pseudonym),
            credentials.map({ $0 != nil }) ?? true
        else { return nil }
        name = configured.name
        url = configured.url
        self.target = target
        self.targets = configured.tls?.hosts.isEmpty == false ? targets : [:]
        var terms = UpstreamTerms(
            rewrite: rewrite, credentials: (credentials ?? nil)?.line ?? [], response: configured.responseTimeout.timeAmount,
            firstOctet: configured.firstOctetTimeout.timeAmount)
        terms.compression = configured.compression
        self.terms = terms
        watched = board.upstream(configured)
        resolveEvery = configured.resolveEvery
        let (host, line) = (Self.host(configured, forward), terms.credentials)
        let isHTTP2 = configured.protocol != .http1
        check = configured.health.check.map { UpstreamCheck($0, host: host, credentials: line, http2: isHTTP2 ? target.tls != nil : nil) }
        let connections = descriptors.upstreamShare(of: configured.maxConnections)
        limits = UpstreamLimits(
            connections: connections,
            // Where there are fewer connections than configured, its share of them.
            connectionsPerClient: max(1, configured.maxConnectionsPerClient * connections / configured.maxConnections),
            connectTimeout: configured.connectTimeout.timeAmount, idleTimeout: configured.idleTimeout.timeAmount,
            queueTimeout: configured.queueTimeout.timeAmount,
            addresses: AddressTerms(
                order: configured.balance == .roundRobin ? .roundRobin : .leastConnections, failures: configured.health.failures,
                rest: configured.health.rest.timeAmount, slowStart: configured.slowStart.timeAmount),
            isolates: configured.isolation == .certificate, tolerance: ResponseTolerance(configured.tolerated.map(\.tolerance)),
            protocol: configured.protocol.spoken)
        likeness = Likeness(
            url: configured.url,
            tls: configured.tls.map { "\($0.serverName) \($0.hosts) \($0.minimumVersion) \($0.suites) \($0.renegotiation) \($0.identity == nil)" }
                ?? "",
            files: ContentDigest(of: configured.tlsFiles), limits: limits)
    }

    /// - Parameter host: of the requests, where the server's name is theirs.
    func addresses(_ list: UpstreamAddressList, for host: String? = nil) -> [UpstreamAddress] {
        list.entries.map { UpstreamAddress($0, of: host.flatMap { targets[$0] } ?? target, patience: limits.connectTimeout) }
    }

    private static func rewrite(
        _ configured: HoldfastConfiguration.Upstream, _ forward: HoldfastConfiguration.Forward, _ pseudonym: String
    ) -> RequestRewrite? {
        RequestRewrite(
            pseudonym: pseudonym, removesAuthorization: forward.authorization == .remove, defaultHost: host(configured, forward),
            replacesHost: forward.host != .keep, addsVia: forward.via)
    }

    /// What requests are for that name no host of their own.
    private static func host(_ configured: HoldfastConfiguration.Upstream, _ forward: HoldfastConfiguration.Forward) -> String {
        if case .name(let name) = forward.host { name } else { configured.hostField }
    }

    private static func target(
        _ upstream: HoldfastConfiguration.Upstream, _ serverName: String, _ sockets: SocketRoom, _ mistakes: inout MistakeCollector
    ) -> UpstreamTarget? {
        let address = UpstreamTarget.Address(upstream.destination)
        guard let tls = upstream.tls else { return UpstreamTarget(address: address, tls: nil, sockets: sockets) }
        let credentials = tls.identity.flatMap { mistakes.load($0, shownFor: nil) }
        do throws(CredentialFault) {
            let client = try UpstreamTLS(
                host: serverName, authoritiesFile: tls.certificateAuthorities?.path, credentials: credentials,
                terms: UpstreamTLS.Terms(tls, isHTTP2: upstream.protocol == .h2),
                clock: WallClock.seconds)
            if let file = tls.certificateAuthorities, let anchors = client.anchors { mistakes.watch(authorities: file, anchors) }
            return UpstreamTarget(
                address: address,
                tls: .init(
                    makeHandler: { verdict in try client.makeHandler { verdict.refuse($0) } }, fault: { client.fault(of: $0) },
                    applicationProtocol: upstream.protocol == .h2 ? upstream.protocol.rawValue : nil), sockets: sockets)
        } catch {
            mistakes.add(tls.certificateAuthorities, error)
            return nil
        }
    }
}

extension HoldfastConfiguration.Upstream.Tolerated {
    var tolerance: ResponseTolerance {
        switch self {
        case .repeatedChunked: .repeatedChunked
        case .lengthBesideChunked: .lengthBesideChunked
        case .chunkedInHTTP10: .chunkedInHTTP10
        case .bareLF: .bareLF
        case .controlCharacters: .controlCharacters
        }
    }
}

extension HoldfastConfiguration.Upstream.`Protocol` {
    fileprivate var spoken: UpstreamProtocol {
        switch self {
        case .http1: .http1
        case .h2: .http2
        case .h2c: .cleartextHTTP2
        }
    }
}

extension UpstreamTLS.Terms {
    fileprivate init(_ configured: HoldfastConfiguration.Upstream.TLS, isHTTP2: Bool) {
        self.init()
        if isHTTP2 { applicationProtocol = "h2" }
        minimumVersion =
            switch configured.minimumVersion {
            case .tls10: .tlsv1
            case .tls11: .tlsv11
            case .tls12: .tlsv12
            case .tls13: .tlsv13
            }
        allowsLegacySuites = configured.suites == .legacy
        renegotiation =
            switch configured.renegotiation {
            case .never: .none
            case .once: .once
            case .always: .always
            }
    }
}

extension HoldfastConfiguration.Upstream {
    /// What a request is for that names no host itself.
    fileprivate var hostField: String {
        guard case .tcp(let host, let port) = destination else { return "localhost" }
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (tls == nil ? 80 : 443) ? name : "\(name):\(port)"
    }
}

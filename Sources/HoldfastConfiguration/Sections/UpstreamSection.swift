internal import BindingPolicy
import HTTPWire

extension HoldfastConfiguration.Upstream {
    private enum Cleartext: String, CaseIterable {
        case loopbackOnly = "loopback-only"
        case allowed
    }

    private static let tlsKeys = [
        "certificate_authorities", "certificate", "private_key", "server_name", "minimum_tls", "suites", "renegotiation",
    ]
    private static let keys =
        [
            "url", "cleartext", "connect_timeout", "response_timeout", "idle_timeout", "max_connections", "max_connections_per_client",
            "queue_timeout", "credentials_file", "first_octet_timeout", "tolerate", "isolate", "protocol", "compression",
        ] + addressKeys + tlsKeys

    /// Where requests go whose route names no other.
    init?(_ root: Section, _ folder: String, hosts: [String]) {
        guard let section = root.section("upstream", known: Self.keys) else {
            root.miss("upstream", "Write the `url` of the API that Holdfast stands in front of.")
            return nil
        }
        self.init(section, .default, folder, hosts)
    }

    /// - Parameter node: under `name` in `upstreams`.
    fileprivate init?(_ node: ConfigurationNode, _ name: String, _ folder: String, _ hosts: [String], _ log: MistakeLog) {
        self.init(Section(node, at: node.position, "upstreams.\(name)", known: Self.keys, log), UpstreamName(name), folder, hosts)
    }

    /// - `url` (`http://`, `https://` or `http+unix:///path`; required; no path of its own: paths are forwarded as they come)
    /// - `protocol` (`http/1.1`, `h2` for `https://`, `h2c` for others; default `http/1.1`)
    /// - `cleartext` (`loopback-only` or `allowed`; default `loopback-only`): whether `http://` may go to another host
    /// - `certificate_authorities` (file, PEM; default: the CAs this system trusts): for `https://`
    /// - `certificate`, `private_key` (files, PEM; optional, both or none): shown to an `https://` upstream that asks
    /// - `server_name` (host name, or `from-host` for that of each request, one of `listener.hosts`; default: the host of `url`): for `https://`
    /// - `minimum_tls` (`1.2`, `1.3`, or for old servers `1.1`, `1.0`; default `1.2`): for `https://`
    /// - `suites` (`modern`, or for old servers `legacy`; default `modern`, below TLS 1.2 `legacy`): for `https://`
    /// - `renegotiation` (`never`, `once` or `always`; default `never`): whether an `https://` upstream may begin another handshake
    /// - `connect_timeout` (10ms to 5m; default `5s`)
    /// - `response_timeout` (10ms to 1h; default `60s`)
    /// - `first_octet_timeout` (10ms to 1h; default: that of `response_timeout`): from the request's last octet to the answer's first
    /// - `addresses`, `resolve_every`, `balance`, `health`, `slow_start`: see there
    /// - `idle_timeout` (10ms to 1h; default `60s`)
    /// - `max_connections` (1 to 65535 per loop; default 256)
    /// - `max_connections_per_client` (1 to `max_connections`; default half of it): how many of them may serve one client certificate
    /// - `queue_timeout` (10ms to 1m; default `1s`): how long a request waits where all connections are in use, or its client's share is
    /// - `credentials_file` (file with `USER:PASSWORD`; optional): shown to the upstream by HTTP's Basic; needs `forward.authorization: remove`
    /// - `isolate` (`none` or `certificate`; default `none`): whether a connection that has served one client serves another
    /// - `tolerate` (list of `repeated_chunked`, `length_beside_chunked`, `chunked_in_http10`, `bare_lf`, `control_characters`; optional): what
    ///   it may do wrong in its responses
    /// - `compression`: see there
    /// - Parameter hosts: that the listener serves; none where it serves whatever is asked for.
    private init?(_ section: Section, _ name: UpstreamName, _ folder: String, _ hosts: [String]) {
        self.name = name
        keyPath = section.keyPath
        let cleartext = section.optional("cleartext", choice(Cleartext.self)) ?? .loopbackOnly
        let address = section.required("url", "Write the URL of the API, such as `http://127.0.0.1:8080`.") { node throws(Complaint) in
            try UpstreamURL(node, cleartextAllowed: cleartext == .allowed)
        }
        let authorities = section.file("certificate_authorities", in: folder)
        let certificate = section.file("certificate", in: folder)
        let privateKey = section.file("private_key", in: folder)
        if section.has("certificate") != section.has("private_key") {
            let (there, missing) = section.has("certificate") ? ("certificate", "private_key") : ("private_key", "certificate")
            section.complain("`\(there)` needs a `\(missing)` beside it.", there)
        }
        let serverName = section.optional("server_name", Self.serverName)
        let namedHosts = serverName == Self.fromHost ? Self.hosts(hosts, section) : []
        let version = section.optional("minimum_tls", choice(TLS.Version.self)) ?? .tls12
        let isOld = version == .tls10 || version == .tls11
        let suites = section.optional("suites", choice(TLS.Suites.self)) ?? (isOld ? .legacy : .modern)
        if isOld, suites == .modern {
            section.complain("TLS \(version.rawValue) has no suites but `legacy` ones. Write another `minimum_tls`, or remove this key.", "suites")
        }
        let renegotiation = section.optional("renegotiation", choice(TLS.Renegotiation.self)) ?? .never
        if version == .tls13, renegotiation != .never || suites == .legacy {
            let key = renegotiation != .never ? "renegotiation" : "suites"
            section.complain("TLS 1.3 does not have this. Write another `minimum_tls`, or remove this key.", key)
        }
        connectTimeout = section.optional("connect_timeout", Bounds.connectTimeout) ?? .seconds(5)
        let responseTimeout = section.optional("response_timeout", Bounds.responseTimeout) ?? .seconds(60)
        self.responseTimeout = responseTimeout
        firstOctetTimeout = section.optional("first_octet_timeout", Bounds.responseTimeout) ?? responseTimeout
        idleTimeout = section.optional("idle_timeout", Bounds.idleTimeout) ?? .seconds(60)
        let connections = section.optional("max_connections", Bounds.maxConnections) ?? 256
        maxConnections = connections
        maxConnectionsPerClient =
            section.optional("max_connections_per_client", Bounds.maxConnectionsPerClient(of: connections)) ?? max(1, connections / 2)
        queueTimeout = section.optional("queue_timeout", Bounds.queueTimeout) ?? .seconds(1)

        credentialsFile = section.file("credentials_file", in: folder)
        tolerated = section.words("tolerate", Tolerated.self) ?? []
        compression = CompressionTerms(section)

        `protocol` = Self.protocol(section, isEncrypted: address?.isEncrypted)
        isolation = section.optional("isolate", choice(Isolation.self)) ?? .none
        balance = section.optional("balance", choice(Balance.self)) ?? .leastConnections
        health = Health(section)
        slowStart = section.optional("slow_start", Self.slowStarts) ?? .zero
        addresses = Self.addresses(section, of: address, cleartextAllowed: cleartext == .allowed)
        resolveEvery = Self.resolveEvery(section, of: address?.destination)

        guard let address else { return nil }
        if !address.isEncrypted {
            for key in Self.tlsKeys where section.has(key) {
                section.complain("The upstream is not `https://`, so this has no effect. Remove it, or change `url`.", key)
            }
        }
        url = address.text
        destination = address.destination
        tls =
            address.isEncrypted
            ? TLS(
                certificateAuthorities: authorities,
                identity: certificate.flatMap { certificate in
                    privateKey.map { HoldfastConfiguration.KeyPair(certificate: certificate, privateKey: $0) }
                },
                serverName: namedHosts.first ?? serverName ?? address.host, hosts: namedHosts, minimumVersion: version, suites: suites,
                renegotiation: renegotiation) : nil
    }

    private static func `protocol`(_ section: Section, isEncrypted: Bool?) -> Protocol {
        let spoken = section.optional("protocol", choice(Protocol.self)) ?? .http1
        guard let isEncrypted else { return spoken }
        switch spoken {
        case .h2 where !isEncrypted: section.complain("Without TLS it is called `h2c`. Write that, or an `https://` URL.", "protocol")
        case .h2c where isEncrypted: section.complain("Over TLS it is called `h2`, and agreed in the handshake. Write that.", "protocol")
        default: break
        }
        // What HTTP/2 has no place for.
        if spoken != .http1, section.has("tolerate") {
            section.complain("What can be tolerated are mistakes of HTTP/1.1, which is not spoken here. Remove this, or `protocol`.", "tolerate")
        }
        if spoken == .h2, section.has("renegotiation") {
            section.complain("HTTP/2 forbids another handshake (RFC 9113). Remove this, or `protocol`.", "renegotiation")
        }
        return spoken
    }

    private enum Bounds {
        static let connectTimeout = Quantity.duration(
            .milliseconds(10) ... .seconds(300), below: "no connection to another host could be made",
            above: "no client waits that long to hear that the API is away")
        static let responseTimeout = Quantity.duration(
            .milliseconds(10) ... .seconds(3600), below: "no API could answer in time",
            above: "requests to an API that hangs would hold their connections that long")
        static let idleTimeout = Quantity.duration(
            .milliseconds(10) ... .seconds(3600), below: "no connection would serve a second request",
            above: "connections that firewalls between have long forgotten would be kept")
        static let maxConnections = Quantity.count(
            1...65535, below: "no request could be forwarded", above: "an address has no more ports to connect from")
        static func maxConnectionsPerClient(of all: Int) -> @Sendable (ConfigurationNode) throws(Complaint) -> Int {
            Quantity.count(1...all, below: "no request could be forwarded", above: "there are no more than `max_connections`")
        }
        static let queueTimeout = Quantity.duration(
            .milliseconds(10) ... .seconds(60), below: "a connection that is given back at once would come too late",
            above: "requests would wait longer for their turn than clients wait for an answer")
    }

    static let fromHost = "from-host"

    /// Each has connections of its own, so that they must be known.
    private static func hosts(_ hosts: [String], _ section: Section) -> [String] {
        if hosts.isEmpty {
            section.complain("The hosts that requests may be for have to be known. Write them in `listener.hosts`.", "server_name")
        }
        if let odd = hosts.first(where: { $0.hasPrefix("*") || $0.hasPrefix("[") || HostName.isIPv4($0) }) {
            section.complain(
                "`\(odd.shortened)` in `listener.hosts` is not one name that a server has. Write names there, without wildcards.", "server_name")
        }
        if hosts.count > mostHosts {
            section.complain("There are more than \(mostHosts) hosts, each of which would have connections of its own.", "server_name")
        }
        return hosts
    }

    private static let mostHosts = 64

    private static func serverName(_ node: ConfigurationNode) throws(Complaint) -> String {
        let name = try node.text()
        guard HostName.isName(name), !HostName.isIPv4(name) else { throw Complaint("`\(name.shortened)` is not a host name.") }
        return name
    }
}

/// Further upstreams: `upstreams`, a mapping of names to sections with the same keys as `upstream`.
struct NamedUpstreams {
    /// As they are written, those with mistakes among them.
    private(set) var names: [String] = []
    private(set) var all: [HoldfastConfiguration.Upstream] = []

    private static let limit = 64

    init(_ root: Section, _ folder: String, hosts: [String]) {
        var (names, all) = (self.names, self.all)
        _ = root.dictionary("upstreams", example: "payments: {url: …}") { name, node throws(Complaint) in
            names.append(name)
            guard Self.isName(name) else {
                throw Complaint("A name has up to 40 letters, digits, `-` and `_`, so that the log and metrics can tell it: not `\(name.shortened)`.")
            }
            guard name != UpstreamName.default.text else { throw Complaint("`default` is what `upstream` is called. Write another name.") }
            guard names.count <= Self.limit else { throw Complaint("More than \(Self.limit) upstreams are not possible.") }
            if let upstream = HoldfastConfiguration.Upstream(node, name, folder, hosts, root.log) { all.append(upstream) }
        }
        (self.names, self.all) = (names, all)
    }

    private static func isName(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95 }
    }
}

/// The parts of an upstream's URL.
struct UpstreamURL {
    let text: String
    let destination: HoldfastConfiguration.Upstream.Destination
    let isEncrypted: Bool
    let host: String

    init(_ node: ConfigurationNode, cleartextAllowed: Bool) throws(Complaint) {
        text = try node.text()
        if text.hasPrefix("http+unix://") {
            let path = String(text.dropFirst("http+unix://".count))
            guard path.hasPrefix("/"), path.utf8.count > 1 else {
                throw Complaint("The path of the socket must be absolute: `http+unix:///run/api.sock`, with three slashes.")
            }
            // `sun_path` holds 108 octets, the last of them zero.
            guard path.utf8.count <= 107 else {
                throw Complaint("The path of the socket is longer than the 107 octets that the system allows.")
            }
            (destination, isEncrypted, host) = (.unix(path), false, "localhost")
            return
        }
        let address = try HTTPURL(configured: text)
        guard address.path.isEmpty || address.path == "/", address.query == nil else {
            throw Complaint(
                "A path or query is not possible here: requests are forwarded with the path they came with. End the URL after the host and port."
            )
        }
        guard address.isTrustworthy || cleartextAllowed else {
            throw Complaint(
                "`http://` to another host sends tokens and the trusted header in clear, and whoever is on the way can forge them. Write `https://`, use a loopback address or a socket, or add `cleartext: allowed` to `upstream` if the network between is yours alone."
            )
        }
        (destination, isEncrypted, host) = (.tcp(host: address.host, port: address.port), address.isSecure, address.host)
    }
}

import HTTPWire

extension HoldfastConfiguration.Listener {
    /// - `address` (IP address and port; required; port 0 takes any free one)
    /// - `reuse_port` (true or false; default `false`): whether other processes of the same user may listen on our addresses too, those of the
    ///   other sections included
    /// - `certificate`, `private_key` (files, PEM; required)
    /// - `minimum_tls` (`1.2` or `1.3`; default `1.2`)
    /// - `key_exchange` (`default` or `post-quantum-only`; default `default`): the latter is TLS 1.3 with X25519MLKEM768 only
    /// - `handshake_timeout` (100ms to 5m; default `10s`)
    /// - `head_timeout` (100ms to 5m; default `10s`)
    /// - `idle_timeout` (100ms to 1h; default `75s`)
    /// - `body_timeout` (100ms to 1h without progress; default `60s`)
    /// - `minimum_body_rate` (octets per second, `0B` to `1MiB`; default `500B`; `0B` for no such bound): how fast a body must advance in
    ///   either direction while the client is waited for
    /// - `max_connections` (1 to 1000000; default 16384)
    /// - `max_handshakes` (1 to `max_connections`; default a quarter of it): connections whose handshake is not done
    /// - `max_head` (size, 4KiB to 1MiB; default `48KiB`)
    /// - `max_target` (size, 1KiB to 1MiB and at most `max_head`; default: a sixth of `max_head`, at least `8KiB`)
    /// - `max_fields` (16 to 1000; default: 100, and more in proportion where `max_head` is more than its default)
    /// - `max_body` (size up to 1048576MiB; default: any): of a request, where its route does not say
    /// - `resumption` (true or false; default `true`, or what the profile says): whether TLS sessions may be resumed
    /// - `max_connection_age` (1s to 168h; default: none), `max_connection_requests` (1 to 100000000; default: none): after that a connection ends
    ///   with its next answer, up to a tenth earlier by chance
    /// - `proxy_protocol` (`from`: list of addresses or ranges; default: nobody): who begins connections with a PROXY header
    /// - `hosts` (list of names, `*.` before one for all with one label more, and IP addresses, without ports; default: whatever is asked for)
    /// - `protocols` (list of `h2` and `http/1.1`; default: both)
    /// - `http2` (see there)
    /// - `identities` (see there; default: `certificate` for all hosts)
    init?(_ root: Section, _ folder: String, _ profile: HoldfastConfiguration.Profile?) {
        guard
            let section = root.section(
                "listener",
                known: [
                    "address", "reuse_port", "certificate", "private_key", "minimum_tls", "key_exchange", "handshake_timeout", "head_timeout",
                    "idle_timeout", "body_timeout", "minimum_body_rate", "max_connections", "max_handshakes", "max_head", "max_target",
                    "max_fields", "hosts", "identities", "resumption", "protocols", "http2", "max_connection_age",
                    "max_connection_requests", "proxy_protocol", "max_body",
                ])
        else {
            root.miss("listener", "Write where to listen (`address`) and with which `certificate` and `private_key`.")
            return nil
        }
        let address = section.required("address", "Write an address such as `0.0.0.0:8443`.", NetworkAddress.init)
        let certificate = section.requiredFile(
            "certificate", "Write the file with the server's certificate chain in PEM, leaf first.", in: folder)
        let privateKey = section.requiredFile("private_key", "Write the file with the certificate's private key in PEM.", in: folder)
        let keyExchange = section.optional("key_exchange", choice(HoldfastConfiguration.KeyExchange.self)) ?? .any
        let minimumTLS = section.optional("minimum_tls", choice(HoldfastConfiguration.TLSVersion.self))
        if keyExchange == .postQuantumOnly, minimumTLS == .tls12 {
            section.complain("`key_exchange: post-quantum-only` is possible in TLS 1.3 only. Write `1.3`, or remove this key.", "minimum_tls")
        }
        reusePort = section.optional("reuse_port", Quantity.flag) ?? false
        self.keyExchange = keyExchange
        self.minimumTLS = minimumTLS ?? (keyExchange == .postQuantumOnly ? .tls13 : .tls12)
        handshakeTimeout = section.optional("handshake_timeout", Bounds.handshakeTimeout) ?? .seconds(10)
        headTimeout = section.optional("head_timeout", Bounds.headTimeout) ?? .seconds(10)
        idleTimeout = section.optional("idle_timeout", Bounds.idleTimeout) ?? .seconds(75)
        bodyTimeout = section.optional("body_timeout", Bounds.bodyTimeout) ?? .seconds(60)
        minimumBodyRate = section.optional("minimum_body_rate", Bounds.minimumBodyRate) ?? 500
        maxConnections = section.optional("max_connections", Bounds.maxConnections) ?? 16384
        maxHandshakes = section.optional("max_handshakes", Bounds.maxHandshakes(maxConnections)) ?? max(1, maxConnections / 4)
        let head = section.optional("max_head", Bounds.maxHead) ?? 48 << 10
        let target = section.optional("max_target", Bounds.maxTarget)
        if let target, target > head {
            section.complain(
                "A target is a part of the head, for which `max_head` leaves \(Quantity.spell(head)). Raise `max_head` too.", "max_target")
        }
        maxHead = head
        maxTarget = target ?? min(head, max(8 << 10, head / 6))
        maxFields = section.optional("max_fields", Bounds.maxFields) ?? max(100, min(1000, head / ((48 << 10) / 100)))
        maxBody = section.optional("max_body", RoutesReader.maxBody)
        maxConnectionAge = section.optional("max_connection_age", Bounds.maxConnectionAge)
        maxConnectionRequests = section.optional("max_connection_requests", Bounds.maxConnectionRequests)
        proxyPeers = Self.proxyPeers(section)
        hosts = section.list("hosts", Self.host) ?? []
        identities = Self.identities(section, hosts: hosts, folder, profile)
        onlyRSASuites = profile?.onlyRSASuites ?? false
        let resumption = section.optional("resumption", Quantity.flag)
        if resumption == true, profile?.resumption == false {
            section.complain("This profile allows no resumption of TLS sessions. Write `false`, or remove this key.", "resumption")
        }
        self.resumption = resumption ?? profile?.resumption ?? true
        protocols = section.words("protocols", ApplicationProtocol.self) ?? ApplicationProtocol.allCases
        http2 = HoldfastConfiguration.HTTP2(section)
        guard let address, let certificate, let privateKey else { return nil }
        self.address = address
        identity = HoldfastConfiguration.KeyPair(certificate: certificate, privateKey: privateKey)
    }

    private enum Bounds {
        static let handshakeTimeout = Quantity.duration(
            .milliseconds(100) ... .seconds(300), below: "a client far away could not finish its handshake",
            above: "who has not proved anything yet would hold a connection that long")
        static let headTimeout = Quantity.duration(
            .milliseconds(100) ... .seconds(300), below: "a head that comes in two packets would be too slow",
            above: "whoever sends a head octet by octet would hold a connection that long")
        static let idleTimeout = Quantity.duration(
            .milliseconds(100) ... .seconds(3600), below: "connections would be closed before their next request can come",
            above: "clients that have gone without a word would hold their connections that long")
        static let bodyTimeout = Quantity.duration(
            .milliseconds(100) ... .seconds(3600), below: "a body would be given up at the first packet that is lost",
            above: "a client that sends nothing would hold a connection to the API that long")
        static let minimumBodyRate = Quantity.size(
            0...1 << 20, below: "it is negative", above: "clients on ordinary lines could not keep up")
        static let maxConnections = Quantity.count(
            1...1_000_000, below: "no client could connect", above: "no process has descriptors for more")
        static func maxHandshakes(_ connections: Int) -> (ConfigurationNode) throws(Complaint) -> Int {
            Quantity.count(1...connections, below: "nobody could begin a handshake", above: "there are no more connections (`max_connections`)")
        }
        static let maxHead = Quantity.size(
            4096...1 << 20, below: "the heads of usual clients with their tokens would not fit",
            above: "each connection may hold as much before it is known whose it is")
        static let maxTarget = Quantity.size(
            1024...1 << 20, below: "URLs of usual clients would not fit", above: "no head can be longer")
        static let maxConnectionAge = Quantity.duration(
            .seconds(1) ... .seconds(7 * 86400), below: "clients would shake hands more often than they ask",
            above: "no process is left alone for longer; leave it out where connections may stay")
        static let maxConnectionRequests = Quantity.count(
            1...100_000_000, below: "no request could be answered", above: "no connection brings more; leave it out where it may")
        static let maxFields = Quantity.count(
            16...1000, below: "the heads of usual clients would not fit", above: "each field is looked up, and no client needs more")
    }

    private static func proxyPeers(_ listener: Section) -> [AddressRange] {
        guard let section = listener.section("proxy_protocol", known: ["from"]) else { return [] }
        if !section.has("from") { section.miss("from", "Write the addresses of the load balancers, such as `[10.0.0.0/8]`.") }
        return section.list("from") { node throws(Complaint) in
            let text = try node.text()
            guard let range = AddressRange(text) else {
                throw Complaint(
                    "An IP address or a range such as `10.0.0.0/8` is expected here, whose bits beyond the range are zero, not `\(text.shortened)`.")
            }
            return range
        } ?? []
    }

    static func host(_ node: ConfigurationNode) throws(Complaint) -> String {
        let text = try node.text()
        let bare = text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
        if HostName.isIPv6(bare) { return "[\(bare.lowercased())]" }
        // One label and no more, as in certificates (RFC 9525 section 6.3), and none of a top-level domain.
        let name = text.hasPrefix("*.") ? text.dropFirst(2) : text[...]
        guard HostName.isName(String(name)), name.startIndex == text.startIndex || name.contains(".") && !HostName.isIPv4(String(name)) else {
            throw Complaint(
                "A host name or IP address without a port is expected here, such as `api.example.com`, or `*.example.com` for all with one label more, not `\(text.shortened)`."
            )
        }
        return text.lowercased()
    }
}

import HTTPWire

/// Keys of an upstream that has several addresses.
extension HoldfastConfiguration.Upstream {
    static let addressKeys = ["addresses", "resolve_every", "balance", "health", "slow_start"]

    /// More are none of one upstream's.
    static let addressLimit = 32

    /// At any time.
    package var mostAddresses: Int { resolveEvery == nil ? max(1, addresses.count) : Self.addressLimit }

    /// `addresses`: a list of `HOST:PORT`, or of sections with
    /// - `address` (host and port; required; without a port that of `url`)
    /// - `weight` (1 to 100; default 1)
    static func addresses(_ section: Section, of url: UpstreamURL?, cleartextAllowed: Bool) -> [Address] {
        guard section.has("addresses") else { return [] }
        guard case .tcp(_, let port)? = url?.destination else {
            if url != nil { section.complain("A socket has no addresses. Write an `http://` or `https://` URL, or remove this key.", "addresses") }
            return []
        }
        let isClear = url?.isEncrypted == false && !cleartextAllowed
        let found =
            section.items("addresses", known: ["address", "weight"]) { node, _ throws(Complaint) in
                try address(node, port: port, weight: 1, isClear: isClear)
            } section: { item in
                let weight = item.optional("weight", weights) ?? 1
                return item.required("address", "Write a host and a port, such as `10.0.0.1:8080`.") { node throws(Complaint) in
                    try address(node, port: port, weight: weight, isClear: isClear)
                }
            } ?? []
        if found.count > addressLimit { section.complain("More than \(addressLimit) addresses are not possible.", "addresses") }
        for (index, one) in found.enumerated() where found.prefix(index).contains(where: { $0.host == one.host && $0.port == one.port }) {
            section.complain("`\(one.host)` stands here twice. To have it asked more often, give it a `weight`.", "addresses")
            break
        }
        return found
    }

    private static func address(_ node: ConfigurationNode, port: Int, weight: Int, isClear: Bool) throws(Complaint) -> Address {
        let text = try node.text()
        guard let (host, written) = HostName.split(text), HostName.isName(host) || HostName.isIPv4(host) || HostName.isIPv6(host), written != 0
        else { throw Complaint("A host and a port are expected here, such as `10.0.0.1:8080`, not `\(text.shortened)`.") }
        guard !isClear || HostName.isLoopback(host) else {
            throw Complaint(
                "`http://` to another host sends tokens and the trusted header in clear. Write `https://`, use loopback addresses, or add `cleartext: allowed` if the network between is yours alone."
            )
        }
        return Address(host: host.lowercased(), port: written ?? port, weight: weight)
    }

    static func resolveEvery(_ section: Section, of destination: Destination?) -> Duration? {
        let every = section.optional("resolve_every", resolutions)
        guard every != nil, let destination else { return every }
        if section.has("addresses") {
            section.complain("`addresses` say where it is, so that nothing is looked up. Keep one of the two.", "resolve_every")
        } else if case .tcp(let host, _) = destination, HostName.isName(host), !HostName.isIPv4(host) {
            return every
        } else {
            section.complain("The host of `url` is no name, so this has no effect. Remove it, or change `url`.", "resolve_every")
        }
        return nil
    }

    private static let weights = Quantity.count(1...100, below: "it would never be asked", above: "the others would hardly ever be asked")
    private static let resolutions = Quantity.duration(
        .seconds(1) ... .seconds(3600), below: "the name server would be asked without a pause",
        above: "an address that is gone would be asked for that long")
    static let slowStarts = Quantity.duration(
        ...(.seconds(600)), above: "the other addresses would bear its share for that long")
}

extension HoldfastConfiguration.Upstream.Health {
    /// `health`: a section with
    /// - `failures` (1 to 100; default 3): in a row, after which an address is left alone, where there are others
    /// - `rest` (100ms to 5m; default `10s`): for how long at first; each further time twice as long, up to 5m
    /// - `path` (of a request that each address is asked; default: none, and only a connection is opened)
    /// - `interval` (100ms to 10m; default `5s`), `timeout` (10ms to 1m; default `2s`), `status` (200 to 999, or a list; default 200):
    ///   of that request
    init(_ upstream: Section) {
        let section = upstream.section("health", known: ["failures", "rest", "path", "interval", "timeout", "status"])
        failures = section?.optional("failures", Bounds.failures) ?? 3
        rest = section?.optional("rest", Bounds.rest) ?? .seconds(10)
        let path = section?.optional("path", Self.path)
        let interval = section?.optional("interval", Bounds.interval) ?? .seconds(5)
        let timeout = section?.optional("timeout", Bounds.timeout) ?? .seconds(2)
        let statuses = section?.list("status", single: true, Bounds.status) ?? [200]
        if let section, !section.has("path") {
            for key in ["interval", "timeout", "status"] where section.has(key) {
                section.complain("Without a `path` nothing is asked, so this has no effect. Write one, or remove this key.", key)
            }
        }
        check = path.map { .init(path: $0, interval: interval, timeout: timeout, statuses: statuses) }
    }

    private static func path(_ node: ConfigurationNode) throws(Complaint) -> String {
        let path = try node.text()
        guard path.hasPrefix("/"), path.utf8.count <= 1024, path.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != 0x23 }) else {
            throw Complaint("A path begins with `/` and has printable ASCII alone, without spaces and `#`.")
        }
        return path
    }

    private enum Bounds {
        static let failures = Quantity.count(1...100, below: "every address would always be left alone", above: "as many requests would fail first")
        static let rest = Quantity.duration(
            .milliseconds(100) ... .seconds(300), below: "it would be asked again at once",
            above: "one that is well again would be left alone so long")
        static let interval = Quantity.duration(
            .milliseconds(100) ... .seconds(600), below: "the upstream would be asked without a pause", above: "nobody would hear of it for that long"
        )
        static let timeout = Quantity.duration(
            .milliseconds(10) ... .seconds(60), below: "no answer could come in time", above: "nobody would hear of it for that long")
        static let status = Quantity.count(200...999, below: "an answer that is none yet has it", above: "a status has three digits")
    }
}

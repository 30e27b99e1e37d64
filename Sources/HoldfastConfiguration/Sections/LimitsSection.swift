extension HoldfastConfiguration.Limits {
    /// - `connections_per_client` (1 to 1000000 on each event loop; default: any number)
    /// - `requests_per_client` (1 to 1000000, under way at once on each event loop; default: any number)
    /// - `rate` (optional): `requests` (1 to 1000000; required), `per` (1s to 24h; default `1s`), `burst` (1 to 1000000; default: `requests`), `by`
    ///   (`certificate` or `client_id`; default `certificate`)
    init(_ root: Section) {
        let section = root.section("limits", known: ["connections_per_client", "requests_per_client", "rate"])
        connections = section?.optional("connections_per_client", Bounds.connections)
        requests = section?.optional("requests_per_client", Bounds.requests)
        rate = section?.section("rate", known: ["requests", "per", "burst", "by"]).flatMap(Rate.init)
    }

    fileprivate enum Bounds {
        static let connections = Quantity.count(1...1_000_000, below: "no client could connect", above: "no process has descriptors for more")
        static let requests = Quantity.count(1...1_000_000, below: "no client could ask", above: "no process has memory for more")
        static let rate = Quantity.count(
            1...1_000_000, below: "no client could ask", above: "no event loop answers more; leave it out where clients may")
        static let burst = Quantity.count(1...1_000_000, below: "no request could pass", above: "no event loop answers more at once")
        static let per = Quantity.duration(
            .seconds(1) ... .seconds(86400), below: "write more `requests` for a second instead", above: "nobody waits longer for the next request")
    }
}

extension HoldfastConfiguration.Limits.Rate {
    fileprivate init?(_ section: Section) {
        let requests = section.required("requests", "Write how many a client may send `per` second.", HoldfastConfiguration.Limits.Bounds.rate)
        per = section.optional("per", HoldfastConfiguration.Limits.Bounds.per) ?? .seconds(1)
        let burst = section.optional("burst", HoldfastConfiguration.Limits.Bounds.burst)
        subject = section.optional("by", choice(HoldfastConfiguration.Limits.Subject.self)) ?? .certificate
        guard let requests else { return nil }
        self.requests = requests
        self.burst = burst ?? requests
    }
}

import HTTPWire

extension HoldfastConfiguration.ClientTrust {
    private enum Word: String, CaseIterable { case authorities, spiffe, any }

    static let trustKeys = [
        "trust", "authorities", "bundle", "trust_domain", "intermediates", "max_intermediates", "revocation_lists", "usage", "clients",
    ]
    /// Of the section at the top; `deny`, a file that may be empty, and `intermediates` are not about trust.
    static let keys = trustKeys + ["deny"]

    /// - `trust` (`authorities` or `any`; required, since neither is to be had by forgetting)
    /// - `authorities` (with `trust: authorities`, and only then; not needed where `clients` have their own): a file, PEM, or a list of files and of sections with
    ///   - `file`
    ///   - `revocation`: `lists` (files, PEM or DER, and URLs), `scope` (`chain` unless `leaf`), `when_stale` (`refuse` unless `accept`),
    ///     `refresh_lists` (1s to 24h; default `1h`), `certificate_authorities` (a file, PEM: CAs besides the system's for `https://` URLs); or in place of lists `ocsp`, `scope` and `when_unreachable` (`refuse` unless `accept`)
    /// - `revocation_lists` (files and URLs): the short form, for all authorities that have no `revocation` of their own
    /// - `max_intermediates` (0 to 8; default 4): CAs between a client's certificate and its authority
    /// - `usage` (`client` unless `any`): what certificates must have been issued for
    ///
    /// - Parameter clients: who is registered there; their own authorities are trusted too.
    init?(
        _ section: Section?, _ clients: [HoldfastConfiguration.RegisteredClient], in root: Section, _ folder: String,
        _ profile: HoldfastConfiguration.Profile?
    ) {
        guard let section else {
            root.miss(
                "client_certificates",
                "Write which certificates are accepted: `trust: authorities` with `authorities: ca.pem`, or `trust: any`.")
            return nil
        }
        let trust = section.required(
            "trust",
            "Write `authorities` (a path to one of your CAs) or `any` (whatever certificate; the binding of the token is then the only check)."
        ) { node throws(Complaint) in
            let word = try choice(Word.self)(node)
            guard profile != .cdr || word == .authorities else {
                throw Complaint("With `profile: cdr` only certificates of the CDR's own CA are accepted. Write `authorities`.")
            }
            return word
        }
        let lists = HoldfastConfiguration.Revocation.places(section, "revocation_lists", folder)
        let authorities = HoldfastConfiguration.Authorities.all(section, folder, HoldfastConfiguration.Revocation(short: lists))
        let usage = section.optional("usage", choice(HoldfastConfiguration.CertificateUsage.self))
        switch trust {
        case .authorities:
            for key in ["bundle", "trust_domain"] where section.has(key) {
                section.complain("Only `trust: spiffe` has this. Write that, or remove this key.", key)
            }
            let own = HoldfastConfiguration.Authorities.own(
                clients, in: section, beside: authorities ?? [], HoldfastConfiguration.Revocation(short: lists))
            guard section.has("authorities") || !own.isEmpty else {
                section.miss(
                    "authorities", "With `trust: authorities`, write the file with the CAs that clients' certificates come from, in PEM.")
                return nil
            }
            let all = (authorities ?? []) + own
            if let lists, !all.contains(where: { $0.revocation?.lists == lists.files && $0.revocation?.urls == lists.urls }) {
                section.complain(
                    "Each of `authorities` has a `revocation` of its own, so these lists are for none of them. Remove this key.", "revocation_lists")
            }
            guard !section.has("authorities") || authorities != nil, !section.has("revocation_lists") || lists != nil,
                !section.has("usage") || usage != nil
            else { return nil }
            self = .authorities(all, usage: usage ?? .client)
        case .spiffe:
            guard let spiffe = Self.spiffe(section, clients, folder) else { return nil }
            self = spiffe
        case .any:
            for key in ["authorities", "bundle", "trust_domain", "intermediates", "max_intermediates", "revocation_lists", "usage"]
            where section.has(key) {
                section.complain("With `trust: any` no CA is looked at. Write `trust: authorities`, or remove this key.", key)
                return nil
            }
            self = .any
        case nil:
            return nil
        }
    }
}

extension HoldfastConfiguration.ClientTrust {
    static let usualIntermediates = 4
    private static let depths = Quantity.count(...8, above: "no more certificates are taken from a client beside its own")

    /// `max_intermediates` of that section.
    static func maxIntermediates(_ section: Section?) -> Int { section?.optional("max_intermediates", depths) ?? usualIntermediates }
}

extension HoldfastConfiguration.Authorities {
    /// The authority of one client: a file, or a section as in `authorities`.
    static func own(_ item: Section, _ key: String, _ folder: String) -> Self? {
        guard item.isMapping(key), let section = item.section(key, known: ["file", "revocation"]) else {
            return item.file(key, in: folder).map { Self(file: $0, revocation: nil) }
        }
        let file = section.requiredFile("file", "Write the file with the client's CA, in PEM.", in: folder)
        let revocation = section.has("revocation") ? HoldfastConfiguration.Revocation(section, folder) : nil
        guard let file, !section.has("revocation") || revocation != nil else { return nil }
        return Self(file: file, revocation: revocation)
    }

    /// Those of registered clients, which `authorities` need not name and must not: what is asked about a CA's clients is said once.
    fileprivate static func own(
        _ clients: [HoldfastConfiguration.RegisteredClient], in section: Section, beside others: [Self], _ short: HoldfastConfiguration.Revocation?
    ) -> [Self] {
        clients.compactMap { client in
            guard case .authority(let authority) = client.recognition else { return nil }
            if others.contains(where: { $0.file == authority.file }) {
                section.log.add(
                    "This file is among `authorities` too, and each CA is named once. Remove it there: a client's own CA is trusted by being named here.",
                    at: authority.file.position, authority.file.keyPath)
            }
            return Self(file: authority.file, revocation: authority.revocation ?? short)
        }
    }

    /// Nil where the key is absent or anything in it is wrong.
    fileprivate static func all(_ section: Section, _ folder: String, _ short: HoldfastConfiguration.Revocation?) -> [Self]? {
        guard section.isList("authorities") else { return section.file("authorities", in: folder).map { [Self(file: $0, revocation: short)] } }
        let items = section.items("authorities", known: ["file", "revocation"]) { node, place throws(Complaint) in
            Self(file: try section.located(node, at: place, in: folder), revocation: short)
        } section: { item in
            let file = item.requiredFile("file", "Write the file with the CAs, in PEM.", in: folder)
            let own = item.has("revocation") ? HoldfastConfiguration.Revocation(item, folder) : short
            guard let file, !item.has("revocation") || own != nil else { return nil }
            return Self(file: file, revocation: own)
        }
        return items
    }
}

extension HoldfastConfiguration.Revocation {
    /// Where lists are: files and URLs.
    fileprivate typealias Places = (files: [LocatedPath], urls: [HTTPURL])

    private enum Place { case file(LocatedPath), url(HTTPURL) }

    private static let keys = ["lists", "ocsp", "scope", "when_stale", "refresh_lists", "certificate_authorities", "when_unreachable"]
    private static let usualRefresh = Duration.seconds(3600)
    private static let refreshes = Quantity.duration(
        .seconds(1) ... .seconds(24 * 3600), below: "whoever serves the lists would be asked without a pause",
        above: "who has been revoked would pass that long")

    /// One place or a list of them; nil where the key is absent or anything in it is wrong.
    fileprivate static func places(_ section: Section, _ key: String, _ folder: String) -> Places? {
        let path = section.keyPath.isEmpty ? key : "\(section.keyPath).\(key)"
        let places = section.list(key, single: true) { node throws(Complaint) -> Place in
            guard try node.text().contains("://") else { return .file(try section.located(node, at: path, in: folder)) }
            return .url(try HTTPURL.trusted(node))
        }
        return places.map { places in
            (
                places.compactMap { if case .file(let file) = $0 { file } else { nil } },
                places.compactMap { if case .url(let url) = $0 { url } else { nil } }
            )
        }
    }

    fileprivate init?(short lists: Places?) {
        guard let lists else { return nil }
        self.init(
            lists: lists.files, urls: lists.urls, refresh: Self.usualRefresh, responders: nil, scope: .chain, whenStale: .refuse)
    }

    fileprivate init?(_ item: Section, _ folder: String) {
        guard let section = item.section("revocation", known: Self.keys) else {
            return nil
        }
        let scope = section.optional("scope", choice(Scope.self))
        let staleness = section.optional("when_stale", choice(Staleness.self))
        let refresh = section.optional("refresh_lists", Self.refreshes)
        if section.has("ocsp") {
            self.init(asking: section, scope: scope)
            return
        }
        if section.has("when_unreachable") {
            section.complain("This is for `ocsp`. For lists write `when_stale`.", "when_unreachable")
            return nil
        }
        guard section.has("lists") else {
            section.miss("lists", "Write the files with the revocation lists, in PEM or DER, or URLs that they are fetched from.")
            return nil
        }
        guard let lists = Self.places(section, "lists", folder), !section.has("scope") || scope != nil,
            !section.has("when_stale") || staleness != nil, !section.has("refresh_lists") || refresh != nil
        else { return nil }
        if refresh != nil, lists.urls.isEmpty {
            section.complain("Files are looked at all the time; this is for URLs, and there is none. Remove this key.", "refresh_lists")
            return nil
        }
        let certificateAuthorities = section.file("certificate_authorities", in: folder)
        guard !section.has("certificate_authorities") || certificateAuthorities != nil else { return nil }
        if certificateAuthorities != nil, !lists.urls.contains(where: \.isSecure) {
            section.complain("This is for `https://` URLs, and there is none. Remove this key.", "certificate_authorities")
            return nil
        }
        self.init(
            lists: lists.files, urls: lists.urls, certificateAuthorities: certificateAuthorities, refresh: refresh ?? Self.usualRefresh,
            responders: nil, scope: scope ?? .chain, whenStale: staleness ?? .refuse)
    }

    private init?(asking section: Section, scope: Scope?) {
        let staleness = section.optional("when_unreachable", choice(Staleness.self))
        for key in ["lists", "refresh_lists", "certificate_authorities", "when_stale"] where section.has(key) {
            section.complain(
                "With `ocsp` there are no lists\(key == "when_stale" ? "; write `when_unreachable`" : ""). Remove this key, or `ocsp`.", key)
            return nil
        }
        let responders = section.section("ocsp", known: ["responder", "from_certificate", "cache", "timeout"])
            .flatMap { HoldfastConfiguration.Responders($0) }
        guard let responders, !section.has("scope") || scope != nil, !section.has("when_unreachable") || staleness != nil else { return nil }
        self.init(
            lists: [], urls: [], refresh: Self.usualRefresh, responders: responders, scope: scope ?? .chain, whenStale: staleness ?? .refuse)
    }
}

extension HoldfastConfiguration.Responders {
    private static let caches = Quantity.duration(
        .seconds(1) ... .seconds(24 * 3600), below: "the responder would be asked at each request",
        above: "who has been revoked would pass that long")
    private static let timeouts = Quantity.duration(
        .milliseconds(100) ... .seconds(10), below: "no responder answers so fast", above: "the client's first request would wait so long")

    /// - `responder` (a URL; `http://` as well, since answers are signed)
    /// - `from_certificate` (hosts, with or without a port, that a certificate may name as its responder); one of both is needed
    /// - `cache` (1s to 24h; default `1h`), `timeout` (100ms to 10s; default `3s`)
    fileprivate init?(_ section: Section) {
        let responder = section.optional("responder") { node throws(Complaint) in try HTTPURL(configured: try node.text()) }
        let hosts = section.list("from_certificate", single: true) { node throws(Complaint) -> String in
            let text = try node.text().lowercased()
            guard let url = try? HTTPURL("http://\(text)"), url.path.isEmpty, url.query == nil else {
                throw Complaint("A host such as `ocsp.example.com` is expected here, with or without a port, not `\(text.shortened)`.")
            }
            return text
        }
        let cache = section.optional("cache", Self.caches)
        let timeout = section.optional("timeout", Self.timeouts)
        guard section.has("responder") || section.has("from_certificate") else {
            section.miss(
                "responder", "Write the URL of the responder, or with `from_certificate` the hosts that a certificate may name as its responder.")
            return nil
        }
        guard !section.has("responder") || responder != nil, !section.has("from_certificate") || hosts != nil, !section.has("cache") || cache != nil,
            !section.has("timeout") || timeout != nil
        else { return nil }
        self.responder = responder
        fromCertificate = hosts ?? []
        self.cache = cache ?? .seconds(3600)
        self.timeout = timeout ?? .seconds(3)
    }
}

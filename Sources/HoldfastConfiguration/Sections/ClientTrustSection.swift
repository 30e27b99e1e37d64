extension HoldfastConfiguration.ClientTrust {
    private enum Word: String, CaseIterable { case authorities, spiffe, any }

    static let trustKeys = ["trust", "authorities", "bundle", "trust_domain", "intermediates", "revocation_lists", "usage", "clients"]
    /// Of the section at the top; `deny`, a file that may be empty, and `intermediates` are not about trust.
    static let keys = trustKeys + ["deny"]

    /// - `trust` (`authorities` or `any`; required, since neither is to be had by forgetting)
    /// - `authorities` (with `trust: authorities`, and only then; not needed where `clients` have their own): a file, PEM, or a list of files and of sections with
    ///   - `file`
    ///   - `revocation`: `lists` (files, PEM or DER), `scope` (`chain` unless `leaf`), `when_stale` (`refuse` unless `accept`)
    /// - `revocation_lists` (files): the short form, for all authorities that have no `revocation` of their own
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
        let lists = section.files("revocation_lists", in: folder)
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
            if lists != nil, !all.contains(where: { $0.revocation?.lists == lists }) {
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
            for key in ["authorities", "bundle", "trust_domain", "intermediates", "revocation_lists", "usage"] where section.has(key) {
                section.complain("With `trust: any` no CA is looked at. Write `trust: authorities`, or remove this key.", key)
                return nil
            }
            self = .any
        case nil:
            return nil
        }
    }
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
    fileprivate init?(short lists: [LocatedPath]?) {
        guard let lists else { return nil }
        (self.lists, scope, whenStale) = (lists, .chain, .refuse)
    }

    fileprivate init?(_ item: Section, _ folder: String) {
        guard let section = item.section("revocation", known: ["lists", "scope", "when_stale"]) else { return nil }
        let scope = section.optional("scope", choice(Scope.self))
        let staleness = section.optional("when_stale", choice(Staleness.self))
        guard section.has("lists") else {
            section.miss("lists", "Write the files with the revocation lists, in PEM or DER.")
            return nil
        }
        guard let lists = section.files("lists", in: folder), !section.has("scope") || scope != nil,
            !section.has("when_stale") || staleness != nil
        else { return nil }
        self.lists = lists
        self.scope = scope ?? .chain
        whenStale = staleness ?? .refuse
    }
}

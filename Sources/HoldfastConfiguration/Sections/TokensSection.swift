import HTTPWire

/// The issuers of a file and where they stand, for routes that name some of them.
struct IssuerDirectory {
    /// What is told apart between issuers: their names, and how their opaque tokens begin.
    struct Seen {
        /// Their lines by their names.
        var issuers: [String: Int] = [:]
        /// Their lines by their prefixes; that of the issuer without one by the empty text.
        var prefixes: [String: Int] = [:]
    }

    /// Nil where anything in `tokens` is wrong.
    let issuers: [HoldfastConfiguration.TokenIssuer]?
    let names: Set<String>
    /// Whether each issuer's name could be read: only then can it be said that there is none of some name.
    let isComplete: Bool

    /// The list `tokens`: at least one issuer, none twice.
    init(_ root: Section, _ folder: String, _ profile: HoldfastConfiguration.Profile?) {
        if !root.has("tokens") {
            root.miss("tokens", "Write a list with at least one `issuer` and its `audience`; without one no token could be accepted.")
        }
        guard let nodes = root.nodes("tokens") else {
            (issuers, names, isComplete) = (nil, [], false)
            return
        }
        var seen = Seen()
        let read = nodes.enumerated().map { index, node in
            HoldfastConfiguration.TokenIssuer(node, index, folder, profile, &seen, root.log)
        }
        issuers = read.contains { $0 == nil } ? nil : read.compactMap(\.self)
        names = Set(seen.issuers.keys)
        isComplete = names.count == nodes.count
    }
}

extension HoldfastConfiguration.TokenIssuer {
    /// - `issuer` (required): compared with `iss` as it is written; a URL, unless nothing has to be discovered from it
    /// - `audience` (a name, or a list of which one must be in the token; required)
    /// - `algorithms` (list; default `[ES256, PS256, EdDSA]`, or those of `profile`)
    /// - `keys` (URL or file of a JSON Web Key Set; default: discovered from the issuer's metadata, or none with `introspection`)
    /// - `keys_media_type` (`json` or `any`; default `json`): what the servers of the key set and the metadata may call them
    /// - `type` (`at+jwt` or `any`; default `at+jwt`)
    /// - `required_claims` (list of up to 32 claim names, may be empty; default: those of RFC 9068 with `at+jwt`, none with `any`): beside
    ///   `iss`, `exp` and `aud`, which every JWT must have
    /// - `scopes_from` (list of up to 8 claim names; default `[scope]`): where tokens and answers have their scopes, all taken together
    /// - `leeway` (duration up to `5m`; default `0s`)
    /// - `introspection` (optional; see ``HoldfastConfiguration/Introspection``): its tokens are asked about; its JWTs are verified
    ///   beside that only where `keys` is given, or where it says `tokens: opaque`
    /// - `audience_in_answer` (`required` or `optional`; default `required`): whether an answer about a token must name its audience
    /// - `certificate_authorities` (file, PEM; optional): additional CAs for fetching keys and for introspection
    /// - `cooldown` (1s to 1h; default `30s`)
    /// - `refresh_keys` (1s to 1h; default `1h`)
    /// - `stale_keys` (2s to 168h; default `24h`)
    fileprivate init?(
        _ node: ConfigurationNode, _ index: Int, _ folder: String, _ profile: HoldfastConfiguration.Profile?,
        _ seen: inout IssuerDirectory.Seen, _ log: MistakeLog
    ) {
        let section = Section(
            node, at: node.position, "tokens[\(index)]",
            known: [
                "issuer", "audience", "algorithms", "keys", "keys_media_type", "type", "required_claims", "scopes_from", "leeway",
                "introspection", "audience_in_answer", "certificate_authorities", "cooldown", "refresh_keys", "stale_keys",
            ], log)
        let issuer = section.required("issuer", "Write the issuer's URL, exactly as its tokens have it in `iss`.", IssuerIdentifier.init)
        if let issuer {
            if let first = seen.issuers[issuer.text] {
                section.complain(
                    "This issuer is given already in line \(first). Keep one entry, with all audiences in one list.", "issuer")
            } else {
                seen.issuers[issuer.text] = node.position.line
            }
        }
        if !section.has("audience") {
            section.miss(
                "audience", "Write what the issuer's tokens call this API in `aud`; without it a token for any other API would pass.")
        }
        let audiences = section.list("audience", single: true) { node throws(Complaint) in try node.text() }
        let allowed = HoldfastConfiguration.Algorithm.reader(profile)
        algorithms = section.list("algorithms", allowed)?.withoutRepetition ?? profile?.algorithms ?? [.es256, .ps256, .edDSA]
        let type = section.optional("type", choice(HoldfastConfiguration.TokenType.self)) ?? .accessToken
        self.type = type
        requiredClaims = ClaimList.read(section, "required_claims", most: 32, mayBeEmpty: true) ?? type.requiredClaims
        scopesFrom = ClaimList.read(section, "scopes_from", most: 8) ?? ["scope"]
        leeway = section.optional("leeway", Self.leeway(profile)) ?? .zero
        let base = issuer.flatMap { try? $0.discoveryURL() }
        introspection = HoldfastConfiguration.Introspection(section, folder, base, algorithms, allowed, &seen)
        audienceInAnswer = section.optional("audience_in_answer", choice(HoldfastConfiguration.AnsweredAudience.self)) ?? .required
        verifiesJWTs = !section.has("introspection") || section.has("keys") || section.peek("introspection", "tokens") == "opaque"
        let discovers = !section.has("keys") && (verifiesJWTs || section.peek("introspection", "response") == "signed")
        let keys = Self.keys(section, folder, base, discovers: discovers)
        if let issuer, base == nil, discovers || section.has("introspection") && !section.has("introspection", "endpoint") {
            _ = section.optional("issuer") { _ throws(Complaint) in try issuer.discoveryURL() }
        }
        keysMediaType = section.optional("keys_media_type", choice(HoldfastConfiguration.MediaType.self)) ?? .json
        certificateAuthorities = section.file("certificate_authorities", in: folder)
        cooldown = section.optional("cooldown", Bounds.cooldown) ?? .seconds(30)
        refreshKeys = section.optional("refresh_keys", Bounds.refreshKeys) ?? .seconds(3600)
        staleKeys = section.optional("stale_keys", Bounds.staleKeys) ?? .seconds(86400)
        guard let issuer, let audiences, let keys, introspection != nil || !section.has("introspection") else { return nil }
        self.issuer = issuer
        self.audiences = audiences
        self.keys = keys
        complainOfIdleKeys(section)
    }

    /// A key that changes nothing is a mistake: who writes it counts on what it does.
    private func complainOfIdleKeys(_ section: Section) {
        func complain(_ why: String, _ keys: [String]) {
            for key in keys where section.has(key) { section.complain("\(why) Remove this key.", key) }
        }
        switch keys {
        case .file:
            // The issuer is still asked about tokens where there is introspection.
            complain(
                "The keys come from a file, so nothing is fetched.",
                (introspection == nil ? ["certificate_authorities"] : []) + ["keys_media_type", "cooldown", "refresh_keys", "stale_keys"])
        case .none:
            complain(
                "Without `keys` this issuer's tokens are only asked about, so no keys are fetched.",
                ["keys_media_type", "cooldown", "refresh_keys", "stale_keys"])
        case .url, .discovered: break
        }
        if introspection == nil { complain("Without `introspection` this issuer gives no answers about tokens.", ["audience_in_answer"]) }
        guard !verifiesJWTs, let introspection else { return }
        complain("Without `keys` no JWT of this issuer is verified here, so this has no effect.", ["type", "required_claims"])
        if !introspection.signedResponse {
            complain("Without `keys` no JWT of this issuer is verified here, so this has no effect.", ["algorithms"])
        } else if section.has("introspection", "response_algorithms") {
            complain("Only signed answers are verified here, and `response_algorithms` says how.", ["algorithms"])
        }
    }

    /// Nil where `keys` is there and wrong, or has to be and is not.
    ///
    /// - Parameter base: what the issuer's metadata is found by; nil where it cannot be.
    private static func keys(_ section: Section, _ folder: String, _ base: HTTPURL?, discovers: Bool) -> HoldfastConfiguration.KeySource? {
        guard section.has("keys") else {
            guard discovers else { return HoldfastConfiguration.KeySource.none }
            return base.map { .discovered(from: $0) }
        }
        let isURL = section.peek("keys")?.contains("://") ?? false
        return isURL ? section.optional("keys", HTTPURL.trusted).map { .url($0) } : section.file("keys", in: folder).map { .file($0) }
    }

    private enum Bounds {
        static let leeway = Quantity.duration(...(.seconds(300)), above: "a stolen token would be good for that long after its end")
        static let cooldown = Quantity.duration(
            .seconds(1) ... .seconds(3600), below: "whoever sends tokens with unknown keys could make the issuer busy with us",
            above: "tokens signed with a new key would be refused that long")
        static let refreshKeys = Quantity.duration(
            .seconds(1) ... .seconds(3600), below: "the issuer would be asked without a pause",
            above: "a key that the issuer has removed would count that long")
        static let staleKeys = Quantity.duration(
            .seconds(2) ... .seconds(168 * 3600),
            below: "the issuer is asked three times before its keys are given up, and would be asked without a pause",
            above: "keys that nobody has confirmed for so long may long have been stolen")
    }

    private static func leeway(_ profile: HoldfastConfiguration.Profile?) -> (ConfigurationNode) throws(Complaint) -> Duration {
        { node throws(Complaint) in
            let leeway = try Bounds.leeway(node)
            if let profile, leeway > HoldfastConfiguration.Profile.maximumLeeway {
                let most = Quantity.spell(HoldfastConfiguration.Profile.maximumLeeway)
                throw Complaint("With `profile: \(profile.rawValue)` the leeway is \(most) at most.")
            }
            return leeway
        }
    }
}

/// A list of claims, each named once.
enum ClaimList {
    /// Nil where the key is absent or anything in it is wrong.
    static func read(_ section: Section, _ key: String, most: Int, mayBeEmpty: Bool = false) -> [String]? {
        let names = section.list(key, mayBeEmpty: mayBeEmpty) { node throws(Complaint) in
            let name = try node.text()
            guard name.utf8.count <= 256 else { throw Complaint("The name of a claim has 256 octets here at most.") }
            return name
        }
        guard let names else { return nil }
        guard names.count <= most else {
            section.complain("\(names.count) claims are too many: \(most) can be named here.", key)
            return nil
        }
        for (index, name) in names.enumerated() where names[..<index].contains(where: { $0.utf8.elementsEqual(name.utf8) }) {
            section.complain("`\(name.shortened)` stands here twice. Keep one of the two.", key)
            return nil
        }
        return names
    }
}

extension HoldfastConfiguration.Algorithm {
    /// One of them, as far as the profile allows it.
    static func reader(_ profile: HoldfastConfiguration.Profile?) -> (ConfigurationNode) throws(Complaint) -> Self {
        { node throws(Complaint) in
            var refused = ["none": "`none` is no signature: anybody could write such a token. Remove it."]
            for name in ["HS256", "HS384", "HS512"] {
                refused[name] =
                    "`\(name)` needs a secret that the issuer shares with everybody who verifies, and who could then issue tokens too. Remove it."
            }
            refused["Ed448"] = "Of EdDSA's curves only Ed25519 is to be had here. Write `EdDSA` or `Ed25519`, which are the same."
            node.form?.note(.word("Ed25519"))
            if case .scalar("Ed25519", _) = node.content { return try allowed(.edDSA, by: profile, as: "Ed25519") }
            let algorithm = try choice(Self.self, refused: refused)(node)
            return try allowed(algorithm, by: profile, as: algorithm.rawValue)
        }
    }

    /// - Parameter name: what the file calls it.
    private static func allowed(_ algorithm: Self, by profile: HoldfastConfiguration.Profile?, as name: String) throws(Complaint) -> Self {
        guard let profile, !profile.algorithms.contains(algorithm) else { return algorithm }
        let allowed = profile.algorithms.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        throw Complaint(
            "`profile: \(profile.rawValue)` allows only \(allowed) (\(profile.algorithmRule)). Remove `\(name)`, or the profile.")
    }
}

extension [HoldfastConfiguration.Algorithm] {
    /// Two names of one algorithm are one.
    var withoutRepetition: Self { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}

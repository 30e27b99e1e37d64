extension HoldfastConfiguration.TokenIssuer {
    /// The list `tokens`: at least one issuer, none twice.
    static func list(_ root: Section, _ folder: String) -> [Self]? {
        guard root.has("tokens") else {
            root.miss("tokens", "Write a list with at least one `issuer` and its `audience`; without one no token could be accepted.")
            return nil
        }
        guard let nodes = root.nodes("tokens") else { return nil }
        var seen: [String: Int] = [:]
        let issuers = nodes.enumerated().map { index, node in
            Self(node, "tokens[\(index)]", folder, &seen, root.log)
        }
        return issuers.contains { $0 == nil } ? nil : issuers.compactMap(\.self)
    }

    /// - `issuer` (URL; required): compared with `iss` as it is written
    /// - `audience` (a name, or a list of which one must be in the token; required)
    /// - `algorithms` (list; default `[ES256, PS256, EdDSA]`)
    /// - `keys` (URL or file of a JSON Web Key Set; default: discovered from the issuer's metadata)
    /// - `type` (`at+jwt` or `any`; default `at+jwt`)
    /// - `leeway` (duration up to `5m`; default `0s`)
    /// - `certificate_authorities` (file, PEM; optional): additional CAs for fetching keys
    /// - `cooldown` (duration; default `30s`)
    /// - `stale_keys` (duration; default `24h`)
    private init?(_ node: ConfigurationNode, _ keyPath: String, _ folder: String, _ seen: inout [String: Int], _ log: MistakeLog) {
        let section = Section(
            node, at: node.position, keyPath,
            known: [
                "issuer", "audience", "algorithms", "keys", "type", "leeway", "certificate_authorities", "cooldown", "stale_keys",
            ],
            later: [
                "introspection":
                    "This version of Holdfast cannot ask an issuer about opaque tokens; it accepts signed JWTs only. Remove this issuer."
            ], log)
        let issuer = section.required("issuer", "Write the issuer's URL, exactly as its tokens have it in `iss`.", WebAddress.identifier)
        if let issuer, let first = seen.updateValue(node.position.line, forKey: issuer.text) {
            section.complain("This issuer is given already in line \(first). Keep one entry, with all audiences in one list.", "issuer")
        }
        if !section.has("audience") {
            section.miss(
                "audience", "Write what the issuer's tokens call this API in `aud`; without it a token for any other API would pass.")
        }
        let audiences = section.list("audience", single: true) { node throws(Complaint) in try node.text() }
        algorithms = section.list("algorithms", Self.algorithm) ?? [.es256, .ps256, .edDSA]
        let keys = Self.keys(section, folder)
        type = section.optional("type", choice(HoldfastConfiguration.TokenType.self)) ?? .accessToken
        leeway = section.optional("leeway", Quantity.duration(.zero ... .seconds(300))) ?? .zero
        certificateAuthorities = section.file("certificate_authorities", in: folder)
        cooldown = section.optional("cooldown", Quantity.duration(.seconds(1) ... .seconds(3600))) ?? .seconds(30)
        staleKeys = section.optional("stale_keys", Quantity.duration(.zero ... .seconds(168 * 3600))) ?? .seconds(86400)
        if case .file = keys {
            for key in ["certificate_authorities", "cooldown", "stale_keys"] where section.has(key) {
                section.complain("The keys come from a file, so nothing is fetched. Remove this key.", key)
            }
        }
        guard let issuer, let audiences, let keys else { return nil }
        self.issuer = issuer
        self.audiences = audiences
        self.keys = keys
        introspection = nil
    }

    /// Nil where `keys` is there and wrong.
    private static func keys(_ section: Section, _ folder: String) -> HoldfastConfiguration.KeySource? {
        guard section.has("keys") else { return .discovered }
        let isURL = section.peek("keys")?.contains("://") ?? false
        return isURL ? section.optional("keys", WebAddress.trusted).map { .url($0) } : section.file("keys", in: folder).map { .file($0) }
    }

    private static func algorithm(_ node: ConfigurationNode) throws(Complaint) -> HoldfastConfiguration.Algorithm {
        var refused = ["none": "`none` is no signature: anybody could write such a token. Remove it."]
        for name in ["HS256", "HS384", "HS512"] {
            refused[name] =
                "`\(name)` needs a secret that the issuer shares with everybody who verifies, and who could then issue tokens too. Remove it."
        }
        return try choice(HoldfastConfiguration.Algorithm.self, refused: refused)(node)
    }
}

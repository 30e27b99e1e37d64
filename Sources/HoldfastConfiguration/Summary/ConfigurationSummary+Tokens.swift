import HTTPWire

extension ConfigurationSummary {
    /// One sentence on what is accepted of each issuer, and another on how it is asked.
    static func tokens(_ configuration: HoldfastConfiguration) -> [String] {
        configuration.tokens.flatMap { token in
            let audiences = token.audiences.count == 1 ? token.audiences[0] : "one of " + token.audiences.joined(separator: ", ")
            let type = token.type == .accessToken ? "`typ` at+jwt" : "`typ` at+jwt, JWT or none"
            let signed = "signed with \(spell(token.algorithms)), \(type), \(keys(of: token))"
            let evidence =
                switch (token.verifiesJWTs, token.introspection) {
                case (_, nil): signed
                case (true, let introspection?) where introspection.tokens == .opaque: "JWTs \(signed); opaque ones asked about"
                case (true, _?): "JWTs \(signed), and then asked about; opaque ones asked about"
                case (false, _?): "whatever their form, asked about at the issuer and not verified here"
                }
            let leeway = token.leeway == .zero ? "" : " and \(Quantity.spell(token.leeway)) longer"
            return ["Accepts tokens of \(token.issuer) for \(audiences): \(evidence), taken until `exp`\(leeway)."] + claims(of: token)
                + (token.introspection.map { [asking(token, $0)] } ?? [])
        }
    }

    /// What is not as it is by default.
    private static func claims(of token: HoldfastConfiguration.TokenIssuer) -> [String] {
        var facts: [String] = []
        if token.verifiesJWTs, Set(token.requiredClaims) != Set(token.type.requiredClaims) {
            facts.append(
                "Its JWTs must have \((["iss", "exp", "aud"] + token.requiredClaims.filter { !["iss", "exp", "aud"].contains($0) }).map(quoted).joined(separator: ", "))."
            )
        }
        if token.scopesFrom != ["scope"] {
            facts.append("Its tokens have their scopes in \(token.scopesFrom.map(quoted).joined(separator: " and ")).")
        }
        return facts
    }

    private static func keys(of token: HoldfastConfiguration.TokenIssuer) -> String {
        switch token.keys {
        case .url(let url): "keys from \(url)"
        case .file(let file): "keys from the file \(file.path)"
        case .discovered: "keys discovered from the issuer's metadata"
        case .none: "no keys"
        }
    }

    private static func asking(_ token: HoldfastConfiguration.TokenIssuer, _ introspection: HoldfastConfiguration.Introspection) -> String {
        let which =
            introspection.tokenPrefix.map { "opaque tokens that begin with \(quoted($0))" }
            ?? "opaque tokens that no `token_prefix` tells apart"
        let place =
            switch introspection.endpoint {
            case .url(let url): url.text
            case .discovered: "the endpoint that its metadata names"
            }
        let proof =
            switch introspection.authentication {
            case .tlsClientAuth(let pair): "the certificate \(pair.certificate.path)"
            case .privateKeyJWT(let key, let keyID): "assertions signed with \(key.path)\(keyID.map { " (key \(quoted($0)))" } ?? "")"
            case .clientSecretBasic(let file): "the secret in \(file.path)"
            }
        let answers = introspection.signedResponse ? "must be signed with \(spell(introspection.responseAlgorithms))" : "need no signature"
        let memory =
            introspection.cache == .zero ? "are never remembered" : "are remembered for at most \(Quantity.spell(introspection.cache))"
        return
            "Asks \(token.issuer) about \(introspection.tokens == .all ? "its tokens, and about " : "")\(which), at \(place), as \(quoted(introspection.clientID)) with \(proof); answers \(answers), come within \(Quantity.spell(introspection.timeout)) and \(memory)."
    }

    private static func spell(_ algorithms: [HoldfastConfiguration.Algorithm]) -> String {
        algorithms.map { $0 == .edDSA ? "EdDSA (Ed25519)" : $0.rawValue }.joined(separator: ", ")
    }
}

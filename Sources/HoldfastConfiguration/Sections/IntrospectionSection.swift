import HTTPWire

extension HoldfastConfiguration.Introspection {
    private enum Method: String, CaseIterable {
        case tlsClientAuth = "tls_client_auth"
        /// To us the same: how the issuer looks at the certificate is its affair.
        case selfSignedTLSClientAuth = "self_signed_tls_client_auth"
        case privateKeyJWT = "private_key_jwt"
        case clientSecretBasic = "client_secret_basic"

        static let refused = [
            "none": "Whoever could ask without authentication could try tokens out (RFC 7662 section 4). Write how Holdfast authenticates.",
            "client_secret_post": "A secret in the body is not to be had here. Write `client_secret_basic`, or better `tls_client_auth`.",
            "client_secret_jwt": "A shared secret that signs is not to be had here. Write `private_key_jwt` or `tls_client_auth`.",
        ]

        var keys: [String] {
            switch self {
            case .tlsClientAuth, .selfSignedTLSClientAuth: ["certificate", "private_key"]
            case .privateKeyJWT: ["private_key", "key_id"]
            case .clientSecretBasic: ["client_secret_file"]
            }
        }
    }

    private enum Response: String, CaseIterable { case json, signed }

    private static let credentialKeys = ["certificate", "private_key", "key_id", "client_secret_file"]
    private static let longestPrefix = 128

    /// - `endpoint` (URL; default: from the issuer's metadata)
    /// - `authentication` (`tls_client_auth`, `self_signed_tls_client_auth`, `private_key_jwt` or `client_secret_basic`; required)
    /// - `client_id` (required)
    /// - `certificate`, `private_key` (files, PEM): for the methods by TLS
    /// - `private_key` (file, PEM), `key_id` (optional): for `private_key_jwt`
    /// - `client_secret_file` (file): for `client_secret_basic`
    /// - `cache` (duration up to `1h`; default `30s`; `0s` asks each time)
    /// - `timeout` (100ms to 1m; default `3s`)
    /// - `max_concurrent` (1 to 4096; default 64)
    /// - `response` (`json` or `signed`; default `json`): signed as RFC 9701 says
    /// - `response_algorithms` (list; default: the issuer's `algorithms`): for `response: signed`
    /// - `token_prefix` (optional): what the issuer's opaque tokens begin with
    /// - `tokens` (`all` or `opaque`; default `all`): whether its JWTs are asked about, too
    ///
    /// - Parameters:
    ///   - issuer: the entry of `tokens`.
    ///   - base: what the issuer's metadata is found by; nil where it cannot be.
    ///   - algorithms: the issuer's own.
    init?(
        _ issuer: Section, _ folder: String, _ base: HTTPURL?, _ algorithms: [HoldfastConfiguration.Algorithm],
        _ algorithm: (ConfigurationNode) throws(Complaint) -> HoldfastConfiguration.Algorithm, _ seen: inout IssuerDirectory.Seen
    ) {
        guard
            let section = issuer.section(
                "introspection",
                known: ["endpoint", "authentication", "client_id"] + Self.credentialKeys + [
                    "cache", "timeout", "max_concurrent", "response", "response_algorithms", "token_prefix", "tokens",
                ])
        else { return nil }
        let method = section.required(
            "authentication",
            "Write how Holdfast authenticates at the issuer: `tls_client_auth`, `private_key_jwt` or `client_secret_basic`.",
            choice(Method.self, refused: Method.refused))
        let endpoint = section.has("endpoint") ? Self.endpoint(section, method).map { .url($0) } : base.map { Endpoint.discovered(from: $0) }
        let clientID = section.required("client_id", "Write the name by which the issuer knows Holdfast.", Self.visible)
        let authentication = Self.authentication(section, method, folder)
        cache = section.optional("cache", Bounds.cache) ?? .seconds(30)
        timeout = section.optional("timeout", Bounds.timeout) ?? .seconds(3)
        maxConcurrent = section.optional("max_concurrent", Bounds.maxConcurrent) ?? 64
        let response = section.optional("response", choice(Response.self)) ?? .json
        signedResponse = response == .signed
        if response == .json, section.has("response_algorithms") {
            section.complain("Only signed answers have an algorithm. Write `response: signed`, or remove this key.", "response_algorithms")
        }
        responseAlgorithms = section.list("response_algorithms", algorithm)?.withoutRepetition ?? algorithms
        tokens = section.optional("tokens", choice(HoldfastConfiguration.IntrospectedTokens.self)) ?? .all
        tokenPrefix = section.optional("token_prefix", Self.prefix)
        Self.tellApart(section, tokenPrefix, &seen)
        guard let clientID, let authentication, let endpoint else { return nil }
        self.endpoint = endpoint
        self.clientID = clientID
        self.authentication = authentication
    }

    private enum Bounds {
        static let cache = Quantity.duration(...(.seconds(3600)), above: "a token that its issuer has revoked would be taken that long")
        static let timeout = Quantity.duration(
            .milliseconds(100) ... .seconds(60), below: "no issuer could answer in time",
            above: "a client would wait that long for a 503 while its issuer hangs")
        static let maxConcurrent = Quantity.count(
            1...4096, below: "the issuer could not be asked", above: "each is a connection to the issuer")
    }

    private static func endpoint(_ section: Section, _ method: Method?) -> HTTPURL? {
        section.optional("endpoint") { node throws(Complaint) in
            let url = try HTTPURL.trusted(node)
            guard url.isSecure || method.map({ !$0.keys.contains("certificate") }) ?? true else {
                throw Complaint("No certificate can be shown over `http://`. Write `https://`, or another `authentication`.")
            }
            return url
        }
    }

    private static func authentication(_ section: Section, _ method: Method?, _ folder: String) -> Authentication? {
        let certificate = section.file("certificate", in: folder)
        let privateKey = section.file("private_key", in: folder)
        let keyID = section.optional("key_id") { node throws(Complaint) in try node.text() }
        let secret = section.file("client_secret_file", in: folder)
        guard let method else { return nil }
        for key in credentialKeys where section.has(key) && !method.keys.contains(key) {
            section.complain("`authentication: \(method.rawValue)` has no use for this. Remove it.", key)
        }
        func need(_ key: String, _ what: String) {
            if !section.has(key) { section.miss(key, "`authentication: \(method.rawValue)` needs \(what).") }
        }
        switch method {
        case .tlsClientAuth, .selfSignedTLSClientAuth:
            need("certificate", "the file with the certificate that Holdfast shows, in PEM, leaf first")
            need("private_key", "the file with the certificate's private key, in PEM")
            guard let certificate, let privateKey else { return nil }
            return .tlsClientAuth(HoldfastConfiguration.KeyPair(certificate: certificate, privateKey: privateKey))
        case .privateKeyJWT:
            need("private_key", "the file with the private key that assertions are signed with, in PEM")
            return privateKey.map { .privateKeyJWT(key: $0, keyID: keyID) }
        case .clientSecretBasic:
            need("client_secret_file", "the file that holds the secret and nothing else")
            return secret.map { .clientSecretBasic($0) }
        }
    }

    /// A token that two issuers could be asked about would be shown to one that it is not for.
    private static func tellApart(_ section: Section, _ prefix: String?, _ seen: inout IssuerDirectory.Seen) {
        // A prefix that cannot be read is complained about already.
        if prefix == nil, section.has("token_prefix") { return }
        guard let line = seen.prefixes.updateValue(section.position.line, forKey: prefix ?? "") else { return }
        section.complain(
            prefix == nil
                ? "The issuer in line \(line) is asked about all opaque tokens already that no prefix tells apart. Write what this issuer's tokens begin with."
                : "The issuer in line \(line) has this prefix already: which of the two to ask could not be told.", "token_prefix")
    }

    /// RFC 6749 appendix A.1: `VSCHAR` and space.
    private static func visible(_ node: ConfigurationNode) throws(Complaint) -> String {
        let text = try node.text()
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else { throw Complaint("A `client_id` holds ASCII characters only.") }
        return text
    }

    /// Of `b64token` (RFC 6750 section 2.1), since no other token gets here.
    private static func prefix(_ node: ConfigurationNode) throws(Complaint) -> String {
        let text = try node.text()
        let isToken = text.utf8.allSatisfy { octet in
            (97...122).contains(octet | 0x20) || (48...57).contains(octet) || "-._~+/".utf8.contains(octet)
        }
        guard isToken, text.utf8.count <= longestPrefix else {
            throw Complaint("A token begins with letters, digits and `-._~+/`, and this with at most \(longestPrefix) of them.")
        }
        return text
    }
}

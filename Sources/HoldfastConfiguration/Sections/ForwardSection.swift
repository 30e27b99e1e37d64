internal import BindingPolicy
import HTTPWire

extension HoldfastConfiguration.Forward {
    /// - `thumbprint_header` (field name; default `X-Client-Cert-SHA256`)
    /// - `authorization` (`keep` or `remove`; default `keep`)
    /// - `host` (`keep`, `upstream` or a name with or without a port; default `keep`): the host that requests to the upstream are for
    /// - `strip` (list of at most 512 field names, `*` at the end for any ending; optional): removed in addition to those that always are
    /// - `keep` (the same; optional): not removed although they always are, or are of the family of a field that Holdfast sets
    /// - `client_address` (`x-forwarded`, `x-forwarded-all`, `forwarded`, `both` or `none`; default `x-forwarded`)
    /// - `via` (true or false; default `true`): whether the upstream is told in `Via`
    /// - `trace` (`pass` or `continue`; default `pass`): what is done with `traceparent`
    /// - `claims` (claim name: field name; optional): what the token says, for the upstream
    /// - `certificate` (one or a list of `rfc9440`, `xfcc`, `nginx`, `haproxy`, `aws`, `azure`, `weblogic`, `traefik`; optional): the
    ///   certificate, in the fields that such gateways set
    /// - `client` (`id`, `organization`, `roles` or `spiffe_id`: field name; optional): which registered client it is, and what its
    ///   certificate says
    /// - `context` (see there; optional): a signed field over each request
    /// - `interaction_id` (`pass`, `echo` or `require`; default `pass`, or that of `profile`)
    /// - `errors` (`problem`, `uk`, `brazil` or `cdr`; default `problem`, or that of `profile`)
    ///
    /// - Parameters:
    ///   - isVouched: whether an authority vouches for what certificates say.
    ///   - namesClients: whether clients are registered.
    init(
        _ root: Section, _ folder: String, _ profile: HoldfastConfiguration.Profile?, _ claimNames: ClaimNames, isVouched: Bool,
        namesClients: Bool
    ) {
        let section = root.section(
            "forward",
            known: [
                "thumbprint_header", "authorization", "host", "strip", "keep", "client_address", "via", "trace", "claims", "certificate", "client",
                "context",
                "interaction_id",
                "errors",
            ])
        let thumbprintHeader = section?.optional("thumbprint_header", Self.trustedHeader) ?? "X-Client-Cert-SHA256"
        self.thumbprintHeader = thumbprintHeader
        authorization = section?.optional("authorization", choice(Authorization.self)) ?? .keep
        host = section?.optional("host", Host.init) ?? .keep
        let strip = section?.list("strip", Self.strippable) ?? []
        let clientAddress = section?.optional("client_address", choice(ClientAddress.self)) ?? .xForwarded
        self.strip = strip
        self.clientAddress = clientAddress
        via = section?.optional("via", Quantity.flag) ?? true
        let trace = section?.optional("trace", choice(Trace.self)) ?? .pass
        self.trace = trace
        var taken = [FieldName.folded(thumbprintHeader): "the certificate's thumbprint"]
        certificate = section?.list("certificate", single: true) { node throws(Complaint) in try Self.dialect(node, &taken) } ?? []
        claims =
            section?.dictionary("claims", example: "sub: X-Token-Subject") { name, node throws(Complaint) in
                let header = try Self.trustedHeader(node)
                if let other = taken.updateValue("the claim `\(name.shortened)`", forKey: FieldName.folded(header)) {
                    throw Complaint(
                        "`\(header)` carries \(other) already; spellings that differ in case or in `-` and `_` only are one name to many upstreams. Choose another."
                    )
                }
                return ForwardedClaim(claim: claimNames.note(name), header: header)
            } ?? []
        client = section.flatMap { Self.client($0, &taken, isVouched: isVouched, namesClients: namesClients) } ?? []
        context = section.flatMap { Context($0, folder, claimNames, &taken) }
        let interactionID =
            section?.optional("interaction_id", Self.interactionID(profile)) ?? profile?.interactionIDs.first ?? .pass
        self.interactionID = interactionID
        for name in clientAddress.fieldNames { taken[FieldName.folded(name)] = "the client's address or what it asked for" }
        if trace == .continue {
            for name in ["traceparent", "tracestate"] { taken[name] = "the trace" }
            for name in strip where ["traceparent", "tracestate"].contains(FieldName.folded(name)) {
                section?.complain("With `trace: continue` Holdfast writes `\(name)` itself. Remove it from `strip`, or that key.", "trace")
            }
        }
        if interactionID != .pass { taken["x-fapi-interaction-id"] = "the interaction id" }
        let stripped = Set(strip.map(FieldName.folded))
        keep = section?.list("keep") { node throws(Complaint) in try Self.keepable(node, set: taken, stripped) } ?? []
        for (key, names) in [("strip", strip), ("keep", keep)] where names.count > Self.nameLimit {
            section?.complain("More than \(Self.nameLimit) names are not possible here. A `*` at the end stands for any ending.", key)
        }
        errorBody = section?.optional("errors", choice(HoldfastConfiguration.ErrorBody.self)) ?? profile?.errorBody ?? .problem
    }

    /// - Parameter taken: what each field carries that is set already, by its folded name.
    private static func dialect(_ node: ConfigurationNode, _ taken: inout [String: String]) throws(Complaint) -> CertificateDialect {
        let dialect = try choice(CertificateDialect.self)(node)
        for name in dialect.fieldNames {
            if let other = taken.updateValue("the certificate as `\(dialect.rawValue)` has it", forKey: FieldName.folded(name)) {
                throw Complaint("`\(name)`, which `\(dialect.rawValue)` sets, carries \(other) already. Keep one of the two.")
            }
        }
        return dialect
    }

    private static func client(
        _ section: Section, _ taken: inout [String: String], isVouched: Bool, namesClients: Bool
    ) -> [ForwardedFact]? {
        guard let inner = section.section("client", known: ClientFact.allCases.map(\.rawValue)) else { return nil }
        if ClientFact.allCases.allSatisfy({ !inner.has($0.rawValue) }) {
            section.complain(
                "Write which of \(ClientFact.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")) goes into which field.", "client")
        }
        return ClientFact.allCases.compactMap { fact in
            if inner.has(fact.rawValue), fact == .id ? !namesClients : !isVouched {
                inner.complain(
                    fact == .id ? "No client has an id where `client_certificates.clients` names none. Remove this key." : CertificateTerms.unvouched,
                    fact.rawValue)
            }
            return inner.optional(fact.rawValue) { node throws(Complaint) in
                let header = try trustedHeader(node)
                if let other = taken.updateValue("the certificate's \(fact.rawValue)", forKey: FieldName.folded(header)) {
                    throw Complaint(
                        "`\(header)` carries \(other) already; spellings that differ in case or in `-` and `_` only are one name to many upstreams. Choose another."
                    )
                }
                return ForwardedFact(fact: fact, header: header)
            }
        }
    }

    private static func interactionID(
        _ profile: HoldfastConfiguration.Profile?
    ) -> (ConfigurationNode) throws(Complaint) -> HoldfastConfiguration.InteractionID {
        { node throws(Complaint) in
            let word = try choice(HoldfastConfiguration.InteractionID.self)(node)
            guard let profile, !profile.interactionIDs.contains(word) else { return word }
            let allowed = profile.interactionIDs.map { "`\($0.rawValue)`" }.joined(separator: " or ")
            throw Complaint("With `profile: \(profile.rawValue)` this is \(allowed).")
        }
    }

    static func trustedHeader(_ node: ConfigurationNode) throws(Complaint) -> String {
        let name = try FieldName.parse(node)
        guard !FieldName.hasMeaning(name) else {
            throw Complaint("`\(name)` has a meaning of its own in HTTP. Choose a name such as `X-Client-Cert-SHA256`.")
        }
        return name
    }

    private static let nameLimit = 512

    private static func strippable(_ node: ConfigurationNode) throws(Complaint) -> String {
        let name = try FieldName.parsePattern(node)
        if FieldName.folded(name) == "authorization" {
            throw Complaint("To keep the token from the upstream, write `authorization: remove` in `forward`.")
        }
        guard !FieldName.isFraming(name), FieldName.folded(name) != "content-type" else {
            throw Complaint("Without `\(name)` the message could not be forwarded, or not be understood. Remove it from this list.")
        }
        return name
    }

    /// - Parameter set: what each field carries that Holdfast sets, by its folded name.
    private static func keepable(
        _ node: ConfigurationNode, set: [String: String], _ stripped: Set<String>
    ) throws(Complaint) -> String {
        let name = try FieldName.parsePattern(node)
        let folded = FieldName.folded(name)
        if let carried = set[folded] {
            throw Complaint("`\(name)` carries \(carried), which clients must not be able to forge. Have Holdfast set another field, or remove this.")
        }
        if FieldName.isOurs(folded) {
            throw Complaint("The API would believe `\(name)` to be Holdfast's word, so it is never taken from a client. Remove it from this list.")
        }
        if FieldName.isFraming(name) || FieldName.isHopByHop(folded) {
            throw Complaint("`\(name)` is for the next hop alone and is never forwarded. Remove it from this list.")
        }
        if stripped.contains(folded) { throw Complaint("`\(name)` is in `strip` too. Keep one of the two.") }
        return name
    }
}

/// Names of header fields (RFC 9110 section 5.1).
enum FieldName {
    static func parse(_ node: ConfigurationNode) throws(Complaint) -> String {
        let name = try node.text()
        guard isToken(name), name.utf8.count <= limit else {
            throw Complaint("`\(name.shortened)` is not a header name: letters, digits and `-` are, at most \(limit) of them.")
        }
        return name
    }

    /// With a `*` at its end it stands for all names that begin so.
    static func parsePattern(_ node: ConfigurationNode) throws(Complaint) -> String {
        let name = try parse(node)
        guard name != "*", !name.dropLast().contains("*") else {
            throw Complaint("`*` is possible at the end of a name only, as in `X-Internal-*`.")
        }
        return name
    }

    /// Longer names are compared by their beginning alone.
    private static let limit = 64

    /// RFC 9110 section 5.6.2.
    static func isToken(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { octet in
                (97...122).contains(octet | 0x20) || (48...57).contains(octet) || "!#$%&'*+-.^_`|~".utf8.contains(octet)
            }
    }

    /// Lower case, and everything that upstreams take for a hyphen made one.
    static func folded(_ name: String) -> String {
        String(
            decoding: name.utf8.map { octet in
                switch octet {
                case 65...90: octet | 0x20
                case 97...122, 48...57: octet
                default: UInt8(ascii: "-")
                }
            }, as: UTF8.self)
    }

    static func isFraming(_ name: String) -> Bool { framing.contains(folded(name)) }

    /// Beside those that frame.
    static func isHopByHop(_ folded: String) -> Bool {
        ["http2-settings", "proxy", "proxy-authenticate", "proxy-authentication-info", "proxy-authorization"].contains(folded)
    }

    /// Of names that Holdfast alone may send, now or by a later word of the file: its own and RFC 9440's; and the proof of RFC 9449, which
    /// nobody checks here.
    static func isOurs(_ folded: String) -> Bool {
        folded.hasPrefix("x-holdfast-") || ["client-cert", "client-cert-chain", "dpop"].contains(folded)
    }

    /// Whether HTTP or Holdfast itself already gives the name a meaning.
    static func hasMeaning(_ name: String) -> Bool {
        let name = folded(name)
        return framing.contains(name) || standard.contains(name)
            || ["accept-", "access-control-", "content-", "if-", "proxy-", "sec-", "x-fapi-", "x-forwarded-", "x-holdfast-"].contains {
                name.hasPrefix($0)
            }
    }

    private static let framing: Set<String> = [
        "connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
    ]

    private static let standard: Set<String> = [
        "accept", "age", "allow", "authorization", "cache-control", "cookie", "date", "dpop", "etag", "expires", "forwarded", "from",
        "last-modified", "link", "location", "max-forwards", "origin", "pragma", "priority", "range", "referer", "retry-after", "server",
        "set-cookie", "traceparent", "tracestate", "user-agent", "vary", "via", "warning", "www-authenticate",
    ]
}

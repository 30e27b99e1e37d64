extension HoldfastConfiguration.Forward {
    /// - `thumbprint_header` (field name; default `X-Client-Cert-SHA256`)
    /// - `authorization` (`keep` or `remove`; default `keep`)
    /// - `strip` (list of field names; optional): removed in addition to those that always are
    /// - `client_address` (`x-forwarded` or `none`; default `x-forwarded`)
    /// - `claims` (claim name: field name; optional): what the token says, for the upstream
    /// - `interaction_id` (`pass`, `echo` or `require`; default `pass`, or that of `profile`)
    /// - `errors` (`problem`, `uk`, `brazil` or `cdr`; default `problem`, or that of `profile`)
    init(_ root: Section, _ profile: HoldfastConfiguration.Profile?, _ claimNames: ClaimNames) {
        let section = root.section(
            "forward", known: ["thumbprint_header", "authorization", "strip", "client_address", "claims", "interaction_id", "errors"])
        let thumbprintHeader = section?.optional("thumbprint_header", Self.trustedHeader) ?? "X-Client-Cert-SHA256"
        self.thumbprintHeader = thumbprintHeader
        authorization = section?.optional("authorization", choice(Authorization.self)) ?? .keep
        strip = section?.list("strip", Self.strippable) ?? []
        clientAddress = section?.optional("client_address", choice(ClientAddress.self)) ?? .xForwarded
        var taken = [FieldName.folded(thumbprintHeader): "the certificate's thumbprint"]
        claims =
            section?.dictionary("claims", example: "sub: X-Token-Subject") { name, node throws(Complaint) in
                let header = try Self.trustedHeader(node)
                if let other = taken.updateValue("the claim `\(name.shortened)`", forKey: FieldName.folded(header)) {
                    throw Complaint(
                        "`\(header)` carries \(other) already; spellings that differ in case or in `-` and `_` only are one name to many upstreams. Choose another."
                    )
                }
                return ForwardedClaim(position: claimNames.position(of: name), header: header)
            } ?? []
        interactionID = section?.optional("interaction_id", Self.interactionID(profile)) ?? profile?.interactionIDs.first ?? .pass
        errorBody = section?.optional("errors", choice(HoldfastConfiguration.ErrorBody.self)) ?? profile?.errorBody ?? .problem
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

    private static func trustedHeader(_ node: ConfigurationNode) throws(Complaint) -> String {
        let name = try FieldName.parse(node)
        guard !FieldName.hasMeaning(name) else {
            throw Complaint("`\(name)` has a meaning of its own in HTTP. Choose a name such as `X-Client-Cert-SHA256`.")
        }
        return name
    }

    private static func strippable(_ node: ConfigurationNode) throws(Complaint) -> String {
        let name = try FieldName.parse(node)
        if FieldName.folded(name) == "authorization" {
            throw Complaint("To keep the token from the upstream, write `authorization: remove` in `forward`.")
        }
        guard !FieldName.isFraming(name) else {
            throw Complaint("Without `\(name)` the message could not be forwarded. Remove it from this list.")
        }
        return name
    }
}

/// Names of header fields (RFC 9110 section 5.1).
enum FieldName {
    static func parse(_ node: ConfigurationNode) throws(Complaint) -> String {
        let name = try node.text()
        guard isToken(name), name.utf8.count <= 128 else {
            throw Complaint("`\(name.shortened)` is not a header name: letters, digits and `-` are.")
        }
        return name
    }

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
